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

/// exp(x) over its sum along an axis, or several (Keras: keras.layers.Softmax).
class Softmax final : public KerasLayer<Softmax> {
 public:
  explicit Softmax(const SoftmaxOptions& options = {});
  std::string class_name() const override { return "Softmax"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool supports_masking() const override { return true; }

 protected:
  Json own_config() const override;
  bool records_build() const override { return false; }

 private:
  SoftmaxAxes axis_;
};

}  // namespace lamina
