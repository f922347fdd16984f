// T5's buckets of distances. Internal header.
#pragma once

#include <cstdint>

#include "lamina/core/tensor.h"

namespace lamina::detail {

/// Near distances have a bucket each, further ones share them by their logarithm, up to `max_distance`.
struct RelativePositions {
  int64_t buckets, max_distance;
  bool bidirectional;  ///< whether keys after the query have buckets of their own

  /// The bucket of a key `distance` tokens after the query (negative: before).
  int64_t bucket(int64_t distance) const;
  /// int32 (1, queries, keys), the first query at 0.
  Tensor of(int64_t queries, int64_t keys) const;
  /// int32 (rows, queries, keys) of queries at `places` (int32 (rows, queries)) and keys from 0 on; not
  /// bidirectional.
  Tensor from(const Tensor& places, int64_t keys) const;
};

}  // namespace lamina::detail
