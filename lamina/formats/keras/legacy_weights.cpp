// Pairing the layers of older files with those of a model, and giving them their arrays.
#include "lamina/formats/keras/legacy_weights.h"

#include <algorithm>
#include <set>

#include "lamina/base/error.h"
#include "lamina/nn/detail/values_follow.h"

namespace lamina::detail {
namespace {

constexpr char kTopLevel[] = "top_level_model_weights";

std::string inside(const std::string& group, const std::string& name) {
  return group.empty() ? name : group + "/" + name;
}

// A group's path never ends in "/", whatever the name.
std::string path_of(const std::string& group, const std::string& name) {
  std::string path = inside(group, name);
  while (!path.empty() && path.back() == '/') path.pop_back();
  return path;
}

void add_once(std::vector<WeightPtr>& weights, const std::vector<WeightPtr>& more) {
  for (const WeightPtr& weight : more) {
    if (!weight->stateful && std::find(weights.begin(), weights.end(), weight) == weights.end())
      weights.push_back(weight);
  }
}

std::vector<WeightPtr> own(const Layer& layer, bool trainable) {
  std::vector<WeightPtr> weights;
  for (const WeightPtr& weight : layer.own_weights()) {
    if (weight->trainable == trainable) weights.push_back(weight);
  }
  return weights;
}

std::vector<WeightPtr> trained(const Layer& layer) {
  std::vector<WeightPtr> weights;
  if (!layer.trainable()) return weights;
  add_once(weights, own(layer, true));
  for (const auto& [member, inner] : layer.sublayers()) add_once(weights, trained(*inner));
  return weights;
}

std::vector<WeightPtr> not_trained(const Layer& layer) {
  std::vector<WeightPtr> weights;
  if (!layer.trainable()) add_once(weights, own(layer, true));
  add_once(weights, own(layer, false));
  for (const auto& [member, inner] : layer.sublayers())
    add_once(weights, layer.trainable() ? not_trained(*inner) : legacy_order(*inner));
  return weights;
}

// A stored name without what is not a weight's: "dense_1/kernel:0" -> "kernel".
std::string last_part(const std::string& name) {
  const std::string part = name.substr(name.rfind('/') == std::string::npos ? 0 : name.rfind('/') + 1);
  return part.substr(0, part.find(':'));
}

class Applier {
 public:
  Applier(Model& model, const Hdf5Tree& tree) : model_(model), tree_(tree) {}

  LoadReport run(LegacyPairing pairing) {
    if (!has_legacy_weights(tree_, group_))
      throw InvalidArgument("it has no layer_names: these are not the weights of a Keras model");
    writer_ = legacy_writer(tree_, group_);
    std::vector<std::string> names;
    for (const std::string& name : legacy_names(tree_, group_, "layer_names")) {
      if (!legacy_names(tree_, path_of(group_, name), "weight_names").empty()) names.push_back(name);
    }
    std::vector<std::shared_ptr<Layer>> layers;
    for (const auto& layer : model_.layers()) {
      if (!legacy_order(*layer).empty()) layers.push_back(layer);
    }
    pairing == LegacyPairing::kByName ? pair_by_name(names, layers) : pair_by_order(names, layers);
    plan_own();
    if (report_.complete()) {
      for (const auto& [weight, value] : plan_) give_value(*weight, value);
    }
    const std::string prefix = group_.empty() ? "" : group_ + "/";
    for (const auto& [path, tensor] : tree_.arrays) {
      if (path.starts_with(prefix) && !looked_at_.contains(path)) report_.unused.push_back(path);
    }
    for (const auto& [path, reason] : tree_.skipped) report_.skipped.push_back(path + ": " + reason);
    return std::move(report_);
  }

 private:
  void pair_by_order(const std::vector<std::string>& names,
                     const std::vector<std::shared_ptr<Layer>>& layers) {
    if (names.size() != layers.size()) {
      report_.errors.push_back("it has " + std::to_string(names.size()) + " layers with weights (" +
                               list(names) + "), the model has " + std::to_string(layers.size()));
      return;
    }
    for (size_t i = 0; i < names.size(); ++i) plan(*layers[i], names[i]);
  }

  void pair_by_name(const std::vector<std::string>& names,
                    const std::vector<std::shared_ptr<Layer>>& layers) {
    for (const auto& layer : layers) {
      if (std::find(names.begin(), names.end(), layer->name()) != names.end()) {
        plan(*layer, layer->name());
      } else {
        report_.skipped.push_back(layer->name() + ": the file has no layer of this name");
      }
    }
    if (plan_.empty() && report_.complete())
      report_.errors.push_back("none of its layers (" + list(names) + ") has the name of one of the model's");
  }

  // Weights of the model itself, which are in no layer.
  void plan_own() {
    const std::vector<std::string> stored = legacy_names(tree_, path_of(group_, kTopLevel), "weight_names");
    const std::vector<WeightPtr>& weights = model_.own_weights();
    if (stored.empty() && weights.empty()) return;
    // Some versions list there what layers hold, too.
    if (weights.empty()) {
      for (const std::string& name : stored) looked_at_.insert(path_of(path_of(group_, kTopLevel), name));
      return;
    }
    plan_weights(model_, kTopLevel, weights, stored, false);
  }

  static std::string list(const std::vector<std::string>& names) {
    std::string text;
    for (size_t i = 0; i < names.size() && i < 10; ++i) text += (i == 0 ? "'" : ", '") + names[i] + "'";
    return text + (names.size() > 10 ? ", ..." : "");
  }

  void plan(const Layer& layer, const std::string& name) {
    plan_weights(layer, name, legacy_order(layer), legacy_names(tree_, path_of(group_, name), "weight_names"),
                 true);
  }

  void plan_weights(const Layer& layer, const std::string& name, const std::vector<WeightPtr>& weights,
                    const std::vector<std::string>& stored, bool of_layer) {
    const std::string label = inside(group_, name) + " (" + layer.name() + ")";
    std::vector<Tensor> arrays;
    for (const std::string& one : stored) {
      const std::string path = path_of(path_of(group_, name), one);
      const auto found = tree_.arrays.find(path);
      looked_at_.insert(path);
      if (found == tree_.arrays.end()) {
        const auto skipped = tree_.skipped.find(path);
        report_.missing.push_back(path +
                                  (skipped == tree_.skipped.end() ? "" : ": stored as " + skipped->second));
        return;
      }
      arrays.push_back(found->second);
    }
    try {
      if (of_layer) arrays = legacy_arrays(layer, std::move(arrays), writer_);
    } catch (const InvalidArgument& error) {
      report_.errors.push_back(label + ": " + error.what());
      return;
    }
    if (arrays.size() != weights.size()) {
      report_.errors.push_back(label + ": expected " + std::to_string(weights.size()) + " arrays, received " +
                               std::to_string(arrays.size()));
      return;
    }
    const bool same = arrays.size() == stored.size();  // else several became one
    const std::vector<size_t> order = same ? order_of(weights, arrays, stored) : count(weights.size());
    for (size_t i = 0; i < weights.size(); ++i) {
      const Tensor& array = arrays[order[i]];
      const std::string path = same ? path_of(path_of(group_, name), stored[order[i]]) : inside(group_, name);
      if (array.shape() != weights[i]->type.shape) {
        report_.errors.push_back(path + " (" + weights[i]->path + "): expected shape " +
                                 weights[i]->type.shape.str() + ", received " + array.shape().str());
      } else {
        plan_.emplace_back(weights[i], array);
        report_.applied.push_back(path);
      }
    }
  }

  static std::vector<size_t> count(size_t n) {
    std::vector<size_t> numbers(n);
    for (size_t i = 0; i < n; ++i) numbers[i] = i;
    return numbers;
  }

  // Files list weights in the order of their time. Where a name or shape says that this was another one than
  // ours, arrays are found by their names, if these leave no choice.
  static std::vector<size_t> order_of(const std::vector<WeightPtr>& weights,
                                      const std::vector<Tensor>& arrays,
                                      const std::vector<std::string>& stored) {
    bool fits = true;
    for (size_t i = 0; i < weights.size(); ++i) fits = fits && arrays[i].shape() == weights[i]->type.shape;
    std::set<std::string> ours, theirs;
    for (size_t i = 0; i < weights.size(); ++i) {
      ours.insert(weights[i]->name);
      theirs.insert(last_part(stored[i]));
    }
    if (ours == theirs) {  // else the names are of another time
      for (size_t i = 0; i < weights.size(); ++i) fits = fits && weights[i]->name == last_part(stored[i]);
    }
    if (fits) return count(weights.size());
    std::vector<size_t> order;
    for (const WeightPtr& weight : weights) {
      std::vector<size_t> candidates;
      for (size_t i = 0; i < stored.size(); ++i) {
        const std::string name = stored[i].substr(0, stored[i].find(':'));
        const bool ends =
            weight->path == name || weight->path.ends_with("/" + name) || name.ends_with("/" + weight->path);
        if (ends && arrays[i].shape() == weight->type.shape) candidates.push_back(i);
      }
      if (candidates.size() != 1) return count(weights.size());
      order.push_back(candidates[0]);
    }
    return std::set<size_t>(order.begin(), order.end()).size() == order.size() ? order
                                                                               : count(weights.size());
  }

  Model& model_;
  const Hdf5Tree& tree_;
  std::string group_;
  LegacyWriter writer_;
  LoadReport report_;
  std::vector<std::pair<WeightPtr, Tensor>> plan_;
  std::set<std::string> looked_at_;
};

std::string text_attribute(const Hdf5Tree& tree, const std::string& group, const char* name) {
  const auto attributes = tree.attributes.find(group);
  if (attributes == tree.attributes.end()) return {};
  const auto found = attributes->second.find(name);
  return found == attributes->second.end() || found->second.texts.size() != 1 ? std::string()
                                                                              : found->second.texts[0];
}

}  // namespace

std::vector<WeightPtr> legacy_order(const Layer& layer) {
  std::vector<WeightPtr> weights = trained(layer);
  add_once(weights, not_trained(layer));
  return weights;
}

std::vector<std::string> legacy_names(const Hdf5Tree& tree, const std::string& group, const char* attribute) {
  const auto attributes = tree.attributes.find(group);
  if (attributes == tree.attributes.end()) return {};
  if (const auto whole = attributes->second.find(attribute); whole != attributes->second.end())
    return whole->second.texts;
  std::vector<std::string> names;
  for (size_t part = 0;; ++part) {
    const auto found = attributes->second.find(attribute + std::to_string(part));
    if (found == attributes->second.end()) return names;
    names.insert(names.end(), found->second.texts.begin(), found->second.texts.end());
  }
}

bool has_legacy_weights(const Hdf5Tree& tree, std::string& group) {
  for (const char* candidate : {"model_weights", ""}) {
    if (legacy_names(tree, candidate, "layer_names").empty()) continue;
    group = candidate;
    return true;
  }
  return false;
}

LegacyWriter legacy_writer(const Hdf5Tree& tree, const std::string& group) {
  LegacyWriter writer;
  for (const std::string& place : {group, std::string()}) {
    if (writer.version.empty()) writer.version = text_attribute(tree, place, "keras_version");
    if (writer.backend.empty()) writer.backend = text_attribute(tree, place, "backend");
  }
  return writer;
}

LoadReport apply_legacy_weights(Model& model, const Hdf5Tree& tree, LegacyPairing pairing) {
  return Applier(model, tree).run(pairing);
}

}  // namespace lamina::detail
