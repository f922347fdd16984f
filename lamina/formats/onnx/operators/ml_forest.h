// Decision trees that are walked all at once. Internal header.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lamina/formats/onnx/operator.h"

namespace lamina::onnx {

/// How a node compares a feature with its split; the numbers are those of TreeEnsemble.
enum TreeMode : int32_t { kLeq, kLt, kGte, kGt, kEq, kNeq, kMember, kLeaf };

/// A branch, or a leaf.
struct TreeNode {
  TreeMode mode = kLeaf;
  int32_t feature = 0;
  double split = 0;
  bool missing_is_true = false;
  int32_t yes = -1, no = -1;
  int32_t leaf = -1;  // number of a leaf
};

struct Forest {
  std::vector<TreeNode> nodes;
  std::vector<int32_t> roots;
  int32_t leaves = 0;
  std::vector<std::vector<std::pair<int64_t, double>>> weights;  // of each leaf: targets and weights
};

/// What the trees say of rows x (n, features): (n, targets), by `how`: "SUM", "AVERAGE", "MIN" or "MAX".
/// Throws InvalidArgument for nodes that are not those of trees, features that x lacks, and targets beyond
/// `targets`.
Tensor aggregated(const Call& call, Forest& forest, const Tensor& x, int64_t targets, const std::string& how);

}  // namespace lamina::onnx
