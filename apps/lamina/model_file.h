// Files and folders that hold a model, or weights alone, for the commands that take either.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "lamina/formats/snapshot.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina::cli {

/// What is in a file.
struct ModelFile {
  std::optional<Model> model;  ///< absent for weights that do not say of which model
  WeightSnapshot weights;      ///< of a model under its own names, else as the file has them; none of an architecture
  /// Of the folder of a language model, around which `model` is (functional_model); its weights are as the file has them.
  std::shared_ptr<PretrainedModel> pretrained = nullptr;
  std::string problem = {};  ///< why there is no model, where the file says that there is one
};

/// Whether load_model and Model::save know the path's extension.
bool is_model_path(const std::string& path);
/// Whether the folder is a SavedModel of TensorFlow's.
bool is_saved_model(const std::string& path);
/// Whether the file is an architecture without weights: the .json that Keras's to_json writes.
bool is_architecture(const std::string& path);
/// Reads a model by the path's extension or from the folder of a language model, or weights, which may say what their model is. Throws what
/// load_model and open_weights throw.
ModelFile read_model_file(const std::string& path);

}  // namespace lamina::cli
