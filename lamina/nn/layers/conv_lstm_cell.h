// ConvLSTMCell: one step of an LSTM whose products are convolutions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/layers/rnn_cell.h"

namespace lamina {

/// Options of ConvLSTM1D, ConvLSTM2D and ConvLSTM3D, with Keras's defaults.
struct ConvLSTMOptions {
  /// Steps between windows of the input's convolution, one number for all axes or one for each; empty: 1.
  std::vector<int64_t> strides = {};
  std::string padding = "valid";            ///< of the input's convolution, or "same"; the state's is "same"
  std::vector<int64_t> dilation_rate = {};  ///< as strides; one of the two must be 1
  std::string activation = "tanh";
  std::string recurrent_activation = "sigmoid";
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
  double dropout = 0;                ///< of the input while training, the same in all steps of a sequence
  double recurrent_dropout = 0;      ///< of the state on its way to each gate
  std::optional<int64_t> seed = {};  ///< of the dropout; absent: the model's random key
  bool return_sequences = false;     ///< outputs of all steps, or the last
  bool return_state = false;         ///< the last two states beside the output
  bool go_backwards = false;         ///< last step first
  bool stateful = false;             ///< begin with the states of the pass before
  bool unroll = false;               ///< a copy of the step for each, rather than a loop
  bool zero_output_for_mask = false;
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// The cell of the ConvLSTM layers, of which each has one; two states, (batch, extents..., filters). Weights:
/// kernel (window..., channels, 4 * filters), recurrent_kernel (window..., filters, 4 * filters) and bias
/// (4 * filters,).
class ConvLSTMCell final : public KerasLayer<ConvLSTMCell, RNNCell> {
 public:
  /// `kernel_size` has a number for each axis. Throws InvalidArgument for arguments that make no convolution.
  ConvLSTMCell(int64_t filters, std::vector<int64_t> kernel_size, ConvLSTMOptions options);
  std::string class_name() const override { return "ConvLSTMCell"; }
  std::vector<int64_t> state_sizes() const override { return {filters_, filters_}; }
  std::vector<Shape> state_shapes(const Shape& step_input) const override;
  Shape step_output_shape(const Shape& step_input) const override;
  std::vector<Tensor> prepare(const Shape& step_input, CallContext& context) const override;
  CellStep call_step(const Tensor& x, const std::vector<Tensor>& states, const std::vector<Tensor>& fixed,
                     CallContext& context) const override;
  /// What the layers write of it.
  Json own_config() const override;

 protected:
  void create_weights(const Shape& input) override;
  void check_step_input(const Shape& input) const override;

 private:
  int axes() const { return static_cast<int>(kernel_size_.size()); }
  Tensor convolve(const Tensor& x, const Tensor& kernel, const Tensor& kept,
                  const std::vector<int64_t>& strides, const std::string& padding,
                  const std::vector<int64_t>& dilations) const;

  int64_t filters_;
  std::vector<int64_t> kernel_size_, strides_, dilations_;
  ConvLSTMOptions options_;
  WeightPtr kernel_, recurrent_kernel_, bias_;
};

}  // namespace lamina
