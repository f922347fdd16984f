// TimeDistributed: a layer for every step of a sequence.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of TimeDistributed.
struct TimeDistributedOptions {
  std::string name = {};
  bool trainable = true;
  /// The policy, of the layer inside, too, as in Keras, whatever it was given (empty: float32).
  std::string dtype = {};
};

/// The layer inside, applied to each step of (batch, time, ...) on its own, with the same weights (Keras:
/// keras.layers.TimeDistributed). Output: (batch, time, ...), what the layer makes of (batch, ...) in every
/// step. A mask goes on unchanged, and its steps to a layer that takes one.
class TimeDistributed final : public KerasLayer<TimeDistributed> {
 public:
  explicit TimeDistributed(const AnyLayer& layer, const TimeDistributedOptions& options = {});
  std::string class_name() const override { return "TimeDistributed"; }
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const override;
  DType input_dtype(DType given) const override { return layer_->input_dtype(given); }
  bool keeps_values() const override { return layer_->keeps_values(); }
  bool supports_masking() const override { return true; }
  bool takes_mask() const override { return true; }
  bool has_weights() const override { return layer_->has_weights(); }
  const Layer& layer() const { return *layer_; }

 protected:
  void create_weights_for(const TensorSpecs& inputs) override;
  Json own_config() const override;

 private:
  std::shared_ptr<Layer> layer_;
};

}  // namespace lamina
