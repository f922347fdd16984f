// TreeEnsemble, TreeEnsembleRegressor, TreeEnsembleClassifier: all trees are walked at once, a level at a time.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "lamina/formats/onnx/operators/ml_common.h"
#include "lamina/ops/argreduce.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take.h"
#include "lamina/ops/take_along_axis.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::onnx {
namespace {

enum Mode : int32_t { kLeq, kLt, kGte, kGt, kEq, kNeq, kMember, kLeaf };

struct TreeNode {
  Mode mode = kLeaf;
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
      if (node.feature < 0 || node.feature >= features) call.fail(fmt::format("asks for feature {} of {}", node.feature, features));
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

Tensor compare(Mode mode, const Tensor& x, const Tensor& split) {
  switch (mode) {
    case kLeq: return less_equal(x, split);
    case kLt: return less(x, split);
    case kGte: return greater_equal(x, split);
    case kGt: return greater(x, split);
    case kEq: return equal(x, split);
    default: return not_equal(x, split);
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
  std::set<Mode> modes;
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
    for (const Mode mode : modes) {
      const Tensor holds = compare(mode, value, limit);
      goes = goes.defined() ? where(equal(take(mode_of, at, 0), static_cast<double>(mode)), holds, goes) : holds;
    }
    // A missing value goes where the node says.
    if (any_missing) goes = where(lamina::isnan(value), cast(take(missing, at, 0), DType::kBool), goes);
    at = where(goes, take(yes, at, 0), take(no, at, 0));
  }
  return take(column<int32_t>(forest, [](const TreeNode& n) { return n.leaf; }), at, 0);
}

// Sums and the like over all trees, (n, targets).
Tensor aggregated(Call& call, Forest& forest, const Tensor& x, int64_t targets, const std::string& how) {
  if (targets < 1 || targets > 1 << 20 || forest.roots.empty()) call.fail(fmt::format("{} targets of {} trees", targets, forest.roots.size()));
  if (how != "SUM" && how != "AVERAGE" && how != "MIN" && how != "MAX") call.fail("attribute 'aggregate_function' is '" + how + "'");
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
  const double nothing = !extreme ? 0 : how == "MIN" ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
  if (static_cast<int64_t>(forest.leaves) * targets > (int64_t{1} << 31)) throw Unsupported("has too many leaves for so many targets");
  std::vector<double> dense(static_cast<size_t>(forest.leaves * targets), nothing);
  for (size_t leaf = 0; leaf < forest.weights.size(); ++leaf) {
    for (const auto& [target, weight] : forest.weights[leaf]) {
      double& place = dense[leaf * static_cast<size_t>(targets) + static_cast<size_t>(target)];
      place = !extreme ? place + weight : how == "MIN" ? std::min(place, weight) : std::max(place, weight);
    }
  }
  const Tensor found = take(table(dense, {forest.leaves, targets}, x.dtype()), walk(forest, x, depth), 0);  // (n, trees, targets)
  if (extreme) {
    const Tensor y = how == "MIN" ? lamina::min(found, {1}) : lamina::max(found, {1});
    return where(lamina::isinf(y), zeros_like(y), y);  // a target that no tree has
  }
  return how == "SUM" ? sum(found, {1}) : divide(sum(found, {1}), static_cast<double>(forest.roots.size()));
}

// ---- The trees of versions 1 and 3, node by node ----

std::vector<double> numbers_or_tensor(const Call& call, const std::string& name) {
  if (auto numbers = call.number_list(name.c_str()); numbers && !numbers->empty()) {
    call.ignore({(name + "_as_tensor").c_str()});
    return *numbers;
  }
  if (const auto tensor = call.tensor_attribute((name + "_as_tensor").c_str())) return doubles(tensor->tensor());
  return {};
}

Mode mode_of(const Call& call, const std::string& word) {
  static const std::map<std::string, Mode> kModes = {{"BRANCH_LEQ", kLeq}, {"BRANCH_LT", kLt},   {"BRANCH_GTE", kGte}, {"BRANCH_GT", kGt},
                                                     {"BRANCH_EQ", kEq},   {"BRANCH_NEQ", kNeq}, {"LEAF", kLeaf}};
  const auto found = kModes.find(word);
  if (found == kModes.end()) call.fail("a node's mode is '" + word + "'");
  return found->second;
}

// `side`: "class" or "target", whose weights leaves have.
Forest read_trees(const Call& call, const std::string& side) {
  call.ignore({"nodes_hitrates", "nodes_hitrates_as_tensor"});
  const auto list = [&](const char* name) { return call.integer_list(name).value_or(std::vector<int64_t>()); };
  const std::vector<int64_t> trees = list("nodes_treeids"), ids = list("nodes_nodeids"), features = list("nodes_featureids");
  const std::vector<int64_t> yes = list("nodes_truenodeids"), no = list("nodes_falsenodeids"), missing = list("nodes_missing_value_tracks_true");
  const std::vector<double> splits = numbers_or_tensor(call, "nodes_values");
  const std::vector<std::string> modes = call.text_list("nodes_modes").value_or(std::vector<std::string>());
  const size_t count = trees.size();
  if (count == 0 || count > 1U << 28 || ids.size() != count || features.size() != count || yes.size() != count || no.size() != count ||
      splits.size() != count || modes.size() != count || (!missing.empty() && missing.size() != count)) {
    call.fail("its lists of nodes are not of one length");
  }
  Forest forest;
  std::map<std::pair<int64_t, int64_t>, int32_t> place;
  std::map<int64_t, int32_t> roots;  // by tree
  for (size_t i = 0; i < count; ++i) {
    if (!place.emplace(std::pair(trees[i], ids[i]), static_cast<int32_t>(i)).second) call.fail(fmt::format("node {} of tree {} comes twice", ids[i], trees[i]));
    roots.emplace(trees[i], static_cast<int32_t>(i));
  }
  for (const auto& [tree, root] : roots) forest.roots.push_back(root);
  const auto find = [&](int64_t tree, int64_t id) {
    const auto found = place.find({tree, id});
    if (found == place.end()) call.fail(fmt::format("tree {} has no node {}", tree, id));
    return found->second;
  };
  for (size_t i = 0; i < count; ++i) {
    TreeNode node;
    node.mode = mode_of(call, modes[i]);
    if (node.mode == kLeaf) {
      node.leaf = forest.leaves++;
    } else {
      node.feature = static_cast<int32_t>(std::clamp<int64_t>(features[i], -1, INT32_MAX));
      node.split = splits[i];
      node.missing_is_true = !missing.empty() && missing[i] != 0;
      node.yes = find(trees[i], yes[i]);
      node.no = find(trees[i], no[i]);
    }
    forest.nodes.push_back(node);
  }
  const std::vector<int64_t> of_trees = list((side + "_treeids").c_str()), of_nodes = list((side + "_nodeids").c_str());
  const std::vector<int64_t> targets = list((side + "_ids").c_str());
  const std::vector<double> weights = numbers_or_tensor(call, side + "_weights");
  if (of_nodes.size() != of_trees.size() || targets.size() != of_trees.size() || weights.size() != of_trees.size())
    call.fail("its lists of leaves are not of one length");
  forest.weights.resize(static_cast<size_t>(forest.leaves));
  for (size_t i = 0; i < of_trees.size(); ++i) {
    const int32_t leaf = forest.nodes[static_cast<size_t>(find(of_trees[i], of_nodes[i]))].leaf;
    if (leaf >= 0) forest.weights[static_cast<size_t>(leaf)].emplace_back(targets[i], weights[i]);
  }
  return forest;
}

Tensor with_base(const Call& call, const Tensor& y) {
  const std::vector<double> base = numbers_or_tensor(call, "base_values");
  if (base.empty()) return y;
  if (base.size() != 1 && static_cast<int64_t>(base.size()) != y.shape()[1]) call.fail(fmt::format("has {} base values for {} columns", base.size(), y.shape()[1]));
  return add(y, table(base, {base.size()}, y.dtype()));
}

std::vector<Value> tree_regressor(Call& call) {
  Forest forest = read_trees(call, "target");
  const Tensor x = feature_rows(call);
  const Tensor y = with_base(call, aggregated(call, forest, x, call.integer("n_targets"), call.text("aggregate_function", "SUM")));
  return {Value(cast(post_transformed(y, call.text("post_transform", "NONE")), DType::kFloat32))};
}

std::vector<Value> tree_classifier(Call& call) {
  Forest forest = read_trees(call, "class");
  const ClassLabels labels = class_labels(call, "classlabels_int64s", "classlabels_strings");
  const std::string how = call.text("post_transform", "NONE");
  const auto classes = static_cast<int64_t>(labels.size());
  const Tensor x = feature_rows(call);
  std::set<int64_t> ids;
  for (const auto& leaf : forest.weights) {
    for (const auto& [target, weight] : leaf) ids.insert(target);
  }
  Tensor y = with_base(call, aggregated(call, forest, x, classes, "SUM"));
  const bool binary = ids.size() == 1 && classes <= 2;
  if (classes == 1 && (labels.strings.empty() ? labels.integers[0] != 1 : true)) throw Unsupported("has one class with a name, and none for the others");
  if (binary) {
    // One score says how much it is the second class.
    const int64_t own = *ids.begin();
    const Tensor score = slice(y, {0, own}, {y.shape()[0], own + 1});
    const bool plain = how == "NONE" || how == "PROBIT";
    const Tensor other = plain ? subtract(1.0, score) : negative(score);
    y = concatenate({other, score}, 1);
  }
  y = post_transformed(y, how);
  const Tensor index = argmax(y, 1);
  return {classes == 1 ? Value(cast(index, DType::kInt64)) : labels.of(index), Value(cast(y, DType::kFloat32))};
}

// ---- TreeEnsemble ----

std::vector<Value> tree_ensemble(Call& call) {
  call.ignore({"nodes_hitrates"});
  const auto list = [&](const char* name) { return call.integer_list(name).value_or(std::vector<int64_t>()); };
  const auto tensor = [&](const char* name) {
    const auto found = call.tensor_attribute(name);
    return found ? doubles(found->tensor()) : std::vector<double>();
  };
  const std::vector<int64_t> features = list("nodes_featureids"), yes = list("nodes_truenodeids"), no = list("nodes_falsenodeids");
  const std::vector<int64_t> yes_leaf = list("nodes_trueleafs"), no_leaf = list("nodes_falseleafs"), missing = list("nodes_missing_value_tracks_true");
  const std::vector<int64_t> roots = list("tree_roots"), leaf_targets = list("leaf_targetids");
  const std::vector<double> splits = tensor("nodes_splits"), modes = tensor("nodes_modes"), leaf_weights = tensor("leaf_weights");
  const std::vector<double> members = tensor("membership_values");
  const size_t count = features.size();
  if (count == 0 || count > 1U << 28 || yes.size() != count || no.size() != count || yes_leaf.size() != count || no_leaf.size() != count || splits.size() != count ||
      modes.size() != count || (!missing.empty() && missing.size() != count) || leaf_targets.size() != leaf_weights.size()) {
    call.fail("its lists of nodes are not of one length");
  }
  Forest forest;
  forest.nodes.resize(count);
  // Leaves lie behind the nodes, a copy for each branch that ends in one.
  const auto leaf = [&](int64_t which) {
    if (which < 0 || which >= static_cast<int64_t>(leaf_weights.size())) call.fail(fmt::format("names a leaf {} of {}", which, leaf_weights.size()));
    TreeNode node;
    node.leaf = forest.leaves++;
    forest.weights.push_back({{leaf_targets[static_cast<size_t>(which)], leaf_weights[static_cast<size_t>(which)]}});
    forest.nodes.push_back(node);
    return static_cast<int32_t>(forest.nodes.size() - 1);
  };
  const auto inner = [&](int64_t which) {
    if (which < 0 || which >= static_cast<int64_t>(count)) call.fail(fmt::format("names a node {} of {}", which, count));
    return static_cast<int32_t>(which);
  };
  size_t next_member = 0;
  for (size_t i = 0; i < count; ++i) {
    TreeNode node;
    if (!(modes[i] >= 0 && modes[i] <= 6)) call.fail(fmt::format("a node's mode is {}", modes[i]));
    node.mode = static_cast<Mode>(static_cast<int>(modes[i]));
    node.feature = static_cast<int32_t>(std::clamp<int64_t>(features[i], -1, INT32_MAX));
    node.split = splits[i];
    node.missing_is_true = !missing.empty() && missing[i] != 0;
    std::vector<double> set;
    if (node.mode == kMember) {
      while (next_member < members.size() && !std::isnan(members[next_member])) set.push_back(members[next_member++]);
      if (next_member++ >= members.size()) call.fail("attribute 'membership_values' has less sets than there are nodes that ask for one");
      node.mode = kEq;
      node.split = set.empty() ? std::numeric_limits<double>::quiet_NaN() : set[0];  // nothing equals NaN
    }
    node.yes = yes_leaf[i] != 0 ? leaf(yes[i]) : inner(yes[i]);
    node.no = no_leaf[i] != 0 ? leaf(no[i]) : inner(no[i]);
    // A set is a chain of nodes that each ask for one member.
    for (size_t k = set.size(); k-- > 1;) {
      TreeNode link = node;
      link.split = set[k];
      forest.nodes.push_back(link);
      node.no = static_cast<int32_t>(forest.nodes.size() - 1);
    }
    forest.nodes[i] = node;
  }
  for (const int64_t root : roots) {
    const auto at = static_cast<size_t>(inner(root));
    // A tree that is one leaf names it twice.
    const bool alone = yes_leaf[at] != 0 && no_leaf[at] != 0 && yes[at] == no[at];
    forest.roots.push_back(alone ? leaf(yes[at]) : static_cast<int32_t>(at));
  }
  static constexpr const char* kHow[] = {"AVERAGE", "SUM", "MIN", "MAX"};
  static constexpr const char* kPost[] = {"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"};
  const int64_t how = call.integer("aggregate_function", 1), post = call.integer("post_transform", 0);
  if (how < 0 || how > 3 || post < 0 || post > 4) call.fail("an aggregate_function or post_transform that is not known");
  const Tensor x = feature_rows(call);
  const Tensor y = post_transformed(aggregated(call, forest, x, call.integer("n_targets"), kHow[how]), kPost[post]);
  return {Value(cast(y, call[0].dtype()), call.element())};
}

const bool kRegistered[] = {register_operator("TreeEnsembleRegressor", 1, tree_regressor, {}, kMl),
                            register_operator("TreeEnsembleClassifier", 1, tree_classifier, {}, kMl),
                            register_operator("TreeEnsemble", 5, tree_ensemble, {}, kMl)};

}  // namespace
}  // namespace lamina::onnx
