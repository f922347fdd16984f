// RecurrentLayer: what RNN, SimpleRNN, GRU and LSTM share.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "lamina/nn/layers/rnn_cell.h"

namespace lamina {

/// Arguments of a RecurrentLayer beside its cell.
struct RecurrentArguments {
  bool return_sequences = false;
  bool return_state = false;
  bool go_backwards = false;
  bool stateful = false;
  bool unroll = false;
  bool zero_output_for_mask = false;
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};
};

/// A cell repeated over the time axis of (batch, time, features). Gives (batch, units), the last output, or
/// with return_sequences those of all steps, (batch, time, units); with return_state, the last states, too,
/// each (batch, width).
///
/// Keyword arguments of a call: "initial_state", the states to begin with (default: zeros), and "mask", bool
/// (batch, time): where false, states pass through the step unchanged and the output is that before it, or
/// zeros with zero_output_for_mask.
///
/// A stateful layer begins where the pass before ended: its states are weights (batch, width) of their own,
/// named "rnn_state", "rnn_state_1". It must be built for a batch of known size, and takes no other.
class RecurrentLayer : public Layer {
 public:
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  TensorSpecs call_output_specs(const LayerCall& call, const TensorSpecs& inputs) const override;
  std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const override;
  bool supports_masking() const override { return true; }
  bool takes_mask() const override { return true; }
  std::vector<Tensor> compute_mask(const LayerCall& call, const std::vector<Tensor>& masks) const override;
  std::vector<std::string> call_arguments() const override;
  bool has_weights() const override { return true; }

  /// Sets the states of a stateful layer to zeros; throws InvalidArgument for another layer.
  void reset_states() const;
  /// Throws InvalidArgument unless `given` are as many states as the cell has for a sequence of shape
  /// `input`, each (batch, width), or as the cell's state_shapes say.
  void check_states(const std::vector<Tensor>& given, const Shape& input) const;
  const RNNCell& cell() const { return *cell_; }
  const RecurrentArguments& arguments() const { return arguments_; }
  /// Whether masked steps put out zeros; Bidirectional chooses it for the layers inside.
  void set_zero_output_for_mask(bool zero) { arguments_.zero_output_for_mask = zero; }

 protected:
  /// Throws InvalidArgument for a null cell.
  RecurrentLayer(std::shared_ptr<RNNCell> cell, const RecurrentArguments& arguments);
  void create_weights_for(const TensorSpecs& inputs) override;
  /// The arguments above, in Keras's order.
  Json own_config() const override;
  /// Rank of the input; 0: any from 3 on.
  virtual int input_rank() const { return 3; }
  /// The axes of the input, for messages.
  virtual const char* input_layout() const { return "(batch, time, features)"; }

  /// Output and `N` - 1 states of a call.
  template <size_t N>
  std::array<Tensor, N> with_state(const Tensor& x, const std::vector<Tensor>& initial_state,
                                   CallContext& context) const {
    const std::vector<Tensor> results = run_with_state(x, initial_state, context);
    std::array<Tensor, N> array;
    for (size_t i = 0; i < N; ++i) array[i] = results.at(i);
    return array;
  }

 private:
  std::vector<Tensor> run_with_state(const Tensor& x, const std::vector<Tensor>& initial_state,
                                     CallContext& context) const;
  std::vector<Tensor> first_states(const LayerCall& call, CallContext& context) const;
  void check_batch(int64_t batch) const;

  std::shared_ptr<RNNCell> cell_;
  RecurrentArguments arguments_;
  std::vector<WeightPtr> states_;
};

namespace detail {

/// The arguments that all recurrent layers have, from a layer's options.
template <class Options>
RecurrentArguments recurrent_arguments(const Options& options) {
  return {options.return_sequences,
          options.return_state,
          options.go_backwards,
          options.stateful,
          options.unroll,
          options.zero_output_for_mask,
          options.name,
          options.trainable,
          options.dtype};
}

/// The same from a configuration. Reads name, trainable and dtype, too.
template <class Options, class Reader>
void read_recurrent_arguments(Reader& reader, Options& options) {
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  options.return_sequences = reader.boolean("return_sequences", false);
  options.return_state = reader.boolean("return_state", false);
  options.go_backwards = reader.boolean("go_backwards", false);
  options.stateful = reader.boolean("stateful", false);
  options.unroll = reader.boolean("unroll", false);
  options.zero_output_for_mask = reader.boolean("zero_output_for_mask", false);
  reader.only("time_major", false);  // of Keras 2
}

}  // namespace detail
}  // namespace lamina
