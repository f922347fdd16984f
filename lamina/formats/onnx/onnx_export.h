// Writing models as ONNX files, which other run times take: ONNX Runtime and what is built on it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lamina/nn/model.h"

namespace lamina {

/// Options of export_onnx.
struct OnnxOptions {
  /// Operator set of ai.onnx that the file is written in, 13 to 25; without one 18, which ONNX Runtime runs since its version
  /// 1.14, or 20 (since 1.17) where texts are cut and joined. The IR version is the one that the set came with.
  std::optional<int> opset = {};
  /// Shapes of inputs, by the input's name, where other ones than the model's are meant: batch axis first, -1 for
  /// what stays open. Inputs that are not named keep their shapes. A model of a class of yours, which is no graph of
  /// layers, has those of the first data that it was called on, with the batch open; its inputs are "input_0", ...
  ///
  ///   export_onnx(model, "digits.onnx", {.shapes = {{"input_layer", {1, 28, 28, 1}}}});
  std::vector<std::pair<std::string, Shape>> shapes = {};
  /// Names of the axes that stay open, by the input's name, batch first: the file declares them so. Axes of one name have
  /// one extent, as those of a text and of its mask have; names of axes that are closed mean nothing. Without names the
  /// batch is "batch", another axis "INPUT_1", ..., and axes of several inputs are one where the model needs that.
  ///
  ///   {.axes = {{"input_ids", {"batch", "length"}}, {"attention_mask", {"batch", "length"}}}}
  std::vector<std::pair<std::string, std::vector<std::string>>> axes = {};
  /// Bytes of weights from which on they are written to a file of their own in the same folder, PATH.data, or
  /// PATH.1.data where a model that is replaced has the other. A file of ONNX itself holds less than 2 GiB: what does
  /// not fit goes there however large this is.
  uint64_t weights_beside = uint64_t{1} << 30;
  /// Whether inputs that stand for texts (Model::data_info) take texts, strings (batch, 1), in the file, where ONNX has
  /// operators for what makes numbers of them: TextVectorization, StringLookup and Tokenizer. Otherwise they take what the
  /// model takes.
  bool texts = true;
};

/// What export_onnx wrote.
struct OnnxReport {
  std::vector<std::string> files = {};    ///< the model, and its weights where they lie beside it
  std::vector<std::string> texts = {};    ///< inputs that take texts
  std::vector<std::string> outside = {};  ///< of each other input that stands for texts, what it takes and why
};

/// Writes what the model computes without training as an ONNX file: `model.save("x.onnx")` calls it.
///
/// Inputs and outputs have the model's names, order of axes (images: batch, height, width, channels) and dtypes; axes
/// that the model leaves open, the batch among them, are open in the file. Weights are initializers under their names
/// in the model. What the model knows of its data (Model::data_info, class names for instance) stands in the
/// metadata under "lamina.data_info", as JSON, and load_onnx reads it again. Inputs that take texts do so for other run times:
/// load_onnx begins with their numbers, and `lamina predict` takes texts for them.
///
/// Every op that the model comes to is written, those of layers of yours, too: what counts is what is computed, not by
/// which layer. Throws InvalidArgument for an operator set out of range, shapes and names of axes that do not fit and a
/// model that is not built; Unsupported, before anything is written, for ops that ONNX has no counterpart of and for extents that
/// cannot stay open, all in one message; FileError for a path that cannot be written. The file is replaced at once or
/// not at all.
OnnxReport export_onnx(const Model& model, const std::string& path, const OnnxOptions& options = {});

}  // namespace lamina
