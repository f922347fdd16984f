// Growing decision trees: exact splits, found by counting ranks where a feature has few values and by sorting
// them where it has many.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lamina/classic/detail/matrix.h"
#include "lamina/classic/detail/random_words.h"
#include "lamina/classic/detail/tree.h"

namespace lamina::classic::detail {

/// Every value replaced by its rank among the different values of its feature: made once for all trees of a
/// forest.
struct RankedFeatures {
  explicit RankedFeatures(const Matrix& x);
  int64_t samples = 0, features = 0;
  std::vector<uint32_t> ranks;             ///< (features, samples)
  std::vector<std::vector<float>> values;  ///< by feature, ascending
  const uint32_t* column(int64_t f) const { return ranks.data() + f * samples; }
};

enum class Criterion { kGini, kEntropy, kSquaredError };

struct GrowOptions {
  Criterion criterion = Criterion::kGini;
  int64_t max_depth = -1;  ///< -1: no limit
  int64_t min_samples_split = 2;
  int64_t min_samples_leaf = 1;
  int64_t max_features = 1;  ///< features looked at for each split, out of a random order
};

/// A tree for classes 0 ... classes - 1. `weights`: how often each sample counts; 0 leaves it out.
Tree grow_class_tree(const RankedFeatures& x, std::span<const int32_t> y, int64_t classes,
                     std::span<const int32_t> weights, const GrowOptions& options, RandomWords random);

/// A tree for numbers. `leaves`: whether to fill Tree::leaf_of.
Tree grow_value_tree(const RankedFeatures& x, std::span<const double> y, std::span<const int32_t> weights,
                     const GrowOptions& options, RandomWords random, bool leaves = false);

}  // namespace lamina::classic::detail
