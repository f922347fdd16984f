// Formats of model files, by extension, or else by their first bytes.
#include <algorithm>
#include <cctype>
#include <filesystem>

#include "lamina/base/detail/file_kind.h"
#include "lamina/base/error.h"
#include "lamina/nn/detail/model_content.h"
#include "lamina/nn/model.h"

namespace lamina {
namespace {

std::vector<ModelFormat>& formats() {
  static std::vector<ModelFormat> all;
  return all;
}

}  // namespace

namespace {

struct Content {
  const char* extension;
  bool (*begins)(std::string_view start);
};

std::vector<Content>& contents() {
  static std::vector<Content> all;
  return all;
}

const ModelFormat* format_by_content(const std::string& path) {
  const std::string start = detail::first_bytes(path);
  for (const Content& content : contents()) {
    if (start.empty() || !content.begins(start)) continue;
    for (const ModelFormat& format : formats()) {
      if (format.extension == content.extension) return &format;
    }
  }
  return nullptr;
}

}  // namespace

bool detail::register_model_content(const char* extension, bool (*begins)(std::string_view start)) {
  contents().push_back({extension, begins});
  return true;
}

bool register_model_format(ModelFormat format) {
  formats().push_back(std::move(format));
  return true;
}

namespace {

bool has_extension(const std::string& path, const std::string& extension) {
  return path.size() > extension.size() &&
         std::equal(extension.begin(), extension.end(),
                    path.end() - static_cast<std::ptrdiff_t>(extension.size()),
                    [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

// "; it is an HDF5 file", for a file that is there.
std::string what_it_is(const std::string& path) {
  const std::string start = detail::first_bytes(path);
  return start.empty() ? std::string() : "; it is " + detail::kind_of_bytes(start);
}

// A format of folders has "/" and the name of a file in them as its extension.
bool is_folder_of(const std::string& path, const ModelFormat& format) {
  std::error_code ignored;
  return format.extension.starts_with('/') && std::filesystem::is_directory(path, ignored) &&
         std::filesystem::exists(path + format.extension, ignored);
}

}  // namespace

const ModelFormat& find_model_format(const std::string& path) {
  std::string known;
  for (const ModelFormat& format : formats()) {
    if (has_extension(path, format.extension) || is_folder_of(path, format)) return format;
    if (format.extension.starts_with('/')) continue;
    known += (known.empty() ? "" : ", ") + format.extension;
  }
  if (const ModelFormat* const format = format_by_content(path)) return *format;
  throw InvalidArgument("'" + path + "': no model format has this extension; known: " + known +
                        what_it_is(path));
}

void Model::save(const std::string& path) const { find_model_format(path).save(*this, path); }

Model load_model(const std::string& path, const LoadOptions& options) {
  detail::refuse_pipe(path);  // whose name says nothing
  return find_model_format(path).load(path, options);
}

}  // namespace lamina
