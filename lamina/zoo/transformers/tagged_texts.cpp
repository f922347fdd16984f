// Lines become words as they stand: files of tags are cut into words already.
#include "lamina/zoo/transformers/tagged_texts.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>
#include <tuple>

#include "lamina/base/error.h"
#include "lamina/base/json.h"
#include "lamina/data/named_sets.h"
#include "lamina/data/read_lines.h"

namespace lamina {
namespace {

[[noreturn]] void fail(const std::string& path, size_t line, const std::string& what) {
  throw FileError("'" + path + "', line " + std::to_string(line) + ": " + what);
}

std::vector<std::string> columns_of(const std::string& line) {
  std::vector<std::string> all;
  for (size_t begin = 0; begin < line.size();) {
    const size_t from = line.find_first_not_of(" \t", begin);
    if (from == std::string::npos) break;
    const size_t end = std::min(line.find_first_of(" \t", from), line.size());
    all.push_back(line.substr(from, end - from));
    begin = end;
  }
  return all;
}

bool is_number(const std::string& text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}

/// Whether it can only be a tag: else a line that begins with "# " is a comment.
bool is_tag(const std::string& text) {
  return text == "O" ||
         (text.size() > 2 && text[1] == '-' && std::string("BIESUL").find(text[0]) != std::string::npos);
}

void check_tag(const std::string& path, size_t line, const std::string& tag) {
  if (is_number(tag))
    fail(path, line, "the tag is the number " + tag + "; its name was expected (\"B-PER\", \"O\")");
}

TaggedTexts read_columns(const std::string& path) {
  TaggedTexts texts;
  bool open = false;
  size_t number = 0;
  for (const std::string& line : read_lines(path)) {
    ++number;
    const std::vector<std::string> columns = columns_of(line);
    if (columns.empty()) {
      open = false;
      continue;
    }
    if ((columns[0] == "#" && !is_tag(columns.back())) || columns[0] == "-DOCSTART-") continue;
    const size_t tab = line.find('\t');
    if (tab != std::string::npos && columns_of(line.substr(0, tab)).size() > 1 && !is_tag(columns.back()))
      fail(path, number,
           "several words before the tab, and '" + columns.back() +
               "' at the end; a word and its tag were expected. Classes of whole texts are learned by "
               "'classify'");
    if (columns.size() < 2)
      fail(path, number, "one column only, '" + columns[0] + "'; a word and its tag were expected");
    check_tag(path, number, columns.back());
    if (!open) {
      texts.words.emplace_back();
      texts.tags.emplace_back();
      open = true;
    }
    texts.words.back().push_back(columns.front());
    texts.tags.back().push_back(columns.back());
  }
  return texts;
}

std::vector<std::string> strings_of(const Json& json, const char* name, const char* other,
                                    const std::string& path, size_t line) {
  const Json* found = json.find(name);
  if (!found) found = json.find(other);
  if (!found) fail(path, line, std::string("there is no \"") + name + "\" and no \"" + other + "\"");
  if (!found->is_list()) fail(path, line, std::string("\"") + name + "\" is no list");
  std::vector<std::string> all;
  for (const Json& each : found->as_list()) {
    if (!each.is_string())
      fail(path, line, std::string("\"") + name + "\" holds " + each.dump() + "; strings were expected");
    all.push_back(each.as_string());
  }
  return all;
}

TaggedTexts read_json_lines(const std::string& path) {
  TaggedTexts texts;
  size_t number = 0;
  for (const std::string& line : read_lines(path)) {
    ++number;
    if (columns_of(line).empty()) continue;
    Json json;
    try {
      json = Json::parse(line, "line " + std::to_string(number));
    } catch (const Error& error) {
      fail(path, number, error.what());
    }
    if (!json.is_object()) fail(path, number, "no object, such as {\"tokens\": [...], \"tags\": [...]}");
    std::vector<std::string> words = strings_of(json, "tokens", "words", path, number),
                             tags = strings_of(json, "tags", "ner_tags", path, number);
    if (words.size() != tags.size())
      fail(path, number,
           std::to_string(words.size()) + " words and " + std::to_string(tags.size()) + " tags");
    if (words.empty()) continue;
    for (const std::string& tag : tags) check_tag(path, number, tag);
    texts.words.push_back(std::move(words));
    texts.tags.push_back(std::move(tags));
  }
  return texts;
}

bool is_sign(unsigned char c) { return c < 128 && std::ispunct(c); }

}  // namespace

TaggedTexts read_tagged_texts(const std::string& path) {
  if (path.ends_with(".csv") || path.ends_with(".csv.gz"))
    throw FileError(
        "'" + path +
        "' is a table: for tags, a word and its tag on each line were expected (.conll, .tsv, .txt), "
        "or objects with \"tokens\" and \"tags\" (.jsonl); classes of whole texts are learned by "
        "'classify'");
  const bool lines = path.ends_with(".jsonl") || path.ends_with(".jsonl.gz");
  TaggedTexts texts = lines ? read_json_lines(path) : read_columns(path);
  if (texts.words.empty())
    throw FileError("'" + path +
                    "' has no texts; a word and its tag on each line were expected, or objects with "
                    "\"tokens\" and \"tags\" in a .jsonl");
  return texts;
}

std::string tagged_file(const std::string& place, const std::string& part) {
  std::string at = place;
  std::error_code ignored;
  if (!std::filesystem::exists(at, ignored) && place.find('/') == std::string::npos) {
    for (const std::string& other : detail::places_of(place)) {
      if (std::filesystem::exists(other, ignored)) at = other;
    }
  }
  if (!std::filesystem::is_directory(at, ignored)) return at;
  std::vector<std::string> stems{part};
  if (part == "val") stems.insert(stems.end(), {"valid", "validation", "dev"});
  for (const std::string& stem : stems) {
    for (const char* ending : {".conll", ".txt", ".tsv", ".iob", ".bio", ".jsonl", ".json", ""}) {
      for (const char* zip : {"", ".gz"}) {
        const std::string file = at + "/" + stem + ending + zip;
        if (std::filesystem::is_regular_file(file, ignored)) return file;
      }
    }
  }
  return "";
}

std::vector<std::string> tags_of(const TaggedTexts& texts) {
  std::set<std::string> all;
  for (const std::vector<std::string>& tags : texts.tags) all.insert(tags.begin(), tags.end());
  std::vector<std::string> sorted(all.begin(), all.end());
  const auto key = [](const std::string& tag) {
    const size_t dash = tag.find('-');
    return std::tuple(tag != "O", dash == std::string::npos ? "" : tag.substr(dash), tag);
  };
  std::sort(sorted.begin(), sorted.end(),
            [&](const std::string& a, const std::string& b) { return key(a) < key(b); });
  return sorted;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::string chunk;
  const auto finish = [&] {
    size_t begin = 0, end = chunk.size();
    while (begin < end && is_sign(static_cast<unsigned char>(chunk[begin])))
      words.push_back(chunk.substr(begin++, 1));
    const size_t first_behind = [&] {
      size_t at = end;
      while (at > begin && is_sign(static_cast<unsigned char>(chunk[at - 1]))) --at;
      return at;
    }();
    if (first_behind > begin) words.push_back(chunk.substr(begin, first_behind - begin));
    for (size_t i = first_behind; i < end; ++i) words.push_back(chunk.substr(i, 1));
    chunk.clear();
  };
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c))) {
      finish();
    } else {
      chunk += c;
    }
  }
  finish();
  return words;
}

}  // namespace lamina
