// RNN: any cell over a sequence.
#pragma once

#include <string>
#include <vector>

#include "lamina/nn/layers/recurrent_layer.h"

namespace lamina {

/// Options of RNN, with Keras's defaults.
struct RNNOptions {
  bool return_sequences = false;  ///< outputs of all steps, or the last
  bool return_state = false;      ///< the last states beside the output
  bool go_backwards = false;      ///< last step first
  bool stateful = false;          ///< begin with the states of the pass before
  bool unroll = false;            ///< a copy of the step for each, rather than a loop
  bool zero_output_for_mask = false;
  Choice<Regularizer> activity_regularizer = {};
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};
};

/// A cell repeated over time (Keras: keras.layers.RNN): `RNN(LSTMCell(32), {.return_sequences = true})`, or
/// `RNN({...cells})`, which are stacked. See RecurrentLayer for shapes, keywords and masks. Weights are the
/// cell's.
class RNN final : public KerasLayer<RNN, RecurrentLayer> {
 public:
  /// Throws InvalidArgument for a layer that is no RNNCell.
  explicit RNN(const AnyLayer& cell, const RNNOptions& options = {});
  /// StackedRNNCells of them.
  explicit RNN(const std::vector<AnyLayer>& cells, const RNNOptions& options = {});
  std::string class_name() const override { return "RNN"; }

 protected:
  Json own_config() const override;
  int input_rank() const override { return 0; }
};

/// Options of StackedRNNCells.
struct StackedRNNCellsOptions {
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};
};

/// Cells on top of each other as one (Keras: keras.layers.StackedRNNCells): each takes the output of the one
/// below. The states are those of all cells, from the first cell on.
class StackedRNNCells final : public KerasLayer<StackedRNNCells, RNNCell> {
 public:
  /// Throws InvalidArgument for no cells and for layers that are none.
  explicit StackedRNNCells(const std::vector<AnyLayer>& cells, const StackedRNNCellsOptions& options = {});
  std::string class_name() const override { return "StackedRNNCells"; }
  std::vector<int64_t> state_sizes() const override;
  int64_t output_size() const override { return cells_.back()->output_size(); }
  CellStep call_step(const Tensor& x, const std::vector<Tensor>& states, const std::vector<Tensor>& fixed,
                     CallContext& context) const override;
  CellStep run(const CellSequence& sequence, CallContext& context) const override;

 protected:
  void create_weights_for(const TensorSpecs& inputs) override;
  void check_step_input(const Shape& input) const override;
  Json own_config() const override;

 private:
  std::vector<std::shared_ptr<RNNCell>> cells_;
};

}  // namespace lamina
