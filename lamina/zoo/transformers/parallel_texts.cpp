// Tab-separated texts of corpora hold quotes that open nothing.
#include "lamina/zoo/transformers/parallel_texts.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/json.h"
#include "lamina/base/log.h"
#include "lamina/data/csv.h"
#include "lamina/data/named_sets.h"
#include "lamina/data/read_lines.h"

namespace lamina {
namespace {

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  for (const char c : line) {
    if (c == '\t')
      fields.emplace_back();
    else
      fields.back() += c;
  }
  return fields;
}

CsvTable read_tabs(const std::string& path) {
  CsvTable table;
  int64_t number = 0;
  for (const std::string& line : read_lines(path)) {
    ++number;
    if (line.empty()) continue;
    std::vector<std::string> fields = fields_of(line);
    if (!table.rows.empty() && fields.size() != table.rows[0].size())
      throw FileError("'" + path + "', line " + std::to_string(number) + ": " +
                      std::to_string(fields.size()) + " fields between tabs, where the lines before have " +
                      std::to_string(table.rows[0].size()));
    table.rows.push_back(std::move(fields));
  }
  return table;
}

/// Objects with a text under each name, one on each line.
CsvTable read_json_lines(const std::string& path, const std::string& source, const std::string& target) {
  CsvTable table;
  table.columns = {source, target};
  int64_t number = 0;
  for (const std::string& line : read_lines(path)) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string where = "'" + path + "', line " + std::to_string(number);
    const Json json = Json::parse(line, where);
    std::vector<std::string> row;
    for (const std::string& name : table.columns) {
      const Json* const value = json.is_object() ? json.find(name) : nullptr;
      if (!value || !value->is_string())
        throw FileError(where + ": no text under \"" + name + "\"; an object with \"" + source + "\" and \"" +
                        target + "\" was expected");
      row.push_back(value->as_string());
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

/// Where `place` is; "" where it is not.
std::string found(const std::string& place, std::string& looked) {
  std::vector<std::string> places{place};
  if (!place.empty() && place.find('/') == std::string::npos) {
    const std::vector<std::string> more = detail::places_of(place);
    places.insert(places.end(), more.begin(), more.end());
  }
  for (const std::string& path : places) {
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) return path;
    looked += (looked.empty() ? "'" : ", '") + path + "'";
  }
  return "";
}

/// Whether it can be the name of a column: one short word.
bool is_word(const std::string& text) {
  constexpr size_t kMost = 24;
  return !text.empty() && text.size() <= kMost && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '-' || c == '.';
  });
}

/// Where nobody says how the two columns are called: tells what a first line of two words is taken for.
void find_header(const std::string& path, CsvTable& table) {
  const std::vector<std::string> first = table.columns.empty() ? table.rows.at(0) : table.columns;
  if (first.size() != 2)
    throw FileError("'" + path + "' has " + std::to_string(first.size()) +
                    " columns: say which hold sources and targets");
  const bool names = is_word(first[0]) && is_word(first[1]) && first[0] != first[1];
  if (table.columns.empty() && names && table.rows.size() > 1) {
    table.rows.erase(table.rows.begin());
    warn("'" + path + "': the first line, '" + first[0] + "' and '" + first[1] +
         "', is taken for the names of the columns");
  }
}

bool is_blank(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isspace(c); });
}

}  // namespace

ParallelTexts read_parallel_texts(const std::string& path, const std::string& source,
                                  const std::string& target) {
  const bool tabs = path.ends_with(".tsv") || path.ends_with(".tsv.gz") || path.ends_with(".txt");
  const bool objects = path.ends_with(".jsonl") || path.ends_with(".jsonl.gz");
  const bool named = !source.empty() || !target.empty();
  if (objects && !named)
    throw FileError("'" + path + "' holds objects: say under which names sources and targets are");
  CsvTable table = tabs ? read_tabs(path) : objects ? read_json_lines(path, source, target) : read_csv(path);
  if (!named && !table.rows.empty()) {
    find_header(path, table);
  } else if (tabs && !table.rows.empty()) {
    const std::vector<std::string>& first = table.rows[0];
    const auto names = [&](const std::string& name) {
      return std::count(first.begin(), first.end(), name) > 0;
    };
    if (names(source) && names(target)) {
      table.columns = first;
      table.rows.erase(table.rows.begin());
    } else if (first.size() == 2 && !names(source) && !names(target)) {
      table.columns = {source, target};
    } else {
      throw FileError("'" + path + "' has no columns '" + source + "' and '" + target + "'" +
                      suggest(names(source) ? target : source, first));
    }
  }
  if (table.rows.empty()) throw FileError("'" + path + "' has no texts");
  ParallelTexts texts;
  size_t left_out = 0;
  const size_t from = named ? table.column(source) : 0, to = named ? table.column(target) : 1;
  for (std::vector<std::string>& row : table.rows) {
    if (is_blank(row[from]) || is_blank(row[to])) {
      ++left_out;
      continue;
    }
    texts.sources.push_back(std::move(row[from]));
    texts.targets.push_back(std::move(row[to]));
  }
  if (left_out > 0)
    warn("'" + path + "': " + std::to_string(left_out) + " pairs with a blank side are left out");
  return texts;
}

std::string parallel_file(const std::string& place, const std::string& part) {
  std::string looked;
  const std::string path = found(place, looked);
  if (path.empty())
    throw FileError("there are no texts at " + looked +
                    ": name a file of pairs (.tsv, .csv), or a folder with " + part +
                    ".tsv; or set LAMINA_DATA to the folder that holds it");
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) return path;
  std::set<std::string> longer;
  for (const char* extension : {".tsv", ".tsv.gz", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz"}) {
    const std::string file = path + "/" + part + extension;
    if (std::filesystem::is_regular_file(file, ignored)) return file;
    for (const auto& entry : std::filesystem::directory_iterator(path, ignored)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with(part + "_") && name.ends_with(extension)) longer.insert(path + "/" + name);
    }
  }
  return longer.empty() ? "" : *longer.begin();
}

}  // namespace lamina
