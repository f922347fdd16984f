// GatedCell: what SimpleRNNCell, GRUCell and LSTMCell share: weights, dropout, configuration.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/layers/rnn_cell.h"
#include "lamina/ops/recurrent.h"

namespace lamina {

/// Arguments of a GatedCell; the options of cells and layers have those that they take, with Keras's
/// defaults.
struct GatedCellArguments {
  int64_t units = 0;
  std::string activation = "tanh";
  std::string recurrent_activation = "sigmoid";
  bool use_bias = true;
  Choice<Initializer> kernel_initializer = "glorot_uniform";
  Choice<Initializer> recurrent_initializer = "orthogonal";
  Choice<Initializer> bias_initializer = "zeros";
  bool unit_forget_bias = true;  ///< LSTM: the bias of the forget gate begins with ones
  Choice<Regularizer> kernel_regularizer = {};
  Choice<Regularizer> recurrent_regularizer = {};
  Choice<Regularizer> bias_regularizer = {};
  Choice<Constraint> kernel_constraint = {};
  Choice<Constraint> recurrent_constraint = {};
  Choice<Constraint> bias_constraint = {};
  double dropout = 0;
  double recurrent_dropout = 0;
  bool reset_after = true;  ///< GRU
  std::optional<int64_t> seed = {};
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};
};

/// A cell of `units` units with one or more gates side by side. Weights: kernel (features, gates * units),
/// recurrent_kernel (units, gates * units) and bias (gates * units,).
///
/// While training, `dropout` zeroes elements of the input and `recurrent_dropout` elements of the state on
/// its way to each gate, the same ones in all steps of a sequence; the rest is divided by 1 - rate.
class GatedCell : public RNNCell {
 public:
  std::vector<int64_t> state_sizes() const override;
  std::vector<Tensor> prepare(const Shape& step_input, CallContext& context) const override;
  CellStep run(const CellSequence& sequence, CallContext& context) const override;
  const GatedCellArguments& arguments() const { return arguments_; }

  /// The configuration in Keras's order. A layer writes that of its cell, with its own activity_regularizer.
  virtual Json cell_config(bool of_layer) const = 0;

 protected:
  GatedCell(const GatedCellArguments& arguments, int gates);
  /// fail() for arguments that make no cell; for the constructors of subclasses, which have a name to tell.
  void check_arguments();
  void create_weights(const Shape& input) override;
  void check_step_input(const Shape& input) const override;
  Json own_config() const override;

  virtual Shape bias_shape() const;
  virtual Choice<Initializer> bias_initializer() const;
  /// The part of the bias that the input's projection gets.
  virtual Tensor input_bias(CallContext& context, DType dtype) const;
  /// The sequence as one op; x is projected.
  virtual CellStep fused(const Tensor& x, const Tensor& recurrent_kernel, const std::vector<Tensor>& states,
                         const RecurrentOptions& options, CallContext& context) const = 0;

  /// x, (batch, features) or (batch, time, features), by the kernel, bias included.
  Tensor project(const Tensor& x, const std::vector<Tensor>& fixed, CallContext& context) const;
  /// The state by the recurrent kernel: all gates side by side, or those from `first` on.
  Tensor recur(const Tensor& h, const std::vector<Tensor>& fixed, CallContext& context, int first,
               int count) const;
  /// Part `gate` of the last axis.
  Tensor part(const Tensor& all, int gate, int count = 1) const;
  Tensor activate(const Tensor& x) const;
  Tensor gate(const Tensor& x) const;

  /// Pieces of the configuration.
  Json head_config() const;
  Json weights_config() const;
  Json tail_config(bool of_layer) const;
  Json seed_config() const;

  GatedCellArguments arguments_;
  int gates_;
  WeightPtr kernel_, recurrent_kernel_, bias_;
};

namespace detail {

/// Adds the members of `more` to `config`.
void append_json(Json& config, const Json& more);

/// The arguments of a cell from options of a cell or of a layer, as far as these have them.
template <class Options>
GatedCellArguments gated_cell_arguments(int64_t units, const Options& options) {
  GatedCellArguments arguments;
  arguments.units = units;
  arguments.activation = options.activation;
  arguments.use_bias = options.use_bias;
  arguments.kernel_initializer = options.kernel_initializer;
  arguments.recurrent_initializer = options.recurrent_initializer;
  arguments.bias_initializer = options.bias_initializer;
  arguments.kernel_regularizer = options.kernel_regularizer;
  arguments.recurrent_regularizer = options.recurrent_regularizer;
  arguments.bias_regularizer = options.bias_regularizer;
  arguments.kernel_constraint = options.kernel_constraint;
  arguments.recurrent_constraint = options.recurrent_constraint;
  arguments.bias_constraint = options.bias_constraint;
  arguments.dropout = options.dropout;
  arguments.recurrent_dropout = options.recurrent_dropout;
  arguments.seed = options.seed;
  arguments.name = options.name;
  arguments.trainable = options.trainable;
  arguments.dtype = options.dtype;
  if constexpr (requires { options.recurrent_activation; })
    arguments.recurrent_activation = options.recurrent_activation;
  if constexpr (requires { options.unit_forget_bias; }) arguments.unit_forget_bias = options.unit_forget_bias;
  if constexpr (requires { options.reset_after; }) arguments.reset_after = options.reset_after;
  return arguments;
}

/// The same for the cell inside a layer, which has a name of its own.
template <class Options>
GatedCellArguments inner_cell_arguments(int64_t units, const Options& options, const char* name) {
  GatedCellArguments arguments = gated_cell_arguments(units, options);
  arguments.name = name;
  return arguments;
}

/// Reads those arguments into the options of a cell or of a layer; name, trainable and dtype are read
/// already.
template <class Options, class Reader>
void read_gated_cell(Reader& reader, Options& options) {
  // Without a word about it, the default, which is not "linear" as elsewhere.
  if (!reader.json("activation").is_null()) options.activation = reader.activation("activation");
  if constexpr (requires { options.recurrent_activation; }) {
    if (!reader.json("recurrent_activation").is_null())
      options.recurrent_activation = reader.activation("recurrent_activation");
  }
  if constexpr (requires { options.unit_forget_bias; })
    options.unit_forget_bias = reader.boolean("unit_forget_bias", true);
  if constexpr (requires { options.reset_after; }) options.reset_after = reader.boolean("reset_after", true);
  options.use_bias = reader.boolean("use_bias", true);
  options.kernel_initializer = reader.initializer("kernel_initializer", "glorot_uniform");
  options.recurrent_initializer = reader.initializer("recurrent_initializer", "orthogonal");
  options.bias_initializer = reader.initializer("bias_initializer", "zeros");
  options.kernel_regularizer = reader.regularizer("kernel_regularizer");
  options.recurrent_regularizer = reader.regularizer("recurrent_regularizer");
  options.bias_regularizer = reader.regularizer("bias_regularizer");
  options.kernel_constraint = reader.constraint("kernel_constraint");
  options.recurrent_constraint = reader.constraint("recurrent_constraint");
  options.bias_constraint = reader.constraint("bias_constraint");
  options.dropout = reader.number("dropout", 0.0);
  options.recurrent_dropout = reader.number("recurrent_dropout", 0.0);
  options.seed = reader.optional_integer("seed");
  // How Keras computes it, not what.
  for (const char* key : {"implementation", "use_cudnn"}) reader.allow(key);
}

}  // namespace detail
}  // namespace lamina
