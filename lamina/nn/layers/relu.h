// ReLU: the rectifier as a layer of its own, with its variants.
#pragma once

#include <optional>
#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of ReLU, with Keras's defaults.
struct ReLUOptions {
  std::optional<double> max_value = {};  ///< upper limit, >= 0; absent: none
  double negative_slope = 0;             ///< of the part below threshold, >= 0
  double threshold = 0;                  ///< values below count as negative, >= 0
  std::string name = {};
};

/// x where x >= threshold, at most max_value; negative_slope * (x - threshold) below (Keras:
/// keras.layers.ReLU).
class ReLU final : public KerasLayer<ReLU> {
 public:
  /// Throws InvalidArgument for negative options.
  explicit ReLU(const ReLUOptions& options = {});
  std::string class_name() const override { return "ReLU"; }
  Shape compute_output_shape(const Shape& input) const override { return input; }
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool supports_masking() const override { return true; }

 protected:
  Json own_config() const override;
  bool records_build() const override { return false; }

 private:
  ReLUOptions options_;
};

}  // namespace lamina
