// How `validation_split` parts samples.
#pragma once

#include <cstdint>

namespace lamina {

/// Samples that `fit` trains with: the first ⌊samples · (1 − validation_split)⌋, as in Keras. The others are
/// what it validates with.
/// @param samples           all that it is given.
/// @param validation_split  share of them, at least 0 and below 1.
inline int64_t training_samples(int64_t samples, double validation_split) {
  return static_cast<int64_t>(static_cast<double>(samples) * (1 - validation_split));
}

}  // namespace lamina
