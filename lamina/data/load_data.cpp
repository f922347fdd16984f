// load_data: what a source string means.
#include <algorithm>
#include <cctype>
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/data/labelled_data.h"
#include "lamina/data/named_sets.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;

std::vector<DataFormat>& formats() {
  static std::vector<DataFormat> all;
  return all;
}

void check_split(const std::string& split, const std::string& what) {
  if (split == "train" || split == "test") return;
  throw InvalidArgument("unknown part '" + split + "' of " + what + suggest(split, {"train", "test"}));
}

struct Source {
  std::string name;
  std::string split;  // "" when the source names none
};

// "name:part"; a colon that belongs to an existing path stays.
Source parse_source(const std::string& text) {
  std::error_code ignored;
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || fs::exists(text, ignored)) return {text, ""};
  const Source source{text.substr(0, colon), text.substr(colon + 1)};
  check_split(source.split, "the data '" + source.name + "'");
  return source;
}

// In lower case: cameras and Windows write others.
std::string extension_of(std::string path) {
  std::transform(path.begin(), path.end(), path.begin(), [](unsigned char c) { return std::tolower(c); });
  const std::string extension = fs::path(path).extension().string();
  return extension == ".gz" ? fs::path(path).stem().extension().string() + extension : extension;
}

const DataFormat* find_format(const std::string& extension) {
  const auto found = std::find_if(formats().begin(), formats().end(),
                                  [&](const DataFormat& format) { return format.extension == extension; });
  return found == formats().end() ? nullptr : &*found;
}

LabelledData load_as(const DataFormat& format, const Source& source, const DataOptions& options) {
  const bool table = format.extension.starts_with(".csv") || format.extension.starts_with(".tsv");
  if (!table && !options.label_column.empty())
    warn("'" + source.name + "' is no table: the column '" + options.label_column +
         "' for the target has no meaning");
  LabelledData data = format.load(source.name, source.split, options);
  detail::check_labelled_data(data, source.name, options.needs.target_optional);
  return data;
}

std::string known_extensions() {
  std::string list;
  for (const DataFormat& format : formats()) {
    if (format.extension != "/") list += (list.empty() ? "" : ", ") + format.extension;
  }
  return list;
}

LabelledData load_folder(const Source& source, const DataOptions& options) {
  if (detail::has_idx_files(source.name)) {
    return detail::load_idx_folder(source.name, source.split.empty() ? options.split : source.split);
  }
  if (const DataFormat* format = find_format("/")) return load_as(*format, source, options);
  throw FileError("'" + source.name + "' holds no data that can be read: expected IDX files such as " +
                  "train-images-idx3-ubyte.gz");
}

}  // namespace

bool register_data_format(DataFormat format) {
  formats().push_back(std::move(format));
  return true;
}

LabelledData load_data(const std::string& text, const DataOptions& options) {
  check_split(options.split, "the data");
  const Source source = parse_source(text);
  if (detail::is_named_set(source.name)) {
    return detail::load_named_set(source.name, source.split.empty() ? options.split : source.split,
                                  options.folder);
  }
  std::error_code ignored;
  if (fs::is_directory(source.name, ignored)) return load_folder(source, options);

  const std::string extension = extension_of(source.name);
  if (const DataFormat* format = find_format(extension)) return load_as(*format, source, options);
  if (fs::exists(source.name, ignored)) {
    throw Unsupported("'" + source.name +
                      "': data of this kind cannot be read; expected a folder, or a file of " +
                      known_extensions());
  }
  if (extension.empty() && source.name.find('/') == std::string::npos) {
    throw InvalidArgument("unknown data set '" + source.name + "'" + suggest(source.name, named_data_sets()));
  }
  throw FileError("cannot read '" + source.name + "': No such file or directory");
}

}  // namespace lamina
