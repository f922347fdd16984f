// GRU and its cell.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/layers/gated_cell.h"
#include "lamina/nn/layers/recurrent_layer.h"

namespace lamina {

/// Options of GRUCell, with Keras's defaults.
struct GRUCellOptions {
  std::string activation = "tanh";
  std::string recurrent_activation = "sigmoid";  ///< of the gates
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
  bool reset_after = true;           ///< the reset gate acts after the product with the recurrent kernel
  std::optional<int64_t> seed = {};  ///< of dropout; absent: the model's random key
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};
};

/// A gated recurrent unit (Keras: keras.layers.GRUCell): with update gate z, reset gate r and candidate g,
/// h = z h + (1 - z) g. Output and state are h, (batch, units). The gates lie side by side in the order z, r,
/// g; with reset_after the bias is (2, 3 units), that of the input and that of the state.
class GRUCell final : public KerasLayer<GRUCell, GatedCell> {
 public:
  /// Throws InvalidArgument for units < 1, rates outside [0, 1] and an unknown activation.
  explicit GRUCell(int64_t units, const GRUCellOptions& options = {});
  explicit GRUCell(const GatedCellArguments& arguments);
  std::string class_name() const override { return "GRUCell"; }
  CellStep call_step(const Tensor& x, const std::vector<Tensor>& states, const std::vector<Tensor>& fixed,
                     CallContext& context) const override;
  Json cell_config(bool of_layer) const override;

 protected:
  Shape bias_shape() const override;
  Tensor input_bias(CallContext& context, DType dtype) const override;
  CellStep fused(const Tensor& x, const Tensor& recurrent_kernel, const std::vector<Tensor>& states,
                 const RecurrentOptions& options, CallContext& context) const override;

 private:
  Tensor recurrent_bias(CallContext& context, DType dtype) const;
};

/// Options of GRU, with Keras's defaults.
struct GRUOptions {
  std::string activation = "tanh";
  std::string recurrent_activation = "sigmoid";  ///< of the gates
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
  bool reset_after = true;           ///< the reset gate acts after the product with the recurrent kernel
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

/// GRUCell over a sequence (Keras: keras.layers.GRU). Input (batch, time, features) gives (batch, units),
/// or with return_sequences (batch, time, units); see RecurrentLayer for states and masks. Weights:
/// kernel (features, 3 units), recurrent_kernel (units, 3 units), bias (2, 3 units), or (3 units,) without
/// reset_after.
class GRU final : public KerasLayer<GRU, RecurrentLayer> {
 public:
  /// Throws InvalidArgument for units < 1, rates outside [0, 1] and an unknown activation.
  explicit GRU(int64_t units, const GRUOptions& options = {});
  std::string class_name() const override { return "GRU"; }

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
