// Sequences of different lengths as one tensor.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

/// Arguments of pad_sequences, with Keras's names and defaults (keras.utils.pad_sequences).
struct PadSequencesOptions {
  /// Length of every row of the result; absent: the length of the longest sequence.
  std::optional<int64_t> maxlen = {};
  DType dtype = DType::kInt32;  ///< of the result; values are converted as a cast does
  /// Where `value` goes when a sequence is shorter than maxlen: "pre" (in front) or "post" (behind).
  std::string padding = "pre";
  /// What is left out when it is longer: "pre" (its beginning) or "post" (its end).
  std::string truncating = "pre";
  double value = 0;  ///< what fills up
};

/// The sequences as one tensor (sequences, maxlen).
/// @param sequences  any number of sequences of any length, also empty ones.
/// Throws InvalidArgument for an unknown padding or truncating, suggesting the nearest, for a maxlen below 1,
/// and for no sequences without a maxlen.
Tensor pad_sequences(const std::vector<std::vector<int32_t>>& sequences,
                     const PadSequencesOptions& options = {});
/// The same of 64-bit integers.
Tensor pad_sequences(const std::vector<std::vector<int64_t>>& sequences,
                     const PadSequencesOptions& options = {});
/// The same of numbers; options.dtype is int32 still, as in Keras.
Tensor pad_sequences(const std::vector<std::vector<float>>& sequences,
                     const PadSequencesOptions& options = {});
/// Sequences (length, ...) whose further axes are alike, as (sequences, maxlen, ...). Throws InvalidArgument
/// when they are not.
Tensor pad_sequences(const std::vector<Tensor>& sequences, const PadSequencesOptions& options = {});

/// The same of numbers as they are written: `pad_sequences({{1, 2}, {3}})`.
template <class T>
Tensor pad_sequences(std::initializer_list<std::initializer_list<T>> sequences,
                     const PadSequencesOptions& options = {}) {
  return pad_sequences(std::vector<std::vector<T>>(sequences.begin(), sequences.end()), options);
}

}  // namespace lamina
