// LSTM and its cell.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/layers/gated_cell.h"
#include "lamina/nn/layers/recurrent_layer.h"

namespace lamina {

/// Options of LSTMCell, with Keras's defaults.
struct LSTMCellOptions {
  std::string activation = "tanh";
  std::string recurrent_activation = "sigmoid";  ///< of the gates
  bool use_bias = true;
  Choice<Initializer> kernel_initializer = "glorot_uniform";
  Choice<Initializer> recurrent_initializer = "orthogonal";
  Choice<Initializer> bias_initializer = "zeros";
  bool unit_forget_bias = true;  ///< the bias of the forget gate begins with ones
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

/// Long short-term memory (Keras: keras.layers.LSTMCell): with the gates i, f, o and candidate g,
/// c = f c + i g, h = o activation(c). The output is h; the states are h and c, all (batch, units). The gates
/// lie side by side in the order i, f, g, o.
class LSTMCell final : public KerasLayer<LSTMCell, GatedCell> {
 public:
  /// Throws InvalidArgument for units < 1, rates outside [0, 1] and an unknown activation.
  explicit LSTMCell(int64_t units, const LSTMCellOptions& options = {});
  explicit LSTMCell(const GatedCellArguments& arguments);
  std::string class_name() const override { return "LSTMCell"; }
  std::vector<int64_t> state_sizes() const override;
  CellStep call_step(const Tensor& x, const std::vector<Tensor>& states, const std::vector<Tensor>& fixed,
                     CallContext& context) const override;
  Json cell_config(bool of_layer) const override;

 protected:
  Choice<Initializer> bias_initializer() const override;
  CellStep fused(const Tensor& x, const Tensor& recurrent_kernel, const std::vector<Tensor>& states,
                 const RecurrentOptions& options, CallContext& context) const override;
};

/// Options of LSTM, with Keras's defaults.
struct LSTMOptions {
  std::string activation = "tanh";
  std::string recurrent_activation = "sigmoid";  ///< of the gates
  bool use_bias = true;
  Choice<Initializer> kernel_initializer = "glorot_uniform";
  Choice<Initializer> recurrent_initializer = "orthogonal";
  Choice<Initializer> bias_initializer = "zeros";
  bool unit_forget_bias = true;  ///< the bias of the forget gate begins with ones
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

/// LSTMCell over a sequence (Keras: keras.layers.LSTM). Input (batch, time, features) gives (batch, units),
/// or with return_sequences (batch, time, units); see RecurrentLayer for states and masks. Weights:
/// kernel (features, 4 units), recurrent_kernel (units, 4 units), bias (4 units,).
class LSTM final : public KerasLayer<LSTM, RecurrentLayer> {
 public:
  /// Throws InvalidArgument for units < 1, rates outside [0, 1] and an unknown activation.
  explicit LSTM(int64_t units, const LSTMOptions& options = {});
  std::string class_name() const override { return "LSTM"; }

  /// Output and last states of a layer with return_state:
  ///   auto [sequence, h, c] = layer.call_with_state(x);
  std::array<Tensor, 3> call_with_state(const Tensor& x, const std::vector<Tensor>& initial_state = {},
                                        std::optional<bool> training = {}) const;
  /// The same within the call of another layer.
  std::array<Tensor, 3> call_with_state(const Tensor& x, const std::vector<Tensor>& initial_state,
                                        CallContext& context) const;

 protected:
  Json own_config() const override;
};

}  // namespace lamina
