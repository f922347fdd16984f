// SimpleRNN and its cell.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/layers/gated_cell.h"
#include "lamina/nn/layers/recurrent_layer.h"

namespace lamina {

/// Options of SimpleRNNCell, with Keras's defaults.
struct SimpleRNNCellOptions {
  std::string activation = "tanh";
  bool use_bias = true;
  Choice<Initializer> kernel_initializer = "glorot_uniform";
  Choice<Initializer> recurrent_initializer = "orthogonal";
  Choice<Initializer> bias_initializer = "zeros";
  Choice<Regularizer> kernel_regularizer = {};
  Choice<Regularizer> recurrent_regularizer = {};
  Choice<Regularizer> bias_regularizer = {};
  Choice<Constraint> kernel_constraint = {};
  Choice<Constraint> recurrent_constraint = {};
  Choice<Constraint> bias_constraint = {};
  double dropout = 0;                ///< of the input, 0 to 1
  double recurrent_dropout = 0;      ///< of the state, 0 to 1
  std::optional<int64_t> seed = {};  ///< of dropout; absent: the model's random key
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};
};

/// h = activation(x · kernel + h · recurrent_kernel + bias) (Keras: keras.layers.SimpleRNNCell). Output and
/// state are h, (batch, units).
class SimpleRNNCell final : public KerasLayer<SimpleRNNCell, GatedCell> {
 public:
  /// Throws InvalidArgument for units < 1, rates outside [0, 1] and an unknown activation.
  explicit SimpleRNNCell(int64_t units, const SimpleRNNCellOptions& options = {});
  explicit SimpleRNNCell(const GatedCellArguments& arguments);
  std::string class_name() const override { return "SimpleRNNCell"; }
  CellStep call_step(const Tensor& x, const std::vector<Tensor>& states, const std::vector<Tensor>& fixed,
                     CallContext& context) const override;
  Json cell_config(bool of_layer) const override;

 protected:
  CellStep fused(const Tensor& x, const Tensor& recurrent_kernel, const std::vector<Tensor>& states,
                 const RecurrentOptions& options, CallContext& context) const override;
};

/// Options of SimpleRNN, with Keras's defaults.
struct SimpleRNNOptions {
  std::string activation = "tanh";
  bool use_bias = true;
  Choice<Initializer> kernel_initializer = "glorot_uniform";
  Choice<Initializer> recurrent_initializer = "orthogonal";
  Choice<Initializer> bias_initializer = "zeros";
  Choice<Regularizer> kernel_regularizer = {};
  Choice<Regularizer> recurrent_regularizer = {};
  Choice<Regularizer> bias_regularizer = {};
  Choice<Regularizer> activity_regularizer = {};
  Choice<Constraint> kernel_constraint = {};
  Choice<Constraint> recurrent_constraint = {};
  Choice<Constraint> bias_constraint = {};
  double dropout = 0;                ///< of the input, 0 to 1
  double recurrent_dropout = 0;      ///< of the state, 0 to 1
  std::optional<int64_t> seed = {};  ///< of dropout; absent: the model's random key
  bool return_sequences = false;     ///< outputs of all steps, or the last
  bool return_state = false;         ///< the last states beside the output
  bool go_backwards = false;         ///< last step first
  bool stateful = false;             ///< begin with the states of the pass before
  bool unroll = false;               ///< accepted; the sequence is one op either way
  bool zero_output_for_mask = false;
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};
};

/// SimpleRNNCell over a sequence (Keras: keras.layers.SimpleRNN). Input (batch, time, features) gives (batch,
/// units), or with return_sequences (batch, time, units); see RecurrentLayer for states and masks. Weights:
/// kernel (features, units), recurrent_kernel (units, units), bias (units,).
class SimpleRNN final : public KerasLayer<SimpleRNN, RecurrentLayer> {
 public:
  /// Throws InvalidArgument for units < 1, rates outside [0, 1] and an unknown activation.
  explicit SimpleRNN(int64_t units, const SimpleRNNOptions& options = {});
  std::string class_name() const override { return "SimpleRNN"; }

  /// Output and last states of a layer with return_state:
  ///   auto [sequence, h] = layer.call_with_state(x);
  std::array<Tensor, 2> call_with_state(const Tensor& x, const std::vector<Tensor>& initial_state = {},
                                        std::optional<bool> training = {}) const;
  /// The same within the call of another layer.
  std::array<Tensor, 2> call_with_state(const Tensor& x, const std::vector<Tensor>& initial_state,
                                        CallContext& context) const;

 protected:
  Json own_config() const override;
};

}  // namespace lamina
