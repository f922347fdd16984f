// Decision trees, walked a level at a time.
#include "lamina/formats/onnx/operators/ml_forest.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "lamina/formats/onnx/operators/ml_common.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/take.h"
#include "lamina/ops/take_along_axis.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::onnx {
namespace {

// How many steps lead from the roots to the farthest leaf. Throws where nodes are not those of trees.
int check(const Call& call, Forest& forest, int64_t features, int64_t targets) {
  const auto count = static_cast<int32_t>(forest.nodes.size());
  std::vector<int32_t> level = forest.roots;
  int depth = 0;
  for (; !level.empty(); ++depth) {
    if (depth > count) call.fail("its branches lead round in circles");
    std::vector<int32_t> next;
    for (const int32_t at : level) {
      if (at < 0 || at >= count) call.fail(fmt::format("names a node {} of {}", at, count));
      const TreeNode& node = forest.nodes[static_cast<size_t>(at)];
      if (node.mode == kLeaf) continue;
      if (node.feature < 0 || node.feature >= features)
        call.fail(fmt::format("asks for feature {} of {}", node.feature, features));
      next.push_back(node.yes);
      next.push_back(node.no);
    }
    std::sort(next.begin(), next.end());
    next.erase(std::unique(next.begin(), next.end()), next.end());
    level = std::move(next);
  }
  for (const auto& leaf : forest.weights) {
    for (const auto& [target, weight] : leaf) {
      if (target < 0 || target >= targets) call.fail(fmt::format("names target {} of {}", target, targets));
    }
  }
  return depth;
}

template <class T, class Get>
Tensor column(const Forest& forest, Get get) {
  std::vector<T> values;
  values.reserve(forest.nodes.size());
  for (const TreeNode& node : forest.nodes) values.push_back(static_cast<T>(get(node)));
  return Tensor::from(values, {values.size()});
}

Tensor compare(TreeMode mode, const Tensor& x, const Tensor& split) {
  switch (mode) {
    case kLeq:
      return less_equal(x, split);
    case kLt:
      return less(x, split);
    case kGte:
      return greater_equal(x, split);
    case kGt:
      return greater(x, split);
    case kEq:
      return equal(x, split);
    default:
      return not_equal(x, split);
  }
}

// Numbers of the leaves, int32 (n, trees), of rows x.
Tensor walk(const Forest& forest, const Tensor& x, int depth) {
  const Tensor feature = column<int32_t>(forest, [](const TreeNode& n) { return n.feature; });
  const Tensor split = cast(column<double>(forest, [](const TreeNode& n) { return n.split; }), x.dtype());
  const Tensor yes = column<int32_t>(forest, [](const TreeNode& n) { return n.yes; });
  const Tensor no = column<int32_t>(forest, [](const TreeNode& n) { return n.no; });
  const Tensor mode_of = column<int32_t>(forest, [](const TreeNode& n) { return n.mode; });
  const Tensor missing = column<uint8_t>(forest, [](const TreeNode& n) { return n.missing_is_true; });
  std::set<TreeMode> modes;
  bool any_missing = false;
  for (const TreeNode& node : forest.nodes) {
    if (node.mode != kLeaf) modes.insert(node.mode);
    any_missing = any_missing || node.missing_is_true || node.mode == kNeq;
  }
  const auto trees = static_cast<int64_t>(forest.roots.size());
  Tensor at = broadcast_to(Tensor::from(forest.roots, {1, trees}), {x.shape()[0], trees});
  for (int step = 0; step + 1 < depth; ++step) {
    const Tensor value = take_along_axis(x, take(feature, at, 0), 1), limit = take(split, at, 0);
    Tensor goes;
    for (const TreeMode mode : modes) {
      const Tensor holds = compare(mode, value, limit);
      goes =
          goes.defined() ? where(equal(take(mode_of, at, 0), static_cast<double>(mode)), holds, goes) : holds;
    }
    // A missing value goes where the node says.
    if (any_missing) goes = where(lamina::isnan(value), cast(take(missing, at, 0), DType::kBool), goes);
    at = where(goes, take(yes, at, 0), take(no, at, 0));
  }
  return take(column<int32_t>(forest, [](const TreeNode& n) { return n.leaf; }), at, 0);
}

}  // namespace

Tensor aggregated(const Call& call, Forest& forest, const Tensor& x, int64_t targets,
                  const std::string& how) {
  if (targets < 1 || targets > 1 << 20 || forest.roots.empty())
    call.fail(fmt::format("{} targets of {} trees", targets, forest.roots.size()));
  if (how != "SUM" && how != "AVERAGE" && how != "MIN" && how != "MAX")
    call.fail("attribute 'aggregate_function' is '" + how + "'");
  // Leaves lead to themselves, so that short branches wait for long ones.
  for (size_t i = 0; i < forest.nodes.size(); ++i) {
    TreeNode& node = forest.nodes[i];
    if (node.mode != kLeaf) continue;
    node.yes = node.no = static_cast<int32_t>(i);
    node.feature = 0;
  }
  if (x.shape()[1] < 1) call.fail("needs features");
  const int depth = check(call, forest, x.shape()[1], targets);
  const bool extreme = how == "MIN" || how == "MAX";
  const double nothing = !extreme       ? 0
                         : how == "MIN" ? std::numeric_limits<double>::infinity()
                                        : -std::numeric_limits<double>::infinity();
  if (static_cast<int64_t>(forest.leaves) * targets > (int64_t{1} << 31))
    throw Unsupported("has too many leaves for so many targets");
  std::vector<double> dense(static_cast<size_t>(forest.leaves * targets), nothing);
  for (size_t leaf = 0; leaf < forest.weights.size(); ++leaf) {
    for (const auto& [target, weight] : forest.weights[leaf]) {
      double& place = dense[leaf * static_cast<size_t>(targets) + static_cast<size_t>(target)];
      place = !extreme ? place + weight : how == "MIN" ? std::min(place, weight) : std::max(place, weight);
    }
  }
  const Tensor found = take(table(dense, {forest.leaves, targets}, x.dtype()), walk(forest, x, depth),
                            0);  // (n, trees, targets)
  if (extreme) {
    const Tensor y = how == "MIN" ? lamina::min(found, {1}) : lamina::max(found, {1});
    return where(lamina::isinf(y), zeros_like(y), y);  // a target that no tree has
  }
  return how == "SUM" ? sum(found, {1}) : divide(sum(found, {1}), static_cast<double>(forest.roots.size()));
}

}  // namespace lamina::onnx
