// RNNCell: one step of a recurrent layer. RNN repeats it over a sequence.
#pragma once

#include <string>
#include <vector>

#include "lamina/nn/layer.h"

namespace lamina {

/// What one step gives: the output and the states for the next step.
struct CellStep {
  Tensor output;
  std::vector<Tensor> states;
};

/// A sequence for a cell: x is (batch, time, ...), each state (batch, ...) as state_shapes says.
struct CellSequence {
  Tensor x;
  std::vector<Tensor> states;
  Tensor mask = {};  ///< bool (batch, time): where false, states pass through the step; undefined: none
  bool return_sequences = false;
  bool go_backwards = false;          ///< last step first; output 0 is then that of the last input
  bool unroll = false;                ///< a copy of the step for each, rather than a loop
  bool zero_output_for_mask = false;  ///< masked steps put out zeros, or else the output before them
};

/// Base of the cells (Keras: any layer with state_size). A cell of yours derives from KerasLayer<Mine,
/// RNNCell> and gives class_name, state_sizes, create_weights (the input is that of one step, (batch,
/// features)) and call_step; it registers itself with register_layer if files are to know it.
///
/// Called like a layer, a cell takes the input of one step and its states and gives output and new states:
/// `cell.outputs({x, h, c})`.
class RNNCell : public Layer {
 public:
  /// Widths of the states, each (batch, width): one, or two for LSTM.
  virtual std::vector<int64_t> state_sizes() const = 0;
  /// Width of the output.
  virtual int64_t output_size() const { return state_sizes().at(0); }
  /// Shapes of the states behind the batch, for steps of such an input, batch included: {width} each, but of
  /// cells whose states are images.
  virtual std::vector<Shape> state_shapes(const Shape& step_input) const;
  /// The same for the output: {output_size()}.
  virtual Shape step_output_shape(const Shape& step_input) const;
  /// One step for x (batch, features). `fixed` is what prepare gave. Pure: it may be traced once for all
  /// steps, so that random numbers drawn here are the same in each, and assignments are not possible.
  virtual CellStep call_step(const Tensor& x, const std::vector<Tensor>& states,
                             const std::vector<Tensor>& fixed, CallContext& context) const = 0;
  /// What stays the same in all steps of a sequence: dropout's choice. `step_input` is the shape of x.
  virtual std::vector<Tensor> prepare(const Shape& step_input, CallContext& context) const;
  /// The whole sequence: output (batch, time, output_size), or (batch, output_size), and last states. The
  /// default repeats call_step; cells that know a faster way override it.
  virtual CellStep run(const CellSequence& sequence, CallContext& context) const;

  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;
  std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const override;
  std::vector<std::string> call_arguments() const override;
  bool has_weights() const override { return true; }

 protected:
  using Layer::Layer;
  /// fail() for a step's input that the cell cannot take. The default wants rank 2 or more.
  virtual void check_step_input(const Shape& input) const;

 private:
  /// fail() when a step gives other outputs and states than output_size() and state_sizes() say.
  void check_step(const CellStep& step, const std::vector<Tensor>& states, const Shape& step_input) const;
};

namespace detail {

/// (batch, ...shape)
inline Shape batches_of(int64_t batch, const Shape& shape) {
  Shape result{batch};
  for (const int64_t extent : shape) result.push_back(extent);
  return result;
}

}  // namespace detail

}  // namespace lamina
