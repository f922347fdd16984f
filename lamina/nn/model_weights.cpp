// The weights of a model: by order, by name, copied, and which of them are trained.
#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "lamina/base/error.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/detail/values_follow.h"
#include "lamina/nn/detail/weight_names.h"

namespace lamina {

using detail::ModelImpl;

std::vector<WeightPtr> Model::weights(bool trainable) const {
  const std::vector<WeightPtr> trained = ModelImpl::trainable_weights(*this, nullptr);
  if (trainable) return trained;
  std::vector<WeightPtr> others;
  for (const WeightPtr& weight : weights()) {
    if (std::find(trained.begin(), trained.end(), weight) == trained.end()) others.push_back(weight);
  }
  return others;
}

std::vector<Tensor> Model::get_weights() const {
  const detail::Asking asking(*this, "get_weights");
  std::vector<Tensor> values;
  for (const WeightPtr& weight : weights()) values.push_back(weight->read());
  return values;
}

void Model::set_weights(const std::vector<Tensor>& values) {
  const detail::Alone alone(*this, "set_weights");
  const std::vector<WeightPtr> all = weights();
  if (values.size() != all.size()) {
    throw InvalidArgument("model '" + name() + "' has " + std::to_string(all.size()) + " weights, received " +
                          std::to_string(values.size()));
  }
  for (size_t i = 0; i < all.size(); ++i) {
    if (!values[i].defined() || values[i].shape() != all[i]->type.shape) all[i]->assign(values[i]);  // throws
  }
  for (size_t i = 0; i < all.size(); ++i) all[i]->assign(values[i]);
}

void Model::set_trainable(bool trainable) {
  Layer::set_trainable(trainable);
  // Before the build they are not inside. Nobody is told twice: that would double the ways at every level of
  // nesting.
  std::set<const void*> told;
  for (const auto& [member, layer] : sublayers()) told.insert(layer->identity());
  for (const auto& layer : impl().layers) {
    if (!told.count(layer->identity())) layer->set_trainable(trainable);
  }
}

// ---- By name ----

namespace detail {
namespace {

struct Naming {
  std::set<const Weight*> seen;
  std::set<std::string> taken;
  std::vector<NamedWeight> found;
};

void name_weights(const Layer& layer, const std::string& prefix, Naming& naming) {
  for (const WeightPtr& weight : layer.own_weights()) {
    if (!naming.seen.insert(weight.get()).second) continue;
    std::string name = prefix + weight->name;
    // A layer of a user's class may give two of its weights one name.
    for (int number = 1; !naming.taken.insert(name).second; ++number)
      name = prefix + weight->name + "_" + std::to_string(number);
    naming.found.push_back({std::move(name), weight});
  }
  // Layers that only a user's class holds may share a name: those are told apart by its members.
  std::map<std::string, int> count;
  for (const auto& [member, inner] : layer.sublayers()) ++count[inner->name()];
  for (const auto& [member, inner] : layer.sublayers())
    name_weights(*inner, prefix + (count[inner->name()] > 1 ? member : inner->name()) + "/", naming);
}

}  // namespace

std::vector<NamedWeight> named_weights(const Layer& layer) {
  Naming naming;
  name_weights(layer, "", naming);
  return std::move(naming.found);
}

std::vector<std::string> names_of(const Layer& layer, const std::vector<WeightPtr>& weights) {
  std::map<const Weight*, std::string> known;
  for (const NamedWeight& named : named_weights(layer)) known[named.weight.get()] = named.name;
  std::vector<std::string> names;
  for (const WeightPtr& weight : weights) {
    const auto found = known.find(weight.get());
    names.push_back(found == known.end() ? weight->path : found->second);
  }
  return names;
}

Tensors under_names_of(const Layer& layer, const std::vector<WeightPtr>& weights,
                       const std::vector<Tensor>& tensors) {
  const std::vector<std::string> names = names_of(layer, weights);
  std::vector<std::pair<std::string, Tensor>> pairs;
  for (size_t i = 0; i < names.size(); ++i) pairs.emplace_back(names[i], tensors[i]);
  return Tensors(std::move(pairs));
}

}  // namespace detail

WeightPtr Model::weight(const std::string& name) const {
  std::vector<std::string> known;
  std::vector<WeightPtr> by_path;
  for (const detail::NamedWeight& named : detail::named_weights(*this)) {
    if (named.name == name) return named.weight;
    if (named.weight->path == name) by_path.push_back(named.weight);
    known.push_back(named.name);
  }
  if (by_path.size() == 1) return by_path[0];
  const std::string where = "model '" + this->name() + "'";
  if (!built()) throw InvalidArgument(where + " has no weights yet: build it, or begin it with Input");
  throw InvalidArgument(where + " has " +
                        (by_path.empty() ? "no weight '" : "several weights of the path '") + name + "'" +
                        suggest(name, known));
}

std::vector<std::string> Model::weight_names(std::optional<bool> trainable) const {
  return detail::names_of(*this, trainable ? weights(*trainable) : weights());
}

// ---- A copy ----

namespace {

// Gives the layers of `to` the flags of those of `from`, which were made of the same configuration.
void copy_flags(const Layer& from, Layer& to) {
  std::set<const void*> seen;
  const std::function<void(const Layer&, Layer&)> copy = [&](const Layer& here, Layer& there) {
    if (!seen.insert(here.identity()).second) return;
    there.set_trainable(here.trainable());  // and all inside, which then get their own
    const auto& inner = here.sublayers();
    const auto& copied = there.sublayers();
    for (size_t i = 0; i < inner.size() && i < copied.size(); ++i) copy(*inner[i].second, *copied[i].second);
  };
  copy(from, to);
}

}  // namespace

Model Model::clone(const CloneOptions& options) const {
  const detail::Asking asking(*this, "clone");
  const ModelImpl& own = impl();
  Model copy = [&] {
    const detail::ArchitectureAlone uncompiled;  // functions as losses are copied below, and not their names
    std::optional<detail::ValuesFollow> without_drawing;
    if (options.weights) without_drawing.emplace();
    Model made = from_json(serialize(), options.seed, /*compile=*/false);
    if (own.built && !made.built()) {
      int stream = 0;
      made.Layer::build(input_specs(), made.seed(), stream);
    }
    return made;
  }();
  const std::vector<WeightPtr> from = weights(), to = copy.weights();
  const auto same = [](const WeightPtr& a, const WeightPtr& b) { return a->type == b->type; };
  if (!std::equal(from.begin(), from.end(), to.begin(), to.end(), same)) {
    throw InvalidArgument("model '" + name() +
                          "' cannot be cloned: its configuration leads to other weights than it has; let "
                          "own_config() of your classes write every argument that their weights depend on");
  }
  for (size_t i = 0; options.weights && i < from.size(); ++i) to[i]->assign(from[i]->value);
  copy_flags(*this, copy);
  copy.set_data_info(own.data_info);
  if (own.options) copy.compile(*own.options);
  copy.impl().unused = own.unused;
  return copy;
}

}  // namespace lamina
