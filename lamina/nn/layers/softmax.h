// Softmax as a layer of its own.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "lamina/nn/layer.h"

namespace lamina {

/// One axis or several: -1, or {1, 2}.
struct SoftmaxAxes {
  SoftmaxAxes(int axis) : values{axis} {}
  SoftmaxAxes(std::initializer_list<int> axes) : values(axes), list(true) {}
  std::vector<int> values;
  bool list = false;  ///< configurations tell one axis from a list of one
};

/// Options of Softmax.
struct SoftmaxOptions {
  SoftmaxAxes axis = -1;
  std::string name = {};
};

/// exp(x) over its sum along an axis, or several (Keras: keras.layers.Softmax). Takes a keyword "mask", which
/// broadcasts to the input: where it is false the result is 0, and the others share 1. A mask that travels
/// beside the input is taken, too, and must fit it as it is, as in Keras.
class Softmax final : public KerasLayer<Softmax> {
 public:
  explicit Softmax(const SoftmaxOptions& options = {});
  std::string class_name() const override { return "Softmax"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const override;
  bool supports_masking() const override { return true; }
  bool takes_mask() const override { return true; }

 protected:
  Json own_config() const override;
  bool records_build() const override { return false; }

 private:
  SoftmaxAxes axis_;
};

}  // namespace lamina
