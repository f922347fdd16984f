// Names of weights within a model: what Model::weight takes. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/core/tensors.h"
#include "lamina/nn/layer.h"

namespace lamina::detail {

/// A weight under its name in a model or layer: "base/dense/kernel".
struct NamedWeight {
  std::string name;
  WeightPtr weight;
};

/// All weights in the order of layer.weights(), each name once.
std::vector<NamedWeight> named_weights(const Layer& layer);

/// The names of some of them; of a weight that the layer does not have, its path.
std::vector<std::string> names_of(const Layer& layer, const std::vector<WeightPtr>& weights);

/// A tensor for each of some weights, under those names.
Tensors under_names_of(const Layer& layer, const std::vector<WeightPtr>& weights,
                       const std::vector<Tensor>& tensors);

}  // namespace lamina::detail
