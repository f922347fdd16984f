// In float32, as the checkpoints were trained: a distance at the edge of two buckets goes by the rounding.
#include "lamina/zoo/transformers/detail/relative_positions.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/take.h"
#include "lamina/ops/unary.h"

namespace lamina::detail {

int64_t RelativePositions::bucket(int64_t distance) const {
  int64_t first = 0, count = buckets;
  if (bidirectional) {
    count /= 2;
    if (distance > 0) first = count;
    distance = std::abs(distance);
  } else {
    distance = -std::min<int64_t>(distance, 0);
  }
  const int64_t exact = count / 2;
  if (distance < exact) return first + distance;
  const double per_bucket = std::log(static_cast<double>(max_distance) / static_cast<double>(exact));
  const float share = std::log(static_cast<float>(distance) / static_cast<float>(exact)) /
                      static_cast<float>(per_bucket) * static_cast<float>(count - exact);
  return first + std::min(count - 1, exact + static_cast<int64_t>(share));
}

// By ops, so that a trace does not depend on how long the texts are: beyond the longest distance nothing changes.
Tensor RelativePositions::of(int64_t queries, int64_t keys) const {
  constexpr int64_t kLargest = 1 << 16;  // of tables for texts of any length
  const int64_t longest = max_distance <= kLargest ? max_distance : std::min(max_distance, std::max(queries, keys));
  std::vector<int32_t> table;
  for (int64_t distance = -longest; distance <= longest; ++distance)
    table.push_back(static_cast<int32_t>(bucket(distance)));
  const Tensor distance = reshape(arange(keys, DType::kInt32), {1, 1, keys}) - reshape(arange(queries, DType::kInt32), {1, queries, 1});
  const auto bound = static_cast<double>(longest);
  return take(Tensor::from(table, {2 * longest + 1}), clip(distance, -bound, bound) + bound, 0);
}

Tensor RelativePositions::from(const Tensor& places, int64_t keys) const {
  // Beyond the longest distance nothing changes: a table up to there is enough.
  std::vector<int32_t> table;
  const int64_t longest = std::min(max_distance, keys) + 1;
  for (int64_t distance = 0; distance <= longest; ++distance)
    table.push_back(static_cast<int32_t>(bucket(-distance)));
  const Shape& s = places.shape();
  const Tensor distance =
      reshape(places, {s[0], s[1], 1}) - reshape(arange(keys, DType::kInt32), {1, 1, keys});
  return take(Tensor::from(table, {longest + 1}), clip(distance, 0, static_cast<double>(longest)), 0);
}

}  // namespace lamina::detail
