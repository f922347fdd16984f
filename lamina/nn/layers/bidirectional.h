// Bidirectional: a recurrent layer in both directions of time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lamina/nn/layers/recurrent_layer.h"

namespace lamina {

/// Options of Bidirectional, with Keras's defaults.
struct BidirectionalOptions {
  /// "concat", "sum", "mul", "ave", or nothing: two outputs.
  std::optional<std::string> merge_mode = "concat";
  /// The layer for the other direction; absent: one like the first.
  std::optional<AnyLayer> backward_layer = {};
  std::string name = {};
  bool trainable = true;
  /// The policy of the wrapper, to which floats are cast first and outputs last; the layers inside keep theirs (empty: float32).
  std::string dtype = {};
};

/// A recurrent layer that reads sequences forward and one that reads them backward (Keras:
/// keras.layers.Bidirectional). The given layer is a pattern: the layers inside are made from its
/// configuration, as "forward_lstm" and "backward_lstm" for one named "lstm".
///
/// Outputs are merged by merge_mode, those of the backward layer in the order of time; after them come the
/// states of the forward and of the backward layer, with return_state. "initial_state" takes all of them in
/// that order. Where sequences are returned, masked steps put out zeros.
class Bidirectional final : public KerasLayer<Bidirectional> {
 public:
  /// Throws InvalidArgument for a layer that is not recurrent, an unknown merge_mode, and layers that go the
  /// same way or differ in return_sequences, return_state or stateful.
  explicit Bidirectional(const AnyLayer& layer, const BidirectionalOptions& options = {});
  std::string class_name() const override { return "Bidirectional"; }
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;
  TensorSpecs call_output_specs(const LayerCall& call, const TensorSpecs& inputs) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const override;
  bool supports_masking() const override { return true; }
  bool takes_mask() const override { return true; }
  std::vector<Tensor> compute_mask(const LayerCall& call, const std::vector<Tensor>& masks) const override;
  std::vector<std::string> call_arguments() const override;
  bool has_weights() const override { return true; }

  /// Sets the states of stateful layers to zeros.
  void reset_states() const;
  const RecurrentLayer& forward_layer() const { return *forward_; }
  const RecurrentLayer& backward_layer() const { return *backward_; }

 protected:
  void create_weights_for(const TensorSpecs& inputs) override;
  Json own_config() const override;

 private:
  /// The states to begin with of the two layers; none where none are given.
  std::pair<std::vector<Tensor>, std::vector<Tensor>> first_states(const LayerCall& call) const;
  Tensor merge(const Tensor& forward, const Tensor& backward) const;

  std::optional<std::string> merge_mode_;
  std::shared_ptr<RecurrentLayer> forward_, backward_;
};

}  // namespace lamina
