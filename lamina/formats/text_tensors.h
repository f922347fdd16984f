// Texts in tensors: what models that take or give strings, as converters of scikit-learn write them, are asked with.
#pragma once

#include <string>
#include <vector>

#include "lamina/nn/model.h"

namespace lamina {

/// Texts, as a tensor has its elements.
struct Texts {
  std::vector<std::string> values;  ///< in row-major order
  Shape shape;
};

/// A tensor of uint8 with one axis more than the texts have: their bytes (UTF-8), filled up with zeros to the longest.
/// Throws InvalidArgument where the shape is not that of as many texts, and for texts with bytes of 0.
Tensor tensor_of_texts(const Texts& texts);
/// What tensor_of_texts was given. Throws InvalidArgument for a tensor that is no such one.
Texts texts_of(const Tensor& tensor);

/// Which inputs and outputs of a model are texts in that form, by their names.
struct TextTensors {
  std::vector<std::string> inputs = {}, outputs = {};
  bool takes(const std::string& input) const;
  bool gives(const std::string& output) const;
};
/// By what the model knows of its data (the section "text_tensors" of its DataInfo).
TextTensors text_tensors(const Model& model);
void set_text_tensors(Model& model, const TextTensors& texts);

/// Whether a .npy file holds texts (NumPy's types U and S). Throws FileError for one that is none.
bool is_npy_of_texts(const std::string& path);
/// A .npy file of texts as tensor_of_texts has it. Throws FileError as read_npy does.
Tensor read_npy_texts(const std::string& path);
/// Such a tensor as a .npy file of NumPy's type U. Throws as texts_of and write_npy do.
void write_npy_texts(const std::string& path, const Tensor& tensor);

}  // namespace lamina
