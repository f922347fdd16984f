// Weights of layers and optimizer to and from Keras's paths: layers/dense_1/vars/0, optimizer/vars/2.
#include "lamina/formats/keras/weights.h"

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>

#include "lamina/base/error.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/detail/shared_objects.h"
#include "lamina/nn/detail/values_follow.h"

namespace lamina::detail {
namespace {

constexpr char kOptimizer[] = "optimizer/vars";

// A layer's place. Keras walks from the model through the members that hold layers, and numbers the classes
// of a list in its order, leaving names aside, since those may be automatic.
struct Place {
  const Layer* layer;
  std::string path;
};

void walk(const Layer& layer, const std::string& prefix, std::set<const void*>& seen,
          std::vector<Place>& places) {
  if (!seen.insert(layer.identity()).second) return;  // a shared layer is stored once, where it is met first
  places.push_back({&layer, prefix + "vars"});
  for (const auto& [member, inner] : SharedWriting::members(layer))
    walk(*inner, prefix + member + "/", seen, places);
}

std::vector<Place> places_of(const Model& model) {
  std::vector<Place> places;
  std::set<const void*> seen;
  walk(model, "", seen, places);
  return places;
}

std::string part_path(const Optimizer::Part& part, size_t index) {
  return "optimizer/" + part.path + "/vars/" + std::to_string(index);
}

std::vector<Optimizer::Part> parts_of(const Model& model, const std::vector<WeightPtr>& variables) {
  std::vector<std::string> names;
  for (const WeightPtr& variable : variables) names.push_back(variable->name);
  return model.compile_options().optimizer.get()->parts(names);
}

// Arrays of `tree` in the group `path`, which are called 0, 1, 2, ...
size_t count_arrays(const Hdf5Tree& tree, const std::string& path) {
  size_t count = 0;
  while (tree.arrays.contains(path + "/" + std::to_string(count))) ++count;
  return count;
}

class Applier {
 public:
  Applier(Model& model, const Hdf5Tree& tree) : model_(model), tree_(tree) {}

  LoadReport run() {
    for (const Place& place : places_of(model_)) plan_layer(place);
    if (report_.complete()) {
      plan_optimizer();
      for (const auto& [weight, value] : plan_) give_value(*weight, *value);
    }
    for (const auto& [path, tensor] : tree_.arrays) {
      if (!looked_at_.contains(path)) report_.unused.push_back(path);
    }
    for (const auto& [path, reason] : tree_.skipped) report_.skipped.push_back(path + ": " + reason);
    return std::move(report_);
  }

 private:
  void plan_layer(const Place& place) {
    const std::vector<WeightPtr>& weights = place.layer->own_weights();
    for (size_t i = 0; i < weights.size(); ++i) {
      if (weights[i]->stateful) continue;  // Keras's files hold no recurrent state
      const std::string path = place.path + "/" + std::to_string(i);
      const std::string label = path + " (" + weights[i]->path + ")";
      const auto found = tree_.arrays.find(path);
      looked_at_.insert(path);
      if (found == tree_.arrays.end()) {
        const auto skipped = tree_.skipped.find(path);
        report_.missing.push_back(label +
                                  (skipped == tree_.skipped.end() ? "" : ": stored as " + skipped->second));
      } else if (found->second.shape() != weights[i]->type.shape) {
        report_.errors.push_back(label + ": expected shape " + weights[i]->type.shape.str() + ", received " +
                                 found->second.shape().str());
      } else {
        plan_.emplace_back(weights[i], &found->second);
        report_.applied.push_back(path);
      }
    }
  }

  void plan_optimizer() {
    const size_t stored = count_arrays(tree_, kOptimizer);
    if (stored == 0) return;
    if (ModelImpl::Unused* unused = ModelImpl::of(model_).unused ? &*ModelImpl::of(model_).unused : nullptr) {
      // Nobody trains on with it here; whoever knows the optimizer shall find it in the file written back.
      for (size_t i = 0; i < stored; ++i)
        unused->optimizer_state.push_back(tree_.arrays.at(variable_path(i)));
    }
    if (!model_.compiled()) return;
    // Before its first step an optimizer has no more than the iteration and, without a schedule, the learning
    // rate.
    if (stored > model_.optimizer_variables().size()) model_.build_optimizer();
    std::vector<WeightPtr> variables = model_.optimizer_variables();
    for (size_t i = 0; i < stored; ++i) looked_at_.insert(variable_path(i));
    for (const Optimizer::Part& part : parts_of(model_, variables)) {
      for (size_t i = part.first; i < part.end; ++i) looked_at_.insert(part_path(part, i - part.first));
      // The file may be of a training without the optimizer around this one.
      if (stored != variables.size() && stored == part.end - part.first) {
        variables = {variables.begin() + static_cast<std::ptrdiff_t>(part.first),
                     variables.begin() + static_cast<std::ptrdiff_t>(part.end)};
        break;
      }
    }
    if (stored != variables.size()) {
      report_.skipped.push_back(std::string(kOptimizer) + ": the file has " + std::to_string(stored) +
                                " arrays, the optimizer " + std::to_string(variables.size()));
      return;
    }
    std::vector<size_t> places(stored);
    std::iota(places.begin(), places.end(), size_t{0});
    std::optional<size_t> other = misfit(variables, places);
    if (other) {
      // What all weights share, as the product of Nadam's momenta, stood before their slots in the first
      // versions of Keras 3.
      const auto slot = std::find_if(variables.begin(), variables.end(), [](const WeightPtr& variable) {
        return variable->type.shape.rank() > 0;
      });
      std::vector<size_t> as_then = places;
      const auto first = as_then.begin() + (slot - variables.begin());
      if (first != as_then.end()) std::rotate(first, first + 1, as_then.end());
      if (!misfit(variables, as_then)) {
        places = std::move(as_then);
        other.reset();
      }
    }
    if (other) {
      report_.skipped.push_back(variable_path(*other) + " (" + variables[*other]->name +
                                "): expected shape " + variables[*other]->type.shape.str() + ", received " +
                                tree_.arrays.at(variable_path(*other)).shape().str() +
                                "; the optimizer starts anew");
      return;
    }
    for (size_t i = 0; i < stored; ++i) {
      plan_.emplace_back(variables[i], &tree_.arrays.at(variable_path(places[i])));
      report_.applied.push_back(variable_path(places[i]));
    }
  }

  // The first variable that the array at its place does not fit.
  std::optional<size_t> misfit(const std::vector<WeightPtr>& variables,
                               const std::vector<size_t>& places) const {
    for (size_t i = 0; i < variables.size(); ++i) {
      if (tree_.arrays.at(variable_path(places[i])).shape() != variables[i]->type.shape) return i;
    }
    return std::nullopt;
  }

  static std::string variable_path(size_t index) {
    return std::string(kOptimizer) + "/" + std::to_string(index);
  }

  Model& model_;
  const Hdf5Tree& tree_;
  LoadReport report_;
  std::vector<std::pair<WeightPtr, const Tensor*>> plan_;
  std::set<std::string> looked_at_;
};

}  // namespace

Hdf5Tree keras_weights(const Model& model) {
  if (!model.built()) {
    throw InvalidArgument("model '" + model.name() +
                          "' has no weights to save yet: give it an Input, build it, or " + "train it first");
  }
  Hdf5Tree tree;
  for (const Place& place : places_of(model)) {
    tree.groups[place.path] = place.layer->name();
    const std::vector<WeightPtr>& weights = place.layer->own_weights();
    for (size_t i = 0; i < weights.size(); ++i) {
      if (weights[i]->stateful) continue;
      tree.arrays[place.path + "/" + std::to_string(i)] = weights[i]->value;
    }
  }
  if (const auto& unused = ModelImpl::of(model).unused) {
    for (size_t i = 0; i < unused->optimizer_state.size(); ++i)
      tree.arrays[std::string(kOptimizer) + "/" + std::to_string(i)] = unused->optimizer_state[i];
  }
  if (!model.compiled()) return tree;
  tree.groups[kOptimizer] = model.compile_options().optimizer.get()->name();
  const std::vector<WeightPtr> variables = model.optimizer_variables();
  for (size_t i = 0; i < variables.size(); ++i) {
    tree.arrays[std::string(kOptimizer) + "/" + std::to_string(i)] = variables[i]->value;
  }
  for (const Optimizer::Part& part : parts_of(model, variables)) {
    for (size_t i = part.first; i < part.end; ++i)
      tree.arrays[part_path(part, i - part.first)] = variables[i]->value;
  }
  return tree;
}

LoadReport apply_keras_weights(Model& model, const Hdf5Tree& tree) { return Applier(model, tree).run(); }

}  // namespace lamina::detail
