// A model or weights, whichever a file holds.
#include "model_file.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "cli.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "lamina/formats/weight_format.h"
#include "lamina/zoo/transformers/functional_model.h"
#include "train_language.h"

namespace lamina::cli {

bool is_model_path(const std::string& path) {
  try {
    find_model_format(path);
  } catch (const InvalidArgument&) {
    return false;
  }
  return true;
}

bool is_saved_model(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path + "/saved_model.pb", error);
}

bool is_architecture(const std::string& path) {
  if (!is_model_path(path) || find_model_format(path).extension != ".json" || !std::filesystem::is_regular_file(path))
    return false;
  try {
    return !Json::parse(read_file(path), path).contains("weightsManifest");  // TensorFlow.js
  } catch (const Error&) {
    return false;
  }
}

ModelFile read_model_file(const std::string& path) {
  std::error_code error;
  if (is_model_path(path) && !path.ends_with(".weights.h5") && (!std::filesystem::is_directory(path, error) || is_saved_model(path))) {
    Model model = load(path);
    if (is_architecture(path)) {
      WeightSnapshot none;
      none.source = path;
      return {std::move(model), std::move(none)};
    }
    WeightSnapshot weights = snapshot_of(model);
    weights.source = path;
    return {std::move(model), std::move(weights)};
  }
  ModelFile file{std::nullopt, open_weights(path)};
  if (is_model_folder(path)) {
    try {
      file.pretrained = AutoModel::from_pretrained(path);
      file.model = functional_model(file.pretrained);
    } catch (const Error& problem) {
      file.problem = problem.what();
    }
    return file;
  }
  if (has_architecture(file.weights)) file.model = model_of(file.weights);
  return file;
}

}  // namespace lamina::cli
