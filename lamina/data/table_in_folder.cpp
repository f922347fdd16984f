// First lines of tables, compared with names.
#include "lamina/data/table_in_folder.h"

#include <algorithm>
#include <filesystem>

#include "lamina/base/byte_reader.h"
#include "lamina/base/error.h"
#include "lamina/data/labelled_data.h"

namespace lamina {
namespace {

bool is_table_name(const std::string& name) {
  return name.ends_with(".csv") || name.ends_with(".tsv") || name.ends_with(".csv.gz") || name.ends_with(".tsv.gz");
}

// Names between commas, semicolons, bars and tabs, without quotes; empty where the file cannot be read.
std::vector<std::string> names_in_first_line(const std::string& path) {
  constexpr uint64_t kMost = uint64_t{1} << 30;
  std::string line(size_t{1} << 16, '\0');
  try {
    ByteReader reader(path, kMost);
    line.resize(reader.read(line.data(), line.size()));
  } catch (const FileError&) {  // a damaged table is none that is looked for
    return {};
  }
  line = line.substr(0, line.find_first_of("\r\n"));
  if (line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);
  std::vector<std::string> names;
  for (size_t at = 0; at <= line.size();) {
    const size_t end = std::min(line.find_first_of(",;|\t", at), line.size());
    std::string name = line.substr(at, end - at);
    if (name.size() > 1 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
    names.push_back(std::move(name));
    at = end + 1;
  }
  return names;
}

}  // namespace

std::string table_in_folder(const std::string& folder, const std::vector<std::string>& columns) {
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    std::error_code ignored;
    const std::string path = entry.path().string();
    if (columns.empty() || !is_table_name(path) || !entry.is_regular_file(ignored)) continue;
    const std::vector<std::string> names = names_in_first_line(path);
    const bool all = std::all_of(columns.begin(), columns.end(), [&](const std::string& column) {
      return std::find(names.begin(), names.end(), column) != names.end();
    });
    if (all) found.push_back(path);
  }
  std::sort(found.begin(), found.end());
  if (found.size() > 1)
    throw FileError("'" + folder + "' has several tables with the columns that are wanted: " + detail::quoted_list(found) +
                    "; name one of them");
  return found.empty() ? "" : found[0];
}

}  // namespace lamina
