// What LSTM, GRU and RNN share: directions, layouts, lengths, activations. Internal header.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lamina/formats/onnx/operator.h"
#include "lamina/ops/recurrent.h"

namespace lamina::onnx {

/// One activation with its parameters.
struct StepActivation {
  std::string sequence_name;  ///< what the sequence ops call it; "" where they do not know it
  std::function<Tensor(const Tensor&)> apply;
};

/// One direction of a recurrent layer.
struct Direction {
  Tensor x;               ///< (batch, time, inputs)
  Tensor w, r;            ///< (gates units, inputs), (gates units, units)
  Tensor w_bias, r_bias;  ///< (gates units,), zeros where there is no bias
  Tensor h, c;            ///< (batch, units); c is undefined but for LSTM
  Tensor peepholes;       ///< (3 units,) or undefined
  Tensor mask;            ///< bool (batch, time), or undefined: all steps count
  bool backwards = false;
  int64_t units = 0;
  std::optional<double> clip;
  std::vector<StepActivation> activations;

  /// Whether the sequence ops compute it: activation `first` for gates, and the others one and the same.
  bool sequence_knows(const std::string& gates, const std::string& others) const {
    return !clip && !peepholes.defined() && !gates.empty() && !others.empty();
  }
  /// What the ops of whole sequences take.
  RecurrentOptions options(const std::string& gates, const std::string& others) const;
  /// Their result with outputs at the places of their inputs: backwards, they come in the order of the steps.
  RecurrentResult in_places(RecurrentResult result) const;
};

/// The layer's parts: gates a direction, activations by default, and how one direction is computed.
struct RecurrentKind {
  int64_t gates;
  std::vector<std::string> activations;
  /// Position of inputs that not all of them have; -1 for none.
  int initial_c = -1, peepholes = -1;
};

using RunDirection = std::function<RecurrentResult(const Direction&)>;

/// All directions of the node: Y, Y_h and, for LSTM, Y_c.
std::vector<Value> run_recurrent(Call& call, const RecurrentKind& kind, const RunDirection& run);

/// The parts of `x` that lie one after the other along `axis`, `parts` of them, in that order.
Tensor reordered(const Tensor& x, int axis, int64_t parts, const std::vector<int64_t>& order);
/// One of the parts along the last axis.
Tensor part(const Tensor& x, int64_t parts, int64_t i);

/// Runs `step(projected input (batch, gates units), states)` over time, for what no sequence op computes.
/// `projected`: (batch, time, gates units). The first state is the output.
using Step = std::function<std::vector<Tensor>(const Tensor& x, const std::vector<Tensor>& states)>;
RecurrentResult run_steps(const Direction& direction, const Tensor& projected, const Step& step);

/// Limited to the direction's clip, where it has one.
Tensor clipped(const Direction& direction, const Tensor& x);

}  // namespace lamina::onnx
