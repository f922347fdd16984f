// TrainingSnapshot: everything needed to go on with a training as if it had never stopped.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/nn/weight.h"

namespace lamina {

/// The whole state of a training between two steps, as named tensors (copies) and a little JSON. Written to
/// disk in any format and given back to fit, it continues bit for bit.
///
/// Names of tensors: "weights/" + path, "optimizer/" + name, "metrics/" + index, "rng", and what callbacks
/// remember: "callbacks/" + class + "/" + index among those of its class + "/" + name. Members of `info`:
/// "epoch" and "step" (the next to be run, from 0), "pass" and "pass_step" (the same, as passes through the
/// source), "seed" (of shuffling), what the source calls its identity ("samples", "batch_size", "shuffle" for
/// tensors), "fits" (calls of fit so far) and "optimizer_built".
struct TrainingSnapshot {
  Json info;
  std::vector<NamedTensor> tensors;

  /// The tensor of that name, or nullptr.
  const Tensor* find(const std::string& name) const;
  /// Epochs completed, and steps completed of the one begun. Throws InvalidArgument for a number that an int
  /// does not hold: `info` may come from a file.
  int epoch() const;
  int step() const;
  /// Throws InvalidArgument, naming the member, where `info` lacks one of those above or holds one that is no
  /// place in a training: another kind, a negative number, one that an int does not hold.
  void require_place() const;
};

}  // namespace lamina
