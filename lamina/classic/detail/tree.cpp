// Trees in snapshots.
#include "lamina/classic/detail/tree.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "lamina/classic/detail/state.h"

namespace lamina::classic::detail {

std::vector<double> importances_of(const std::vector<Tree>& trees, int64_t features, Importance how) {
  std::vector<double> sum(static_cast<size_t>(features), 0.0);
  const auto add_scaled = [](const std::vector<double>& from, std::vector<double>& to) {
    const double total = std::accumulate(from.begin(), from.end(), 0.0);
    for (size_t i = 0; total > 0 && i < from.size(); ++i) to[i] += from[i] / total;
  };
  for (const Tree& tree : trees) {
    if (how == Importance::kScaled)
      add_scaled(tree.importance, sum);
    else
      std::transform(sum.begin(), sum.end(), tree.importance.begin(), sum.begin(), std::plus<>());
  }
  std::vector<double> scaled(sum.size(), 0.0);
  add_scaled(sum, scaled);
  return scaled;
}

Json extent_of(const std::vector<Tree>& trees) {
  int64_t nodes = 0, depth = 0;
  for (const Tree& tree : trees) {
    std::vector<int64_t> depths(tree.nodes(), 0);  // parents come before their children
    for (size_t i = 0; i < tree.nodes(); ++i) {
      depth = std::max(depth, depths[i]);
      if (tree.feature[i] < 0) continue;
      depths[i + 1] = depths[static_cast<size_t>(tree.right[i])] = depths[i] + 1;
    }
    nodes += static_cast<int64_t>(tree.nodes());
  }
  return Json::object({{"trees", static_cast<int64_t>(trees.size())}, {"nodes", nodes}, {"depth", depth}});
}

namespace {

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

template <class T>
std::vector<T> part(const std::vector<T>& all, int64_t begin, int64_t end) {
  return {all.begin() + begin, all.begin() + end};
}

}  // namespace

void save_trees(const std::vector<Tree>& trees, EstimatorSnapshot& snapshot) {
  std::vector<int64_t> roots = {0};
  Tree all;
  for (const Tree& tree : trees) {
    append(all.feature, tree.feature);
    append(all.threshold, tree.threshold);
    append(all.right, tree.right);
    append(all.value, tree.value);
    append(all.importance, tree.importance);
    roots.push_back(static_cast<int64_t>(all.nodes()));
  }
  const auto count = static_cast<int64_t>(trees.size()), nodes = roots.back();
  snapshot.arrays["roots"] = Tensor::from(roots, {count + 1});
  snapshot.arrays["feature"] = Tensor::from(all.feature, {nodes});
  snapshot.arrays["threshold"] = Tensor::from(all.threshold, {nodes});
  snapshot.arrays["right"] = Tensor::from(all.right, {nodes});
  snapshot.arrays["value"] = Tensor::from(all.value, {nodes, trees[0].width});
  snapshot.arrays["importance"] =
      Tensor::from(all.importance, {count, static_cast<int64_t>(trees[0].importance.size())});
}

std::vector<Tree> load_trees(const EstimatorSnapshot& snapshot, int64_t features, int64_t width) {
  const auto fail = [&](const std::string& what) {
    throw InvalidArgument(snapshot.class_name + ": " + what);
  };
  const auto roots = read_array<int64_t>(snapshot, "roots", {-1});
  const auto feature = read_array<int32_t>(snapshot, "feature", {-1});
  const auto nodes = static_cast<int64_t>(feature.size());
  const auto threshold = read_array<double>(snapshot, "threshold", {nodes});
  const auto right = read_array<int32_t>(snapshot, "right", {nodes});
  const auto value = read_array<double>(snapshot, "value", {nodes, width});
  if (roots.size() < 2 || roots.front() != 0 || roots.back() != nodes)
    fail("the array 'roots' does not cover the " + std::to_string(nodes) + " nodes");
  const auto count = static_cast<int64_t>(roots.size()) - 1;
  const auto importance = read_array<double>(snapshot, "importance", {count, features});
  std::vector<Tree> trees;
  for (int64_t t = 0; t < count; ++t) {
    const int64_t begin = roots[static_cast<size_t>(t)], end = roots[static_cast<size_t>(t) + 1];
    if (begin >= end || end > nodes) fail("tree " + std::to_string(t) + " has no nodes");
    Tree tree{part(feature, begin, end),
              part(threshold, begin, end),
              part(right, begin, end),
              width,
              part(value, begin * width, end * width),
              part(importance, t * features, (t + 1) * features)};
    const int64_t size = end - begin;
    for (int64_t i = 0; i < size; ++i) {
      const int32_t f = tree.feature[static_cast<size_t>(i)], r = tree.right[static_cast<size_t>(i)];
      // Both children lie behind their node, so that every walk ends.
      if (f >= features || (f >= 0 && (i + 1 >= size || r <= i + 1 || r >= size)))
        fail("node " + std::to_string(i) + " of tree " + std::to_string(t) + " leads nowhere");
    }
    trees.push_back(std::move(tree));
  }
  return trees;
}

}  // namespace lamina::classic::detail
