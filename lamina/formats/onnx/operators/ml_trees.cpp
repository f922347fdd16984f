// TreeEnsemble, TreeEnsembleRegressor, TreeEnsembleClassifier.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "lamina/formats/onnx/operators/ml_common.h"
#include "lamina/formats/onnx/operators/ml_forest.h"
#include "lamina/ops/argreduce.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/unary.h"

namespace lamina::onnx {
namespace {

// ---- The trees of versions 1 and 3, node by node ----

std::vector<double> numbers_or_tensor(const Call& call, const std::string& name) {
  if (auto numbers = call.number_list(name.c_str()); numbers && !numbers->empty()) {
    call.ignore({(name + "_as_tensor").c_str()});
    return *numbers;
  }
  if (const auto tensor = call.tensor_attribute((name + "_as_tensor").c_str()))
    return doubles(tensor->tensor());
  return {};
}

TreeMode mode_of(const Call& call, const std::string& word) {
  static const std::map<std::string, TreeMode> kModes = {
      {"BRANCH_LEQ", kLeq}, {"BRANCH_LT", kLt},   {"BRANCH_GTE", kGte}, {"BRANCH_GT", kGt},
      {"BRANCH_EQ", kEq},   {"BRANCH_NEQ", kNeq}, {"LEAF", kLeaf}};
  const auto found = kModes.find(word);
  if (found == kModes.end()) call.fail("a node's mode is '" + word + "'");
  return found->second;
}

// `side`: "class" or "target", whose weights leaves have.
Forest read_trees(const Call& call, const std::string& side) {
  call.ignore({"nodes_hitrates", "nodes_hitrates_as_tensor"});
  const auto list = [&](const char* name) {
    return call.integer_list(name).value_or(std::vector<int64_t>());
  };
  const std::vector<int64_t> trees = list("nodes_treeids"), ids = list("nodes_nodeids"),
                             features = list("nodes_featureids");
  const std::vector<int64_t> yes = list("nodes_truenodeids"), no = list("nodes_falsenodeids"),
                             missing = list("nodes_missing_value_tracks_true");
  const std::vector<double> splits = numbers_or_tensor(call, "nodes_values");
  const std::vector<std::string> modes = call.text_list("nodes_modes").value_or(std::vector<std::string>());
  const size_t count = trees.size();
  if (count == 0 || count > 1U << 28 || ids.size() != count || features.size() != count ||
      yes.size() != count || no.size() != count || splits.size() != count || modes.size() != count ||
      (!missing.empty() && missing.size() != count)) {
    call.fail("its lists of nodes are not of one length");
  }
  Forest forest;
  std::map<std::pair<int64_t, int64_t>, int32_t> place;
  std::map<int64_t, int32_t> roots;  // by tree
  for (size_t i = 0; i < count; ++i) {
    if (!place.emplace(std::pair(trees[i], ids[i]), static_cast<int32_t>(i)).second)
      call.fail(fmt::format("node {} of tree {} comes twice", ids[i], trees[i]));
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
  const std::vector<int64_t> of_trees = list((side + "_treeids").c_str()),
                             of_nodes = list((side + "_nodeids").c_str());
  const std::vector<int64_t> targets = list((side + "_ids").c_str());
  const std::vector<double> weights = numbers_or_tensor(call, side + "_weights");
  if (of_nodes.size() != of_trees.size() || targets.size() != of_trees.size() ||
      weights.size() != of_trees.size())
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
  if (base.size() != 1 && static_cast<int64_t>(base.size()) != y.shape()[1])
    call.fail(fmt::format("has {} base values for {} columns", base.size(), y.shape()[1]));
  return add(y, table(base, {base.size()}, y.dtype()));
}

std::vector<Value> tree_regressor(Call& call) {
  Forest forest = read_trees(call, "target");
  const Tensor x = feature_rows(call);
  const Tensor y = with_base(
      call, aggregated(call, forest, x, call.integer("n_targets"), call.text("aggregate_function", "SUM")));
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
  if (classes == 1 && (labels.strings.empty() ? labels.integers[0] != 1 : true))
    throw Unsupported("has one class with a name, and none for the others");
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
  return {classes == 1 ? Value(cast(index, DType::kInt64)) : labels.of(index),
          Value(cast(y, DType::kFloat32))};
}

// ---- TreeEnsemble ----

std::vector<Value> tree_ensemble(Call& call) {
  call.ignore({"nodes_hitrates"});
  const auto list = [&](const char* name) {
    return call.integer_list(name).value_or(std::vector<int64_t>());
  };
  const auto tensor = [&](const char* name) {
    const auto found = call.tensor_attribute(name);
    return found ? doubles(found->tensor()) : std::vector<double>();
  };
  const std::vector<int64_t> features = list("nodes_featureids"), yes = list("nodes_truenodeids"),
                             no = list("nodes_falsenodeids");
  const std::vector<int64_t> yes_leaf = list("nodes_trueleafs"), no_leaf = list("nodes_falseleafs"),
                             missing = list("nodes_missing_value_tracks_true");
  const std::vector<int64_t> roots = list("tree_roots"), leaf_targets = list("leaf_targetids");
  const std::vector<double> splits = tensor("nodes_splits"), modes = tensor("nodes_modes"),
                            leaf_weights = tensor("leaf_weights");
  const std::vector<double> members = tensor("membership_values");
  const size_t count = features.size();
  if (count == 0 || count > 1U << 28 || yes.size() != count || no.size() != count ||
      yes_leaf.size() != count || no_leaf.size() != count || splits.size() != count ||
      modes.size() != count || (!missing.empty() && missing.size() != count) ||
      leaf_targets.size() != leaf_weights.size()) {
    call.fail("its lists of nodes are not of one length");
  }
  Forest forest;
  forest.nodes.resize(count);
  // Leaves lie behind the nodes, a copy for each branch that ends in one.
  const auto leaf = [&](int64_t which) {
    if (which < 0 || which >= static_cast<int64_t>(leaf_weights.size()))
      call.fail(fmt::format("names a leaf {} of {}", which, leaf_weights.size()));
    TreeNode node;
    node.leaf = forest.leaves++;
    forest.weights.push_back(
        {{leaf_targets[static_cast<size_t>(which)], leaf_weights[static_cast<size_t>(which)]}});
    forest.nodes.push_back(node);
    return static_cast<int32_t>(forest.nodes.size() - 1);
  };
  const auto inner = [&](int64_t which) {
    if (which < 0 || which >= static_cast<int64_t>(count))
      call.fail(fmt::format("names a node {} of {}", which, count));
    return static_cast<int32_t>(which);
  };
  size_t next_member = 0;
  for (size_t i = 0; i < count; ++i) {
    TreeNode node;
    if (!(modes[i] >= 0 && modes[i] <= 6)) call.fail(fmt::format("a node's mode is {}", modes[i]));
    node.mode = static_cast<TreeMode>(static_cast<int>(modes[i]));
    node.feature = static_cast<int32_t>(std::clamp<int64_t>(features[i], -1, INT32_MAX));
    node.split = splits[i];
    node.missing_is_true = !missing.empty() && missing[i] != 0;
    std::vector<double> set;
    if (node.mode == kMember) {
      while (next_member < members.size() && !std::isnan(members[next_member]))
        set.push_back(members[next_member++]);
      if (next_member++ >= members.size())
        call.fail("attribute 'membership_values' has less sets than there are nodes that ask for one");
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
  if (how < 0 || how > 3 || post < 0 || post > 4)
    call.fail("an aggregate_function or post_transform that is not known");
  const Tensor x = feature_rows(call);
  const Tensor y =
      post_transformed(aggregated(call, forest, x, call.integer("n_targets"), kHow[how]), kPost[post]);
  return {Value(cast(y, call[0].dtype()), call.element())};
}

const bool kMlTreesRegistered[] = {register_operator("TreeEnsembleRegressor", 1, tree_regressor, {}, kMl),
                            register_operator("TreeEnsembleClassifier", 1, tree_classifier, {}, kMl),
                            register_operator("TreeEnsemble", 5, tree_ensemble, {}, kMl)};

}  // namespace
}  // namespace lamina::onnx
