// Masking: steps of a sequence that hold nothing but one value are to be skipped.
#pragma once

#include <string>
#include <vector>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of Masking.
struct MaskingOptions {
  std::string name = {};
  std::string dtype = {};
};

/// Gives sequences (batch, time, ..., features) a mask: true where any feature differs from `mask_value`.
/// Where none does, the output is 0, and elsewhere the input (Keras: keras.layers.Masking).
class Masking final : public KerasLayer<Masking> {
 public:
  explicit Masking(double mask_value = 0, const MaskingOptions& options = {});
  std::string class_name() const override { return "Masking"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool keeps_values() const override { return true; }
  bool supports_masking() const override { return true; }
  std::vector<Tensor> compute_mask(const LayerCall& call, const std::vector<Tensor>& masks) const override;

 protected:
  Json own_config() const override;
  bool records_build() const override { return false; }

 private:
  double mask_value_;
};

}  // namespace lamina
