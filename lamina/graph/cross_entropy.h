// Families of ops that compute a cross-entropy from what an activation gives, registered beside the op that
// computes it from the logits: what the pass `softmax_crossentropy` looks for.
// For authors of ops: lamina.h leaves it out.
#pragma once

#include <string>
#include <vector>

#include "lamina/graph/op.h"

namespace lamina {

/// The ops of one kind of cross-entropy, by name. Losses and their gradients take (target, output, ...), the
/// fused ops (logits, target) and give (loss, probabilities).
struct CrossEntropyFamily {
  std::string activation, activation_grad;
  std::string loss, loss_grad;
  std::string fused, fused_grad;
  /// Whether the fused op stands for an activation with such attributes, which gives `type`. Absent: always.
  bool (*fits)(const Attrs& attrs, const TensorType& type) = nullptr;
};

/// Adds a family, before main.
struct CrossEntropyRegistration {
  explicit CrossEntropyRegistration(CrossEntropyFamily family);
};

const std::vector<CrossEntropyFamily>& cross_entropy_families();

}  // namespace lamina
