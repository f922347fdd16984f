// Draw: random tensors for initialisers. Not for users.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lamina/core/tensor.h"

namespace lamina::detail {

/// Throws InvalidArgument unless the type is floating.
void require_floating(const std::string& class_name, const TensorType& type);

/// Draws of one initialiser for one weight. `own_seed`, if given, replaces `seed` and makes the stream 0, so
/// that equal weights get equal values, as an initialiser seeded by an integer does in Keras.
class Draw {
 public:
  Draw(const std::optional<int64_t>& own_seed, uint64_t seed, int stream);

  Tensor uniform(const TensorType& type, double low, double high) const;
  Tensor normal(const TensorType& type, double mean, double stddev) const;
  /// Normal, conditioned on lying within two standard deviations of the mean.
  Tensor truncated_normal(const TensorType& type, double mean, double stddev) const;

 private:
  Tensor key_;
  int stream_;
};

}  // namespace lamina::detail
