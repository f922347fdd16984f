// Pipeline: layers one after the other, as one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of Pipeline.
struct PipelineOptions {
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy of layers that were given none; empty: float32
};

/// Layers one after the other, each with one input and one output, most often of preprocessing (Keras:
/// keras.layers.Pipeline). Input and output are those of the first and the last layer; each casts for itself.
/// A mask goes to the layers that take one, and on as far as each hands it on. Throws InvalidArgument without
/// layers.
class Pipeline final : public KerasLayer<Pipeline> {
 public:
  explicit Pipeline(const std::vector<AnyLayer>& layers, const PipelineOptions& options = {});
  std::string class_name() const override { return "Pipeline"; }
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const override;
  DType input_dtype(DType given) const override { return layers_.front()->input_dtype(given); }
  bool keeps_values() const override;
  bool rescales() const override;
  bool supports_masking() const override;
  bool takes_mask() const override { return true; }
  bool has_weights() const override;
  /// As in Keras without what all other layers write: trainable and dtype are those of the layers.
  Json config() const override;
  const std::vector<std::shared_ptr<Layer>>& layers() const { return layers_; }

 protected:
  void create_weights_for(const TensorSpecs& inputs) override;

 private:
  std::vector<std::shared_ptr<Layer>> layers_;
};

}  // namespace lamina
