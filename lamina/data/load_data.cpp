// load_data: what a source string means.
#include <algorithm>
#include <cctype>
#include <filesystem>

#include "lamina/base/byte_reader.h"
#include "lamina/base/detail/file_kind.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/log.h"
#include "lamina/data/detail/parquet.h"
#include "lamina/data/detail/part_files.h"
#include "lamina/data/labelled_data.h"
#include "lamina/data/named_sets.h"
#include "lamina/data/table_in_folder.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;

std::vector<DataFormat>& formats() {
  static std::vector<DataFormat> all;
  return all;
}

void check_split(const std::string& split, const std::string& what) {
  if (split == "train" || split == "val" || split == "test") return;
  throw InvalidArgument("unknown part '" + split + "' of " + what + suggest(split, {"train", "val", "test"}));
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
  return fs::path(path).extension().string();
}

const DataFormat* find_format(const std::string& extension) {
  const auto found = std::find_if(formats().begin(), formats().end(),
                                  [&](const DataFormat& format) { return format.extension == extension; });
  return found == formats().end() ? nullptr : &*found;
}

// The first bytes of what gzip has packed, or else `head`.
std::string unpacked(const std::string& path, const std::string& head) {
  if (!is_gzip(head)) return head;
  std::string bytes(512, '\0');
  try {
    ByteReader reader(path, bytes.size() << 10);
    bytes.resize(reader.read(bytes.data(), bytes.size()));
  } catch (const FileError&) {  // whoever reads it says what is wrong
    bytes.clear();
  }
  return bytes;
}

// The one whose files begin as this one does, or nullptr.
const DataFormat* format_by_start(const std::string& path) {
  const std::string inside = unpacked(path, detail::first_bytes(path));
  for (const DataFormat& format : formats()) {
    if (format.extension == "/" || format.start.empty() || inside.size() <= format.start_at) continue;
    if (std::string_view(inside).substr(format.start_at).starts_with(format.start)) return &format;
  }
  return nullptr;
}

const DataFormat& text_format() {
  for (const DataFormat& format : formats()) {
    if (format.extension != "/" && format.start.empty()) return format;
  }
  throw InternalError("no format takes text");
}

// By content. What a file is called matters only where its bytes are neither text nor known: who reads such
// files can say best what is wrong with this one.
const DataFormat& format_of(const std::string& path, const DataOptions& options) {
  const DataFormat& text = text_format();
  const std::string head = detail::first_bytes(path);
  const DataFormat* const known = options.table.given() ? nullptr : format_by_start(path);
  if (known) return *known;
  if (is_gzip(head) || options.table.given() || detail::is_parquet(path)) return text;
  if (const std::string kind = detail::kind_of_no_text(head); !kind.empty()) {
    throw FileError("'" + path + "' is " + kind + "; expected a table such as CSV, a file of " +
                    "arrays (.npz), or a folder of images (PNG, JPEG) or IDX files");
  }
  const DataFormat* named = find_format(extension_of(path));
  return named && head.find('\0') != std::string::npos ? *named : text;
}

// What is said of tables means nothing here, and whoever said it expects something else.
void refuse_table_options(const std::string& source, const DataOptions& options) {
  std::string said;
  const auto add = [&](bool given, const char* what) {
    if (given) said += (said.empty() ? "" : ", ") + std::string(what);
  };
  add(!options.label_column.empty(), "the column of the target");
  add(!options.text_column.empty(), "the column of the texts");
  add(options.table.separator != 0, "the separator");
  add(options.table.header.has_value(), "a header");
  add(options.table.quotes.has_value(), "quotes");
  add(options.table.decimal_comma, "a decimal comma");
  add(!options.date_format.empty(), "how dates are written");
  add(options.missing.has_value(), "what becomes of missing cells");
  add(options.table.infinite.has_value(), "what becomes of infinite cells");
  if (!said.empty()) throw InvalidArgument("'" + source + "' is no table, of which " + said + " could be said");
}

LabelledData load_as(const DataFormat& format, const Source& source, const DataOptions& options) {
  const bool table = format.extension != "/" && format.start.empty();
  if (!table && !options.label_column.empty())
    warn("'" + source.name + "' is no table: the column '" + options.label_column +
         "' for the target has no meaning");
  LabelledData data = format.load(source.name, source.split, options);
  detail::check_labelled_data(data, source.name, options.needs.target_optional);
  return data;
}

// Whether it holds JSON, and who reads it takes texts: intents, then.
bool holds_intents(const std::string& path, const DataOptions& options) {
  if (options.needs.samples != SampleKind::kTexts || options.table.given()) return false;
  const std::string inside = unpacked(path, detail::first_bytes(path));
  const size_t first = inside.find_first_not_of(" \t\r\n");
  return first != std::string::npos && inside[first] == '{';
}

// Of sources that have only those for training and for tests.
void refuse_validation_part(const Source& source) {
  if (source.split == "val")
    throw FileError("'" + source.name + "' has no part 'val': train and test are its parts");
}

LabelledData load_file(const Source& source, const DataOptions& options) {
  if (holds_intents(source.name, options)) return detail::load_intents(source.name, source.split, options);
  return load_as(format_of(source.name, options), source, options);
}

LabelledData load_folder(const Source& source, const DataOptions& options) {
  const std::string part = source.split.empty() ? options.split : source.split;
  if (const std::string intents = detail::intents_file(source.name); !intents.empty())
    return load_file({intents, source.split}, options);
  if (const std::string table = detail::part_file(source.name, part); !table.empty())
    return load_file({table, ""}, options);
  if (const std::string table = table_in_folder(source.name, options.needs.known.features); !table.empty())
    return load_file({table, ""}, options);
  refuse_validation_part(source);
  if (detail::has_idx_files(source.name)) {
    refuse_table_options(source.name, options);
    return detail::load_idx_folder(source.name, source.split.empty() ? options.split : source.split);
  }
  if (options.table.given()) refuse_table_options(source.name, options);
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
    refuse_validation_part(source);
    refuse_table_options(source.name, options);
    return detail::load_named_set(source.name, source.split.empty() ? options.split : source.split,
                                  options.folder);
  }
  if (source.name == "-") return load_as(text_format(), {"/dev/stdin", source.split}, options);
  std::error_code ignored;
  if (fs::is_directory(source.name, ignored)) return load_folder(source, options);

  if (fs::exists(source.name, ignored)) return load_file(source, options);
  const std::string extension = extension_of(source.name);
  if (extension.empty() && source.name.find('/') == std::string::npos) {
    throw InvalidArgument("unknown data set '" + source.name + "'" + suggest(source.name, named_data_sets()));
  }
  throw FileError("cannot read '" + source.name + "': No such file or directory");
}

bool has_part(const std::string& source, const std::string& part) {
  check_split(part, "the data");
  if (detail::is_named_set(source)) return part != "val";
  std::error_code ignored;
  std::string intents = source;
  if (fs::is_directory(source, ignored)) {
    intents = detail::intents_file(source);
    if (!detail::part_file(source, part).empty()) return intents.empty();
  }
  if (holds_intents(intents, {.needs = {.samples = SampleKind::kTexts}})) {
    const std::vector<std::string> parts = detail::parts_of_intents(intents);
    return std::find(parts.begin(), parts.end(), part) != parts.end();
  }
  if (part == "val" || !fs::exists(source, ignored)) return false;
  const bool folder = fs::is_directory(source, ignored);
  const DataFormat* const format = folder ? find_format("/") : format_by_start(source);
  if (format && format->has_part && format->has_part(source, part)) return true;
  for (const auto& entry : fs::directory_iterator(source, ignored)) {
    if (entry.path().filename().string().starts_with(part == "test" ? "t10k-" : "train-")) return true;
  }
  return false;
}

}  // namespace lamina
