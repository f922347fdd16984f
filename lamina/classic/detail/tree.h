// A grown decision tree, and trees in snapshots.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/classic/estimator.h"

namespace lamina::classic::detail {

/// Nodes in preorder: the left child of node i is i + 1. Rows with x[feature] <= threshold go left.
struct Tree {
  std::vector<int32_t> feature = {};    ///< -1: a leaf
  std::vector<double> threshold = {};   ///< 0 in leaves
  std::vector<int32_t> right = {};      ///< -1 in leaves
  int64_t width = 1;                    ///< numbers in a value
  std::vector<double> value = {};       ///< (nodes, width): fractions of the classes, or the mean
  std::vector<double> importance = {};  ///< by feature: how much its splits took from the impurity
  std::vector<int32_t> leaf_of = {};    ///< of each sample that it was grown from, where asked for

  size_t nodes() const { return feature.size(); }
  /// The leaf that the row ends in.
  size_t leaf(const float* row) const {
    size_t i = 0;
    while (feature[i] >= 0) i = row[feature[i]] <= threshold[i] ? i + 1 : static_cast<size_t>(right[i]);
    return i;
  }
  const double* value_of(size_t node) const { return value.data() + static_cast<int64_t>(node) * width; }
};

/// How the importances of several trees are added up.
enum class Importance {
  kScaled,     ///< each tree's scaled to sum 1: trees that all say the same
  kAsTheyAre,  ///< trees that each say a part
};
/// Sums of the trees' importances, scaled to sum 1 (scikit-learn: feature_importances_ of forests, and of
/// boosting).
std::vector<double> importances_of(const std::vector<Tree>& trees, int64_t features,
                                   Importance how = Importance::kScaled);

/// {"trees", "nodes", "depth"}: the depth is that of the deepest.
Json extent_of(const std::vector<Tree>& trees);

/// One array for all trees' nodes each, and where each tree begins.
void save_trees(const std::vector<Tree>& trees, EstimatorSnapshot& snapshot);
/// Throws InvalidArgument unless every row of `features` numbers finds its way to a leaf of `width` numbers.
std::vector<Tree> load_trees(const EstimatorSnapshot& snapshot, int64_t features, int64_t width);

}  // namespace lamina::classic::detail
