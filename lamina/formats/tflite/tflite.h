// TFLite (LiteRT) files: models for phones and microcontrollers, which are asked, trained and saved here like
// our own.
#pragma once

#include <string>

#include "lamina/nn/model.h"

namespace lamina {

/// The model in a TFLite file of version 3; load_model calls it for ".tflite". It is a graph of one layer,
/// with the names that inputs and outputs have in the file, and of its first graph where it has several.
///
/// Float models are differentiable: kernels and biases are weights, under the names of their tensors, which
/// are trained on after compile() and kept by save(".keras"), for Lamina alone. Integer models (int8, uint8,
/// int16) are computed in integers as TFLite's reference kernels do, bit for bit; they take and give integers
/// where the file says so.
///
/// Open extents are resolved for each shape that comes. A model that was made for one sample takes any
/// number, one after the other. Variables begin each call with their first values: what TFLite keeps from one
/// call to the next is not kept.
///
/// Throws FileError for a file that is missing or damaged, and for operators that are not known, all in one
/// message with the tensors that they give.
/// @param path  a .tflite file; see https://ai.google.dev/edge/litert
Model load_tflite(const std::string& path);

}  // namespace lamina
