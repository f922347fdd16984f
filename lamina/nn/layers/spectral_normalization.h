// SpectralNormalization: a layer whose kernel is kept at a largest singular value of 1.
#pragma once

#include <memory>
#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of SpectralNormalization, with Keras's defaults.
struct SpectralNormalizationOptions {
  int64_t power_iterations = 1;  ///< steps towards the largest singular value in each call of training; >= 1
  std::string name = {};
  bool trainable = true;
  /// The policy of the wrapper, to which floats are cast first and the output last; a layer inside that was given one keeps it
  /// (empty: float32).
  std::string dtype = {};
};

/// The layer inside, with its kernel (or embeddings), as a matrix (all other axes, last axis), divided by its
/// largest singular value in each call of training (Miyato et al., 2018; Keras:
/// keras.layers.SpectralNormalization). The quotient is what the kernel is from then on. The singular value
/// comes from power iteration, which goes on where the call before ended: weight "vector_u", (1, last axis).
class SpectralNormalization final : public KerasLayer<SpectralNormalization> {
 public:
  /// Throws InvalidArgument for power_iterations below 1.
  explicit SpectralNormalization(const AnyLayer& layer, const SpectralNormalizationOptions& options = {});
  std::string class_name() const override { return "SpectralNormalization"; }
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;
  std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  DType input_dtype(DType given) const override {
    const DType inside = layer_->input_dtype(given);  // numbers of words stay what they are
    return is_floating(inside) ? compute_dtype() : inside;
  }
  bool has_weights() const override { return true; }
  const Layer& layer() const { return *layer_; }

 protected:
  void create_weights_for(const TensorSpecs& inputs) override;
  Json own_config() const override;

 private:
  void normalize_kernel(CallContext& context) const;

  std::shared_ptr<Layer> layer_;
  int64_t power_iterations_;
  WeightPtr kernel_, vector_u_;
};

}  // namespace lamina
