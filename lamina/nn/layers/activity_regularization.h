// ActivityRegularization: a penalty on what passes through.
#pragma once

#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of ActivityRegularization, with Keras's defaults.
struct ActivityRegularizationOptions {
  double l1 = 0, l2 = 0;  ///< >= 0: of the sum of magnitudes, and of squares
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// The input as it is; l1 times the sum of its magnitudes and l2 times that of its squares, over the batch size, are added
/// to the loss (Keras: keras.layers.ActivityRegularization).
class ActivityRegularization final : public KerasLayer<ActivityRegularization> {
 public:
  /// Throws InvalidArgument for a negative factor.
  explicit ActivityRegularization(const ActivityRegularizationOptions& options = {});
  std::string class_name() const override { return "ActivityRegularization"; }
  Shape compute_output_shape(const Shape& input) const override { return input; }
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool keeps_values() const override { return true; }
  bool supports_masking() const override { return true; }

 protected:
  Json own_config() const override;
  bool records_build() const override { return false; }

 private:
  double l1_, l2_;
};

}  // namespace lamina
