// Reading, and dividing into parts.
#include "lamina/zoo/language_texts.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/base/utf8.h"
#include "lamina/data/named_sets.h"
#include "lamina/data/read_lines.h"
#include "lamina/zoo/transformers/parallel_texts.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;

/// The file, or those of the folder that end so, by their names.
std::vector<std::string> files_of(const std::string& source, const std::vector<std::string>& endings) {
  std::error_code error;
  if (!fs::exists(source, error)) throw FileError("'" + source + "' does not exist");
  if (!fs::is_directory(source, error)) return {source};
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(source, error)) {
    const std::string path = entry.path().string();
    if (entry.is_regular_file(error) && std::any_of(endings.begin(), endings.end(), [&](const auto& ending) {
          return path.ends_with(ending) || path.ends_with(ending + ".gz");
        }))
      files.push_back(path);
  }
  if (files.empty())
    throw FileError(
        fmt::format("the folder '{}' holds no file that ends with {}", source, fmt::join(endings, " or ")));
  std::sort(files.begin(), files.end());
  return files;
}

/// @param where  "line 7"
void require_utf8(const std::string& text, const std::string& path, const std::string& where) {
  if (!is_utf8(text))
    throw FileError(fmt::format("'{}', {}: the text is no UTF-8; convert it (iconv -t UTF-8)", path, where));
}

/// Where each character begins, and the end.
std::vector<size_t> places(const std::string& text) {
  std::vector<size_t> all;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((text[i] & 0xC0) != 0x80) all.push_back(i);
  }
  all.push_back(text.size());
  return all;
}

bool ends_line(std::string_view character) {
  for (const std::string_view end : {"，", "。", "？", "！", "；", "\n"}) {
    if (character == end) return true;
  }
  return false;
}

/// Characters of each line.
std::vector<size_t> line_lengths(const std::string& poem) {
  const std::vector<size_t> at = places(poem);
  std::vector<size_t> lengths(1, 0);
  for (size_t i = 0; i + 1 < at.size(); ++i) {
    if (!ends_line(std::string_view(poem).substr(at[i], at[i + 1] - at[i]))) {
      ++lengths.back();
    } else if (lengths.back() > 0) {
      lengths.push_back(0);
    }
  }
  if (lengths.back() == 0) lengths.pop_back();
  return lengths;
}

}  // namespace

LanguageTexts running_text(const std::string& source) {
  constexpr size_t kLeast = 1000;
  std::string text;
  for (const std::string& path : files_of(source, {".txt"})) {
    const std::vector<std::string> lines = read_lines(path);
    for (size_t i = 0; i < lines.size(); ++i) {
      require_utf8(lines[i], path, fmt::format("line {}", i + 1));
      text += lines[i] + "\n";
    }
  }
  const std::vector<size_t> at = places(text);
  const size_t count = at.size() - 1;
  if (count < kLeast)
    throw FileError(
        fmt::format("'{}' holds {} characters, which is too short to learn from: at least {} are "
                    "needed, and a million are good",
                    source, count, kLeast));
  const size_t known = count * 9 / 10, learned = known * 19 / 20;
  return {{text.substr(0, at[learned])},
          {text.substr(at[learned], at[known] - at[learned])},
          {text.substr(at[known])}};
}

bool is_regular_poem(const std::string& poem) {
  const std::vector<size_t> lengths = line_lengths(poem);
  return lengths.size() >= 4 && lengths.size() % 2 == 0 && (lengths[0] == 5 || lengths[0] == 7) &&
         std::all_of(lengths.begin(), lengths.end(), [&](size_t n) { return n == lengths[0]; });
}

LanguageTexts regular_poems(const std::string& source) {
  constexpr size_t kMostLines = 16, kLeast = 20;
  LanguageTexts texts;
  std::set<std::string> seen;
  size_t all = 0, number = 0;
  for (const std::string& path : files_of(source, {".tsv", ".csv"})) {
    const ParallelTexts poems = read_parallel_texts(path, "title", "text");
    all += poems.size();
    for (size_t i = 0; i < poems.size(); ++i) {
      const std::string &title = poems.sources[i], &poem = poems.targets[i];
      require_utf8(title + poem, path, fmt::format("poem {}", i + 1));
      if (!is_regular_poem(poem) || line_lengths(poem).size() > kMostLines ||
          poem.find("□") != std::string::npos || !seen.insert(poem).second)
        continue;
      const std::string text = title + "\n" + poem;
      if (number % 10 == 9) {
        texts.test.push_back(text);
      } else if (number % 20 == 8) {
        texts.validation.push_back(text);
      } else {
        texts.training.push_back(number % 4 == 0 ? poem : text);
      }
      ++number;
    }
  }
  if (number < kLeast)
    throw FileError(
        fmt::format("'{}' holds {} poems of which {} are in regular form (lines of five or of seven "
                    "characters); at least {} are needed",
                    source, all, number, kLeast));
  if (number < all)
    log_message(LogLevel::kInfo,
                fmt::format("{} of {} poems are learned: those in regular form, each once", number, all));
  return texts;
}

std::string find_language_texts(const std::vector<std::string>& names, const std::string& how_to_get) {
  std::string looked;
  for (const std::string& name : names) {
    std::vector<std::string> places = detail::places_of(name);
    places.insert(places.begin(), name);
    for (const std::string& place : places) {
      std::error_code ignored;
      if (fs::is_directory(place, ignored)) return place;
      looked += (looked.empty() ? "'" : ", '") + place + "'";
    }
  }
  throw FileError("the texts '" + names.at(0) + "' are not on this machine (looked for the folders " +
                  looked + "): " + how_to_get + ", or give a text of yours by --data");
}

}  // namespace lamina
