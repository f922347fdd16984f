// A model or weights, whichever a file holds.
#include "model_file.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "cli.h"
#include "lamina/formats/weight_format.h"

namespace lamina::cli {

bool is_model_path(const std::string& path) {
  try {
    find_model_format(path);
  } catch (const InvalidArgument&) {
    return false;
  }
  return true;
}

ModelFile read_model_file(const std::string& path) {
  std::error_code error;
  if (is_model_path(path) && !path.ends_with(".weights.h5") && !std::filesystem::is_directory(path, error)) {
    Model model = load(path);
    WeightSnapshot weights = snapshot_of(model);
    weights.source = path;
    return {std::move(model), std::move(weights)};
  }
  ModelFile file{std::nullopt, open_weights(path)};
  if (has_architecture(file.weights)) file.model = model_of(file.weights);
  return file;
}

}  // namespace lamina::cli
