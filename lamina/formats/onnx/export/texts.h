// Texts as the input of a file: what a model's TextVectorization does, in ONNX's operators on strings. Internal header.
#pragma once

#include <string>

#include "lamina/formats/onnx/export/builder.h"
#include "lamina/nn/model.h"

namespace lamina::onnx {

/// The name of the numbers of words, of `dtype`, (batch, length), of the texts that `texts` names, (batch,).
/// @param length  of the model's input; -1: any
/// Throws Unsupported, with the reason, for a model that has not been trained on texts and for ways from texts to
/// numbers that ONNX has no operators for.
std::string written_texts(Builder& builder, const Model& model, const std::string& texts, DType dtype, int64_t length);

}  // namespace lamina::onnx
