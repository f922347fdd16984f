// Writing models as TFLite files, for phones and microcontrollers.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/nn/model.h"

namespace lamina {

/// Options of export_tflite.
struct TfliteOptions {
  /// Samples of a batch, at least 1. With 1, a batch that the model leaves open stays open for interpreters to change
  /// (ResizeInputTensor), where TFLite's operators allow it.
  int64_t batch = 1;
  /// Shapes of inputs, by the input's name, where the model leaves more open than the batch and that shall not or
  /// cannot stay open; the batch axis first, -1 for what does.
  ///
  ///   export_tflite(model, "digits.tflite", {.shapes = {{"input_layer", {1, 28, 28, 1}}}});
  std::vector<std::pair<std::string, Shape>> shapes = {};
  /// Samples for each input, by its name, (samples, ...): with them an integer model is written. They should
  /// be like what the model will see; some hundred suffice. Weights become int8 (of convolutions with a scale
  /// for each filter), activations int8 over the range that the samples show, biases int32; inputs and
  /// outputs stay floats. What TFLite computes in floats alone stays so, between operators that convert.
  std::vector<std::pair<std::string, Tensor>> calibration = {};
};

/// Writes what the model computes without training as a TFLite file, of floats or integers;
/// `model.save("x.tflite")` calls it. TensorFlow's interpreter (LiteRT) runs it.
///
/// Inputs and outputs have the model's names, order of axes and dtypes; weights are constants under their
/// names in the model. Every op that the model comes to is written, those of layers of yours, too.
///
/// Throws InvalidArgument for a model that is not built, for lengths that are open and cannot stay so (with the
/// reason), shapes and samples that do not fit; Unsupported, before anything is written, for ops that TFLite has no counterpart of, all in one
/// message; FileError for a path that cannot be written. The file is replaced at once or not at all.
void export_tflite(const Model& model, const std::string& path, const TfliteOptions& options = {});

}  // namespace lamina
