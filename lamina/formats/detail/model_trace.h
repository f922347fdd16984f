// What a model takes and computes, for files that hold graphs of ops. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/core/trace.h"
#include "lamina/nn/model.h"

namespace lamina::detail {

/// Inputs and outputs as a file names them.
struct ModelSignature {
  std::vector<std::string> inputs;   ///< a name for each
  std::vector<std::string> outputs;  ///< names, as far as the model has some
  TensorSpecs specs;                 ///< of the inputs; -1 for open extents
  bool drawn;                        ///< whether the model is a graph of layers, which says which extents are open
};

/// Throws InvalidArgument for a model that is not built, and for one that takes no inputs.
ModelSignature signature_of(const Model& model);

/// One trace of a model that does not train.
struct ModelTrace {
  Trace trace;                      ///< without its ops
  std::vector<std::string> places;  ///< of each node: where in the model it stands, if somebody asks (OpScope)
};

/// Traces the model on the device of its weights. Throws Unsupported for weights that a call changes.
/// @param state_reason  what the message says behind "a state that each call changes"
ModelTrace trace_of(const Model& model, const std::vector<TensorType>& inputs, const std::string& state_reason = "");

}  // namespace lamina::detail
