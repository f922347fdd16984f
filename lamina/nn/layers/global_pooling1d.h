// GlobalAveragePooling1D and GlobalMaxPooling1D: one step for a sequence.
#pragma once

#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of the two.
struct GlobalPooling1DOptions {
  bool keepdims = false;  ///< keep the steps as an axis of extent 1
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// What the two share: (batch, steps, channels) gives (batch, channels).
class GlobalPooling1D : public Layer {
 public:
  Shape compute_output_shape(const Shape& input) const override;

 protected:
  explicit GlobalPooling1D(const GlobalPooling1DOptions& options);
  Json own_config() const override;
  bool records_build() const override { return false; }

  bool keepdims_;
};

/// Mean over the steps, under a mask (batch, steps) over those where it is true (Keras:
/// keras.layers.GlobalAveragePooling1D). A sequence that is masked altogether has no mean: NaN. The mask ends
/// here.
class GlobalAveragePooling1D final : public KerasLayer<GlobalAveragePooling1D, GlobalPooling1D> {
 public:
  explicit GlobalAveragePooling1D(const GlobalPooling1DOptions& options = {});
  std::string class_name() const override { return "GlobalAveragePooling1D"; }
  Tensor call(const Tensor& x, CallContext& context) const override;
  std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const override;
  bool supports_masking() const override { return true; }
  bool takes_mask() const override { return true; }
  std::vector<Tensor> compute_mask(const LayerCall&, const std::vector<Tensor>&) const override { return {}; }
};

/// Largest element over the steps (Keras: keras.layers.GlobalMaxPooling1D).
class GlobalMaxPooling1D final : public KerasLayer<GlobalMaxPooling1D, GlobalPooling1D> {
 public:
  explicit GlobalMaxPooling1D(const GlobalPooling1DOptions& options = {});
  std::string class_name() const override { return "GlobalMaxPooling1D"; }
  Tensor call(const Tensor& x, CallContext& context) const override;
};

}  // namespace lamina
