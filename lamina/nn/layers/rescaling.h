// Rescaling: x * scale + offset.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "lamina/nn/layer.h"

namespace lamina {

/// A number for all channels, or one for each.
struct PerChannel {
  PerChannel(double value) : values{value} {}
  PerChannel(std::initializer_list<double> each) : values(each), list(true) {}
  std::vector<double> values;
  bool list = false;
};

/// Options of Rescaling.
struct RescalingOptions {
  PerChannel offset = 0;
  std::string name = {};
};

/// x * scale + offset, while training and otherwise (Keras: keras.layers.Rescaling): `Rescaling(1.0 / 255)`
/// takes images of bytes to [0, 1].
class Rescaling final : public KerasLayer<Rescaling> {
 public:
  explicit Rescaling(const PerChannel& scale, const RescalingOptions& options = {});
  std::string class_name() const override { return "Rescaling"; }
  bool rescales() const override { return true; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;

 protected:
  Json own_config() const override;

 private:
  PerChannel scale_;
  PerChannel offset_;
};

}  // namespace lamina
