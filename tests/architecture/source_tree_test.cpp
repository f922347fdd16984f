// The tree keeps the shape that docs/guide/engine.md draws: read from the files themselves, so no list goes
// stale.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = LAMINA_SOURCE_DIR;

// Rooms of one rank may not include each other; a room includes only rooms of lower rank.
const std::map<std::string, int> kRanks = {
    {"base", 0},     {"backend", 1},   {"graph", 2},       {"core", 3},  {"ops", 4},
    {"nn", 5},       {"data", 6},      {"text", 6},        {"image", 6}, {"audio", 6},
    {"series", 6},   {"classic", 6},   {"formats", 7},     {"zoo", 8},   {"vision", 9},
    {"explain", 10}, {"compress", 10}, {"federated", 10},  {"distributed", 10}, {"serve", 10}, {"chat", 10},
    {"face", 10},
};

struct Source {
  std::string path;  // relative to the root, with forward slashes
  std::string text;
  std::vector<std::string> lines;
};

std::vector<Source> read_sources() {
  std::vector<Source> sources;
  for (const char* top : {"lamina", "apps", "examples", "tests"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / top)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".h" && extension != ".cpp" && extension != ".cu") continue;
      Source source{fs::relative(entry.path(), kRoot).generic_string(), {}, {}};
      std::ifstream file(entry.path());
      std::stringstream text;
      text << file.rdbuf();
      source.text = text.str();
      for (std::string line; std::getline(text, line);) source.lines.push_back(line);
      sources.push_back(std::move(source));
    }
  }
  return sources;
}

const std::vector<Source>& sources() {
  static const std::vector<Source> all = read_sources();
  return all;
}

struct Include {
  int line;
  std::string target;
  bool quoted;
};

// Reads `#include "a/b.h"` and `#include <a>`.
std::vector<Include> includes(const Source& source) {
  std::vector<Include> found;
  for (size_t i = 0; i < source.lines.size(); ++i) {
    const std::string& line = source.lines[i];
    const size_t hash = line.find_first_not_of(" \t");
    if (hash == std::string::npos || line[hash] != '#') continue;
    const size_t word = line.find_first_not_of(" \t", hash + 1);
    if (word == std::string::npos || line.compare(word, 7, "include") != 0) continue;
    const size_t open = line.find_first_of("\"<", word);
    if (open == std::string::npos) continue;
    const bool quoted = line[open] == '"';
    const size_t close = line.find(quoted ? '"' : '>', open + 1);
    if (close == std::string::npos) continue;
    found.push_back({static_cast<int>(i + 1), line.substr(open + 1, close - open - 1), quoted});
  }
  return found;
}

// "lamina/ops/relu.h" -> "ops"; empty for files that are in no room (the umbrella header).
std::string room_of(const std::string& path) {
  if (path.rfind("lamina/", 0) != 0) return "";
  const size_t end = path.find('/', 7);
  return end == std::string::npos ? "" : path.substr(7, end - 7);
}

// As lamina/CMakeLists.txt decides what installs.
bool is_public_header(const Source& source) {
  return source.path.rfind("lamina/", 0) == 0 && source.path.ends_with(".h") &&
         !source.path.ends_with("-inl.h") && source.path.find("/detail/") == std::string::npos &&
         source.text.substr(0, source.text.find("#pragma")).find("Internal header") == std::string::npos;
}

bool is_public_header(const std::string& path) {
  return std::any_of(sources().begin(), sources().end(),
                     [&](const Source& source) { return source.path == path && is_public_header(source); });
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += "\n  " + line;
  return text;
}

TEST(SourceTree, IsFound) {
  ASSERT_GT(sources().size(), 30u) << "no sources under " << kRoot;
  EXPECT_TRUE(std::any_of(sources().begin(), sources().end(),
                          [](const Source& s) { return s.path == "lamina/core/tensor.h"; }));
}

TEST(SourceTree, EveryRoomIsOnThePlan) {
  for (const Source& source : sources()) {
    const std::string room = room_of(source.path);
    if (room.empty()) continue;
    EXPECT_TRUE(kRanks.count(room)) << source.path << " is in a room that the plan does not know";
  }
}

TEST(SourceTree, IncludesPointDownwards) {
  std::vector<std::string> wrong;
  int checked = 0;
  for (const Source& source : sources()) {
    const std::string from = room_of(source.path);
    if (from.empty()) continue;
    for (const Include& include : includes(source)) {
      if (!include.quoted) continue;
      const std::string where =
          source.path + ":" + std::to_string(include.line) + " includes " + include.target;
      if (include.target.rfind("lamina/", 0) != 0) {
        wrong.push_back(where + ": write it from the root, as lamina/...");
        continue;
      }
      const std::string to = room_of(include.target);
      ++checked;
      if (to.empty()) {
        wrong.push_back(where + ": the umbrella header is for users");
      } else if (to != from && kRanks.at(to) >= kRanks.at(from)) {
        wrong.push_back(where + ": " + from + " may not depend on " + to);
      }
    }
  }
  EXPECT_GT(checked, 30);
  EXPECT_TRUE(wrong.empty()) << joined(wrong);
}

// apps and examples see the library as users do: through its public headers.
TEST(SourceTree, AppsAndExamplesUsePublicHeadersOnly) {
  std::vector<std::string> wrong;
  for (const Source& source : sources()) {
    if (source.path.rfind("examples/", 0) != 0 && source.path.rfind("apps/", 0) != 0) continue;
    for (const Include& include : includes(source)) {
      if (include.target.rfind("lamina/", 0) == 0 && include.target != "lamina/lamina.h" &&
          !is_public_header(include.target)) {
        wrong.push_back(source.path + " includes " + include.target);
      }
    }
  }
  EXPECT_TRUE(wrong.empty()) << joined(wrong);
}

TEST(SourceTree, PublicHeadersIncludeNoThirdPartyAndNoInternalHeader) {
  std::vector<std::string> wrong;
  int headers = 0;
  for (const Source& source : sources()) {
    if (!is_public_header(source)) continue;
    ++headers;
    for (const Include& include : includes(source)) {
      const std::string where =
          source.path + ":" + std::to_string(include.line) + " includes " + include.target;
      // Names of the standard library's headers have neither a slash nor a dot.
      if (!include.quoted && include.target.find_first_of("/.") != std::string::npos) {
        wrong.push_back(where + ", which is not of the standard library");
      }
      if (include.quoted && !is_public_header(include.target))
        wrong.push_back(where + ", which does not install");
    }
  }
  EXPECT_GT(headers, 15);
  EXPECT_TRUE(wrong.empty()) << joined(wrong);
}

// Heavy standard headers cost every user's every file; lamina.h as a whole must stay below one second.
TEST(SourceTree, PublicHeadersAreLight) {
  const std::set<std::string> heavy = {
      "iostream", "algorithm", "regex",  "chrono",  "filesystem", "random",  "condition_variable",
      "future",   "thread",    "ranges", "sstream", "fstream",    "iomanip", "locale",
      "numeric"};
  std::vector<std::string> wrong;
  for (const Source& source : sources()) {
    if (!is_public_header(source)) continue;
    for (const Include& include : includes(source)) {
      if (heavy.count(include.target)) wrong.push_back(source.path + " includes <" + include.target + ">");
    }
  }
  EXPECT_TRUE(wrong.empty()) << joined(wrong);
}

TEST(SourceTree, EveryFileOpensWithAComment) {
  std::vector<std::string> wrong;
  for (const Source& source : sources()) {
    if (source.text.rfind("//", 0) != 0 && source.text.rfind("/*", 0) != 0) wrong.push_back(source.path);
  }
  EXPECT_TRUE(wrong.empty()) << joined(wrong);
}

TEST(SourceTree, LongFilesSayWhy) {
  std::vector<std::string> wrong;
  for (const Source& source : sources()) {
    if (source.lines.size() <= 600) continue;
    const auto head = source.lines.begin() + 30;
    const bool reason = std::any_of(source.lines.begin(), head, [](const std::string& line) {
      return line.find("Reason for its length:") != std::string::npos;
    });
    if (!reason) wrong.push_back(source.path + " has " + std::to_string(source.lines.size()) + " lines");
  }
  EXPECT_TRUE(wrong.empty()) << joined(wrong);
}

// Words that promise what the code does not do. Assembled here so that this file does not contain them.
TEST(SourceTree, NothingIsLeftForLater) {
  const std::vector<std::string> words = {std::string("TO") + "DO", std::string("FIX") + "ME",
                                          std::string("not ") + "implemented",
                                          std::string("not yet ") + "implemented"};
  std::vector<std::string> wrong;
  for (const Source& source : sources()) {
    for (const std::string& word : words) {
      if (source.text.find(word) != std::string::npos) wrong.push_back(source.path + ": " + word);
    }
  }
  EXPECT_TRUE(wrong.empty()) << joined(wrong);
}

}  // namespace
