// A language model as a graph of layers, for what asks a model what it takes: formats and summaries.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lamina/base/dtype.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina {

/// Options of functional_model.
struct FunctionalOptions {
  /// Whether it takes what is mostly left out, too (ModelInput::usual): positions, the mask of a decoder's tokens.
  bool all_inputs = false;
  /// Of the inputs: kInt64, as tokenizers of other libraries give ids, or kInt32.
  DType ids = DType::kInt64;
};

/// A functional model (Keras's word) around `model`, whose weights it shares: an Input (rows, tokens) for each of
/// takes() under its name, outputs under the names of gives(). Rows and tokens are open. It knows the names of classes
/// that config.json gives (DataInfo). It is saved, converted and asked like any functional model, and does not check ids
/// as run() does: those beyond the vocabulary are the caller's fault.
///
/// Throws InvalidArgument for another dtype than those two, and for a model that is quantized.
Model functional_model(const std::shared_ptr<PretrainedModel>& model, const FunctionalOptions& options = {});

/// Names of the axes of all inputs, for OnnxOptions::axes: "batch" and "sequence", or "decoder_sequence" for a decoder's
/// tokens; inputs that have the shape of another have the names of that.
/// @param inputs  names of those that are there (Model::input_names)
std::vector<std::pair<std::string, std::vector<std::string>>> axes_of_texts(const PretrainedModel& model,
                                                                            const std::vector<std::string>& inputs);

}  // namespace lamina
