// Formats of model files, by extension.
#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/nn/model.h"

namespace lamina {
namespace {

std::vector<ModelFormat>& formats() {
  static std::vector<ModelFormat> all;
  return all;
}

}  // namespace

bool register_model_format(ModelFormat format) {
  formats().push_back(std::move(format));
  return true;
}

const ModelFormat& find_model_format(const std::string& path) {
  std::vector<std::string> known;
  for (const ModelFormat& format : formats()) {
    const std::string& end = format.extension;
    if (path.size() > end.size() && path.compare(path.size() - end.size(), end.size(), end) == 0)
      return format;
    known.push_back(end);
  }
  std::string list;
  for (const std::string& extension : known) list += (list.empty() ? "" : ", ") + extension;
  throw InvalidArgument("'" + path + "': no model format has this extension; known: " + list);
}

void Model::save(const std::string& path) const { find_model_format(path).save(*this, path); }

Model load_model(const std::string& path, const LoadOptions& options) {
  return find_model_format(path).load(path, options);
}

}  // namespace lamina
