// MultiOptimizer: weights given out, updates put together.
#include "lamina/nn/optimizers/multi_optimizer.h"

#include <algorithm>
#include <map>

#include "lamina/base/detail/name_pattern.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/nn/config.h"
#include "lamina/nn/detail/snake_case.h"
#include "lamina/nn/optimizers/loss_scale_optimizer.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"

namespace lamina {
namespace {

constexpr size_t kOwn = 2;  // tensors of state

[[noreturn]] void refuse(const std::string& what) { throw InvalidArgument("MultiOptimizer: " + what); }

// One for each key.
std::vector<detail::NamePattern> patterns_of(const OptimizerMap& map) {
  std::vector<detail::NamePattern> patterns;
  try {
    for (const auto& [key, optimizer] : map.optimizer_map) patterns.emplace_back(key);
  } catch (const InvalidArgument& error) {
    refuse(std::string("a key must be a weight's path or a regular expression: ") + error.what());
  }
  return patterns;
}

// What Keras writes inside and sets anew: the scale is the outer one's.
Choice<Optimizer> inner_from(Json json) {
  if (!json.is_object()) refuse("optimizer_map must hold optimizers");
  if (json.contains("config") && json["config"].is_object() && json["config"].contains("loss_scale_factor"))
    json["config"]["loss_scale_factor"] = nullptr;
  return std::shared_ptr<const Optimizer>(Registry<Optimizer>::from_json(json));
}

std::shared_ptr<Optimizer> make_multi(const Json& config) {
  ConfigReader reader(config, "MultiOptimizer");
  MultiOptimizerOptions options;
  options.loss_scale_factor = reader.optional_number("loss_scale_factor");
  options.name = reader.string("name", options.name);
  const Json written = reader.json("optimizer_map");
  const Json* const map = written.is_object() ? written.find("config") : nullptr;
  if (!map || !map->is_object()) reader.fail("optimizer_map", "must be an OptimizerMap");
  ConfigReader inner(*map, "OptimizerMap");
  OptimizerMap optimizers{inner_from(inner.json("default_optimizer"))};
  if (const Json keys = inner.json("optimizer_map"); !keys.is_null()) {
    if (!keys.is_object()) inner.fail("optimizer_map", "must be an object of keys and optimizers");
    for (const auto& [key, optimizer] : keys.as_object())
      optimizers.optimizer_map.emplace_back(key, inner_from(optimizer));
  }
  inner.done();
  reader.done();
  return std::make_shared<MultiOptimizer>(optimizers, options);
}

const bool multi_registered = Registry<Optimizer>::add("MultiOptimizer", make_multi);

template <class T>
std::vector<T> chosen(std::span<const T> all, const std::vector<size_t>& places) {
  std::vector<T> some;
  for (const size_t place : places) some.push_back(all[place]);
  return some;
}

}  // namespace

MultiOptimizer::MultiOptimizer(OptimizerMap optimizer_map, MultiOptimizerOptions options)
    : map_(std::move(optimizer_map)), options_(std::move(options)) {
  if (!map_.default_optimizer.given()) refuse("the map needs a default_optimizer");
  if (options_.loss_scale_factor && !(*options_.loss_scale_factor > 0))
    refuse("loss_scale_factor must be positive");
  const auto add = [&](const Choice<Optimizer>& choice) {
    const std::shared_ptr<const Optimizer> optimizer = choice.get();
    if (!optimizer) refuse("the map holds a key without an optimizer");
    if (dynamic_cast<const MultiOptimizer*>(optimizer.get()) ||
        dynamic_cast<const LossScaleOptimizer*>(optimizer.get()))
      refuse("an optimizer inside must not be a " + optimizer->class_name());
    if (optimizer->loss_scale() != 1.0)
      refuse("give loss_scale_factor to it, and not to an optimizer inside");
    const auto found = std::find(inside_.begin(), inside_.end(), optimizer);
    places_.push_back(static_cast<size_t>(found - inside_.begin()));
    if (found == inside_.end()) inside_.push_back(optimizer);
  };
  for (size_t i = 0; i < map_.optimizer_map.size(); ++i) {
    const auto& [key, optimizer] = map_.optimizer_map[i];
    for (size_t before = 0; before < i; ++before) {
      if (map_.optimizer_map[before].first == key) refuse("the key '" + key + "' stands there twice");
    }
    add(optimizer);
  }
  add(map_.default_optimizer);
  patterns_of(map_);
}

Json MultiOptimizer::config() const {
  const auto written = [&](const Choice<Optimizer>& optimizer) {
    Json json = optimizer.get()->serialize();
    if (options_.loss_scale_factor) json["config"]["loss_scale_factor"] = *options_.loss_scale_factor;
    return json;
  };
  Json keys = Json::object();
  for (const auto& [key, optimizer] : map_.optimizer_map) keys[key] = written(optimizer);
  const Json map = serialize_object(
      "keras.optimizers", "OptimizerMap",
      Json::object({{"default_optimizer", written(map_.default_optimizer)}, {"optimizer_map", keys}}));
  return Json::object(
      {{"optimizer_map", map},
       {"loss_scale_factor", options_.loss_scale_factor ? Json(*options_.loss_scale_factor) : Json()},
       {"name", options_.name}});
}

std::vector<std::vector<size_t>> MultiOptimizer::weights_of_each(std::span<const Target> targets) const {
  const auto& keyed = map_.optimizer_map;
  const std::vector<detail::NamePattern> patterns = patterns_of(map_);
  const auto key_of = [&](const std::string& path) {  // the default's place for none
    for (size_t i = 0; i < keyed.size(); ++i) {
      if (keyed[i].first == path) return i;
    }
    size_t found = keyed.size();
    for (size_t i = 0; i < keyed.size(); ++i) {
      if (!patterns[i].matches(path)) continue;
      if (found < keyed.size())
        refuse("weight '" + path + "' is named by '" + keyed[found].first + "' and by '" + keyed[i].first +
               "'");
      found = i;
    }
    return found;
  };
  std::vector<std::vector<size_t>> weights(inside_.size());
  for (size_t i = 0; i < targets.size(); ++i) weights[places_[key_of(targets[i].path)]].push_back(i);
  return weights;
}

std::shared_ptr<const Optimizer> MultiOptimizer::for_targets(std::span<const Target> targets) const {
  const std::vector<detail::NamePattern> patterns = patterns_of(map_);
  for (size_t i = 0; i < patterns.size(); ++i) {
    const std::string& key = map_.optimizer_map[i].first;
    const bool names = std::any_of(targets.begin(), targets.end(), [&](const Target& target) {
      return target.path == key || patterns[i].matches(target.path);
    });
    if (!names) warn("MultiOptimizer: '" + key + "' names no weight that is trained");
  }
  auto bound = std::make_shared<MultiOptimizer>(*this);
  bound->shares_.clear();
  size_t next = kOwn;
  const auto weights = weights_of_each(targets);
  for (size_t i = 0; i < inside_.size(); ++i) {
    const std::vector<Target> own = chosen(targets, weights[i]);
    const std::shared_ptr<const Optimizer> inner = inside_[i]->for_targets(own);
    const size_t end = next + inside_[i]->variables(own).size();
    bound->shares_.push_back({inner ? inner : inside_[i], weights[i], next, end});
    next = end;
  }
  return bound;
}

std::vector<Optimizer::Variable> MultiOptimizer::variables(std::span<const Target> targets) const {
  std::vector<Variable> all = {{"iteration", zeros({}, DType::kInt64)}, {"learning_rate", full({}, 0.0)}};
  if (targets.empty()) return all;  // what is built later begins with what there is before
  const auto weights = weights_of_each(targets);
  for (size_t i = 0; i < inside_.size(); ++i) {
    for (Variable& variable : inside_[i]->variables(chosen(targets, weights[i]))) {
      variable.name.insert(0, prefix(i));
      all.push_back(std::move(variable));
    }
  }
  return all;
}

const std::vector<MultiOptimizer::Share>& MultiOptimizer::shares() const {
  if (shares_.empty()) refuse("it does not know its weights: ask for_targets for the one that does");
  return shares_;
}

Optimizer::Update MultiOptimizer::update(std::span<const Tensor> weights, std::span<const Tensor> gradients,
                                         std::span<const Tensor> state) const {
  if (shares().back().end > state.size()) {
    refuse("needs a state of " + std::to_string(shares().back().end) + " tensors; received " +
           std::to_string(state.size()));
  }
  Update all{{weights.begin(), weights.end()}, {state.begin(), state.end()}};
  all.state[0] = state[0] + 1.0;
  for (const Share& share : shares()) {
    if (share.weights.empty()) continue;
    const Update own =
        share.optimizer->update(chosen(weights, share.weights), chosen(gradients, share.weights),
                                state.subspan(share.first, share.end - share.first));
    for (size_t i = 0; i < share.weights.size(); ++i) all.weights[share.weights[i]] = own.weights[i];
    std::copy(own.state.begin(), own.state.end(),
              all.state.begin() + static_cast<std::ptrdiff_t>(share.first));
  }
  return all;
}

std::vector<Tensor> MultiOptimizer::averages(std::span<const Tensor> state, size_t weights) const {
  std::vector<Tensor> all(weights);
  for (const Share& share : shares()) {
    const std::vector<Tensor> own =
        share.optimizer->averages(state.subspan(share.first, share.end - share.first), share.weights.size());
    for (size_t i = 0; i < own.size(); ++i) all[share.weights[i]] = own[i];
  }
  return all;
}

std::vector<Optimizer::Part> MultiOptimizer::parts(std::span<const std::string> names) const {
  std::vector<Part> all;
  std::map<std::string, int> classes;  // Keras numbers those of one class
  for (size_t i = 0; i < inside_.size(); ++i) {
    const auto mine = [&](const std::string& name) { return name.starts_with(prefix(i)); };
    const auto first = std::find_if(names.begin(), names.end(), mine);
    const auto end = std::find_if_not(first, names.end(), mine);
    const std::string name = detail::snake_case(inside_[i]->class_name());
    const int before = classes[name]++;
    all.push_back({"optimizers/" + name + (before == 0 ? "" : "_" + std::to_string(before)),
                   static_cast<size_t>(first - names.begin()), static_cast<size_t>(end - names.begin())});
  }
  return all;
}

}  // namespace lamina
