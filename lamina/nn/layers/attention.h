// Attention and AdditiveAttention: one head, without projections.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of the two, with Keras's defaults.
struct AttentionLayerOptions {
  /// Whether scores are multiplied by a weight; absent: of AdditiveAttention alone.
  std::optional<bool> use_scale = {};
  /// Of Attention: "dot", query times key, or "concat", the sum of tanh(query + key) times a weight.
  std::string score_mode = "dot";
  double dropout = 0;                ///< of the weights of values while training: 0 to below 1
  std::optional<int64_t> seed = {};  ///< of the dropout; absent: the model's random key
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// What the two share. Inputs: a list of query (batch, queries, dim), value (batch, keys, values) and perhaps key (batch,
/// keys, dim), by default the value. Gives (batch, queries, values), and with `return_attention_scores` the weights
/// (batch, queries, keys) as well. Masks of the inputs: queries that are masked give zeros, keys are not looked at;
/// `use_causal_mask` lets each query see no later keys.
class AttentionLayer : public Layer {
 public:
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;
  TensorSpecs call_output_specs(const LayerCall& call, const TensorSpecs& inputs) const override;
  std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const override;
  std::vector<std::string> call_arguments() const override;
  bool supports_masking() const override { return true; }
  bool takes_mask() const override { return true; }
  std::vector<Tensor> compute_mask(const LayerCall& call, const std::vector<Tensor>& masks) const override;

 protected:
  AttentionLayer(const AttentionLayerOptions& options, bool use_scale);
  void check() const;
  /// (batch, queries, keys)
  virtual Tensor scores(const Tensor& query, const Tensor& key, CallContext& context) const = 0;
  Json build_config() const override;

  AttentionLayerOptions options_;
  bool use_scale_;
};

/// Scores are products of query and key (Keras: keras.layers.Attention). Weights: scale () with use_scale,
/// concat_score_weight () with score_mode "concat".
class Attention final : public KerasLayer<Attention, AttentionLayer> {
 public:
  /// Throws InvalidArgument for an unknown score_mode and a dropout outside of 0 to below 1.
  explicit Attention(const AttentionLayerOptions& options = {});
  std::string class_name() const override { return "Attention"; }
  bool has_weights() const override { return use_scale_ || options_.score_mode == "concat"; }

 protected:
  void create_weights_for(const TensorSpecs& inputs) override;
  Tensor scores(const Tensor& query, const Tensor& key, CallContext& context) const override;
  Json own_config() const override;

 private:
  WeightPtr scale_, concat_;
};

/// Scores are sums of tanh(query + key), of each dimension times a weight (Keras: keras.layers.AdditiveAttention).
/// Weight: scale (dim,) with use_scale.
class AdditiveAttention final : public KerasLayer<AdditiveAttention, AttentionLayer> {
 public:
  /// Throws InvalidArgument for a dropout outside of 0 to below 1.
  explicit AdditiveAttention(const AttentionLayerOptions& options = {});
  std::string class_name() const override { return "AdditiveAttention"; }
  bool has_weights() const override { return use_scale_; }

 protected:
  void create_weights_for(const TensorSpecs& inputs) override;
  Tensor scores(const Tensor& query, const Tensor& key, CallContext& context) const override;
  Json own_config() const override;

 private:
  WeightPtr scale_;
};

}  // namespace lamina
