// Which layers are the first to compute with an input of a model. Internal header.
#pragma once

#include <vector>

#include "lamina/nn/model.h"

namespace lamina::detail {

/// The layers that the values of input number `input` reach unchanged and that compute with them: behind
/// Flatten, paddings, Dropout and the like (Layer::keeps_values), and within the models inside. In the order
/// of the graph, which draws operations as layers, too. Empty before the model is built, where nothing
/// computes with the input, and for models of a class of the user's.
std::vector<const Layer*> first_to_compute(const Model& model, size_t input);

}  // namespace lamina::detail
