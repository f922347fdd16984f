// Back-propagation watched: what each layer puts out, what the loss says of it, and how long the gradients
// are.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/nn/model.h"

namespace lamina {

/// One layer of a row, on one batch.
struct LayerTrace {
  std::string name;  ///< of the layer
  Tensor output;     ///< batch axis first
  Tensor gradient;   ///< of the loss by each element of `output`, in its shape
};

/// What back-propagation goes through, layer by layer from the input to the output, in inference (dropout and
/// the like rest). The model is compiled with a loss, and nothing is changed in it.
/// @param x  a batch, as for fit; kept small, since all outputs stay in memory.
/// @param y  its targets.
/// Throws InvalidArgument for a model that is not compiled with one loss, is not built, or gives several
/// outputs in a layer.
std::vector<LayerTrace> trace_backpropagation(const Sequential& model, const Tensor& x, const Tensor& y);

/// The Euclidean length of the loss's gradient by each trainable weight, with its path ("dense/kernel"), in
/// the order of Model::weights(true): where depth makes gradients vanish or explode, it shows here. `x` and
/// `y` as for fit, all in one batch; nothing is changed in the model. Throws InvalidArgument as
/// Model::value_and_grad.
std::vector<std::pair<std::string, double>> gradient_norms(Model& model, const Tensor& x, const Tensor& y);

/// The gradient of the loss by each element of `x`, floating, in its shape: of a picture the pixels that
/// count, of a sequence the steps that are remembered. In inference; the model is compiled with a loss.
/// Throws InvalidArgument for a model that is not compiled with one loss, and for `x` that is not floating.
Tensor input_gradient(const Model& model, const Tensor& x, const Tensor& y);

}  // namespace lamina
