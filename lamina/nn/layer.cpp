// What all layers share: names, building, weights, configuration. layer_calls.cpp has the calls.
#include "lamina/nn/layer.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "lamina/base/error.h"
#include "lamina/nn/detail/call_node.h"
#include "lamina/nn/detail/extents.h"
#include "lamina/nn/detail/layer_state.h"
#include "lamina/nn/detail/registry-inl.h"
#include "lamina/nn/detail/shared_objects.h"
#include "lamina/nn/detail/snake_case.h"
#include "lamina/nn/detail/storage.h"
#include "lamina/nn/detail/weight_limit.h"
#include "lamina/nn/model.h"

namespace lamina {

template class Registry<Layer>;

Layer::Layer() : state_(std::make_shared<detail::LayerState>()) {}

Layer::Layer(std::string name, bool trainable, const std::string& dtype) : Layer() {
  state_->given_name = std::move(name);
  state_->trainable = trainable;
  if (!dtype.empty()) set_dtype_policy(dtype);
}

detail::LayerState& Layer::state() const {
  if (!state_) throw InvalidArgument("this layer was moved from: nothing is left of it");
  return *state_;
}

std::string Layer::name() const {
  const detail::LayerState& own = state();
  if (!own.given_name.empty()) return own.given_name;
  return own.auto_name.empty() ? auto_name() : own.auto_name;
}

bool Layer::named() const { return !state().given_name.empty(); }
bool Layer::joined() const { return state().joined; }
std::string Layer::path() const { return state().path; }
bool Layer::trainable() const { return state().trainable; }

void Layer::set_trainable(bool trainable) {
  state().trainable = trainable;
  for (const auto& [member, layer] : sublayers()) layer->set_trainable(trainable);
}

const std::string& Layer::dtype_policy() const { return state().policy; }
DType Layer::compute_dtype() const { return detail::policy_dtypes(state().policy).first; }
DType Layer::variable_dtype() const { return detail::policy_dtypes(state().policy).second; }

void Layer::set_dtype_policy(const std::string& policy) {
  detail::policy_dtypes(policy);
  follow_policy(policy);
  state().policy_given = true;
}

void Layer::follow_policy(const std::string& policy) {
  if (state().built && policy != state().policy)
    fail("is built with dtype " + state().policy + "; it cannot change to " + policy);
  state().policy = policy;
  for (const auto& [member, layer] : sublayers()) {
    if (!layer->state().policy_given) layer->follow_policy(policy);
  }
}

void Layer::set_activity_regularizer(const Choice<Regularizer>& regularizer) {
  if (regularizer.given()) regularizer.get();  // throws for an unknown name
  state().activity_regularizer = regularizer;
}
const Choice<Regularizer>& Layer::activity_regularizer() const { return state().activity_regularizer; }

std::string Layer::auto_name() const { return detail::snake_case(class_name()); }

void Layer::join(const std::string& model_path, const std::string& auto_name) {
  detail::LayerState& own = state();
  if (own.joined) return;
  own.joined = true;
  own.auto_name = auto_name;
  place((model_path.empty() ? "" : model_path + "/") + name());
}

void Layer::place(const std::string& path) const {
  detail::LayerState& own = state();
  own.path = path;
  for (const WeightPtr& weight : own.weights) weight->path = path + "/" + weight->name;
  for (const auto& [member, layer] : own.sublayers) {
    if (!layer->state().joined) layer->place(path + "/" + layer->name());
  }
}

namespace {

// Layers inside that create_weights left alone are built by a first call, as in Keras.
void build_by_call(const Layer& layer, const TensorSpecs& inputs, detail::LayerState& own) {
  const auto unbuilt = [&] {
    return std::find_if(own.sublayers.begin(), own.sublayers.end(),
                        [](const auto& member) { return !member.second->built(); });
  };
  const auto first = unbuilt();
  if (first == own.sublayers.end()) return;
  detail::BuildSeed seed{own.seed, own.stream};
  try {
    const detail::BuildSeed::Scope scope(seed);
    detail::traced_output_specs(layer, inputs);
  } catch (const InvalidArgument& error) {
    throw InvalidArgument(
        "layer '" + layer.name() + "' (" + layer.class_name() + "): the layer '" + first->second->name() +
        "' inside, its member '" + first->first +
        "', has no weights yet, and a call to make them failed: " + error.what() +
        "; override create_weights (or create_weights_for) and call build_sublayer there for "
        "each layer inside");
  }
  own.stream = seed.stream;
}

}  // namespace

void Layer::build(const Shape& input) const {
  detail::BuildSeed own;
  detail::BuildSeed& seed = detail::BuildSeed::current(own);
  build(input, seed.seed, seed.stream);
}

void Layer::build(const Shape& input, uint64_t seed, int& stream) const {
  build(TensorSpecs{{input, DType::kFloat32}}, seed, stream);
}

void Layer::build(const TensorSpecs& inputs, uint64_t seed, int& stream) const {
  detail::LayerState& own = state();
  const std::lock_guard lock(own.making);
  if (own.built) {
    bind();
    compute_output_specs(inputs);  // throws for what the layer cannot take
    return;
  }
  for (const TensorSpec& input : inputs) {
    if (!detail::countable(input.shape))
      fail("input of shape " + input.shape.str() + " is too large for any memory");
  }
  // A build that fails leaves everything as it was, so that the corrected call starts anew.
  struct Transaction {
    explicit Transaction(detail::LayerState& s) : state(s) {}
    ~Transaction() {
      state.creating = false;
      if (done) return;
      state.weights.clear();
      state.output_specs.clear();
    }
    detail::LayerState& state;
    bool done = false;
  } transaction(own);
  own.seed = seed;
  own.stream = stream;
  own.output_unknown = false;
  TensorSpecs outputs = compute_output_specs(inputs);
  own.creating = true;
  const_cast<Layer&>(*this).create_weights_for(inputs);
  own.creating = false;
  own.input_specs = inputs;
  const_cast<Layer&>(*this).bound_ = true;
  if (own.output_unknown) {
    own.built = true;
    try {
      outputs = compute_output_specs(inputs);
    } catch (...) {
      own.built = false;
      throw;
    }
  }
  build_by_call(*this, inputs, own);
  for (const TensorSpec& output : outputs) {
    if (!detail::countable(output.shape)) {
      own.built = false;
      fail("output of shape " + output.shape.str() + " is too large for any memory");
    }
  }
  own.output_specs = std::move(outputs);
  own.built = transaction.done = true;
  stream = own.stream;
}

void Layer::bind() const {
  detail::LayerState& own = state();
  const std::lock_guard lock(own.making);
  if (bound_ || !own.built) return;
  Layer& self = const_cast<Layer&>(*this);
  self.bound_ = true;
  own.next_weight = 0;
  self.create_weights_for(own.input_specs);
}

void Layer::create_weights(const Shape&) {}
void Layer::create_weights_for(const TensorSpecs& inputs) {
  create_weights(inputs.empty() ? Shape() : inputs[0].shape);
}

bool Layer::built() const { return state().built; }
const TensorSpecs& Layer::input_specs() const { return state().input_specs; }
const TensorSpecs& Layer::output_specs() const { return state().output_specs; }

const Shape& Layer::input_shape() const {
  static const Shape none;
  return state().input_specs.empty() ? none : state().input_specs[0].shape;
}
const Shape& Layer::output_shape() const {
  static const Shape none;
  return state().output_specs.empty() ? none : state().output_specs[0].shape;
}

WeightPtr Layer::add_weight(const std::string& name, const Shape& shape,
                            const Choice<Initializer>& initializer, bool trainable) {
  return add_weight(name, shape, initializer, WeightOptions{.trainable = trainable});
}

WeightPtr Layer::add_weight(const std::string& name, const Shape& shape,
                            const Choice<Initializer>& initializer, const WeightOptions& options) {
  detail::LayerState& own = state();
  if (!own.creating) {
    if (own.built && own.next_weight < own.weights.size()) return own.weights[own.next_weight++];
    fail("add_weight('" + name + "') is for create_weights, which build calls");
  }
  if (!detail::countable(shape))
    fail("weight '" + name + "' of shape " + shape.str() + " is too large for any memory");
  if (!detail::WeightLimit::take(shape)) {
    fail("weight '" + name + "' of shape " + shape.str() + " is beyond the limit of " +
         std::to_string(detail::WeightLimit::allowed()) + " elements in all, far more than the file holds");
  }
  auto weight = std::make_shared<Weight>();
  weight->name = name;
  weight->path = (own.path.empty() ? this->name() : own.path) + "/" + name;
  weight->type = {options.dtype.value_or(variable_dtype()), shape};
  weight->trainable = options.trainable;
  weight->stateful = options.stateful;
  weight->initializer = initializer;
  weight->regularizer = options.regularizer;
  weight->constraint = options.constraint;
  weight->fresh = true;
  weight->draw(own.seed, own.stream++);
  own.weights.push_back(weight);
  return weight;
}

std::shared_ptr<Layer> Layer::track(const std::string& member, std::shared_ptr<Layer> layer) {
  if (!layer) fail("the layer '" + member + "' inside is a null pointer");
  if (detail::holds(*layer, identity())) fail("cannot hold itself, as '" + member + "' would");
  state().sublayers.emplace_back(member, layer);
  if (!layer->state().policy_given && layer->state().policy != state().policy) layer->follow_policy(state().policy);
  return layer;
}

void Layer::track_list(const std::string& member, const std::vector<std::shared_ptr<Layer>>& layers) {
  for (const auto& [name, layer] : detail::numbered_by_class(layers)) {
    if (layer && !layer->joined()) layer->state().auto_name = name;  // tells paths of weights apart
    track(member + "/" + name, layer);
  }
}

void Layer::set_sublayers(std::vector<std::pair<std::string, std::shared_ptr<Layer>>> layers) {
  state().sublayers = std::move(layers);
}

void Layer::forget_build() {
  state().built = bound_ = false;
  state().checked.clear();
}

void Layer::fix_batch_size() { state().fixed_batch_size = true; }

void Layer::output_follows_build() const { state().output_unknown = true; }

void Layer::build_sublayer(const Layer& layer, const TensorSpecs& inputs) {
  detail::LayerState& own = state();
  if (!layer.state().joined) layer.place((own.path.empty() ? name() : own.path) + "/" + layer.name());
  layer.build(inputs, own.seed, own.stream);
}

const std::vector<WeightPtr>& Layer::own_weights() const { return state().weights; }
const std::vector<std::pair<std::string, std::shared_ptr<Layer>>>& Layer::sublayers() const {
  return state().sublayers;
}

std::vector<WeightPtr> Layer::weights() const {
  std::vector<WeightPtr> all = own_weights();
  for (const auto& [member, layer] : sublayers()) {
    const std::vector<WeightPtr> inner = layer->weights();
    all.insert(all.end(), inner.begin(), inner.end());
  }
  return detail::distinct(all);
}

int64_t Layer::count_params() const {
  int64_t total = 0;
  for (const WeightPtr& weight : weights()) total += weight->type.shape.size();
  return total;
}

namespace {

Json policy_json(const std::string& policy) {
  return Json::object({{"module", "keras"},
                       {"class_name", "DTypePolicy"},
                       {"config", Json::object({{"name", policy}})},
                       {"registered_name", nullptr}});
}

}  // namespace

Json Layer::config() const {
  Json config =
      Json::object({{"name", name()}, {"trainable", trainable()}, {"dtype", policy_json(dtype_policy())}});
  const bool penalised = activity_regularizer().given();
  if (penalised) config["activity_regularizer"] = activity_regularizer().get()->serialize();
  const Json own = own_config();  // kept alive: as_object refers into it
  for (const auto& [key, value] : own.as_object()) {
    if (!penalised || key != "activity_regularizer") config[key] = value;
  }
  return config;
}

Json Layer::build_config() const { return Json::object({{"input_shape", shape_json(input_shape())}}); }

Json Layer::serialize() const {
  if (std::optional<Json> before = detail::SharedWriting::written(*this)) return std::move(*before);
  Json own = config();
  for (const auto& [argument, as_read] : state().unknown_arguments) own[argument] = as_read;
  Json json = serialize_object(module(), class_name(), std::move(own));
  if (built() && records_build()) json["build_config"] = build_config();
  detail::SharedWriting::note(*this, json);
  return json;
}

void Layer::fail(const std::string& what) const {
  const std::string where = state().path.empty() ? name() : state().path;
  throw InvalidArgument("layer '" + where + "' (" + class_name() + "): " + what);
}

void Layer::require_initializer(const char* argument, const Choice<Initializer>& initializer) const {
  if (!initializer.given()) fail(std::string(argument) + " is empty; give an initializer or the name of one");
  try {
    initializer.get();
  } catch (const InvalidArgument& error) {
    fail(std::string(argument) + ": " + error.what());
  }
}

void Layer::require_rank(const Shape& input, int rank, const char* layout) const {
  if (input.rank() == rank) return;
  fail("expected input of rank " + std::to_string(rank) + ", " + layout + ", received shape " + input.str());
}

const TensorSpecs& Layer::require_inputs(const TensorSpecs& inputs, size_t count) const {
  if (inputs.size() == count) return inputs;
  std::string received;
  for (const TensorSpec& input : inputs) received += (received.empty() ? ": " : ", ") + input.shape.str();
  fail("expected " + std::to_string(count) + (count == 1 ? " input" : " inputs") + ", received " +
       std::to_string(inputs.size()) + received);
}

AnyLayer::AnyLayer(const Tensor& input) {
  const detail::LayerOutput& output = detail::origin(input);
  if (!output.node->call.inputs.empty()) {
    throw InvalidArgument("expected a layer, received " + output.describe() +
                          "; of symbolic tensors only those that Input() gives can stand for a layer");
  }
  layer_ = output.node->layer;
}

void AnyLayer::require() const {
  if (!layer_) throw InvalidArgument("a layer is a null pointer");
}

Json shape_json(const Shape& shape) {
  Json list = Json::list();
  for (const int64_t extent : shape) list.push_back(extent < 0 ? Json() : Json(extent));
  return list;
}

namespace detail {

std::pair<DType, DType> policy_dtypes(const std::string& policy) {
  static const std::vector<std::pair<std::string, std::pair<DType, DType>>> known = {
      {"float32", {DType::kFloat32, DType::kFloat32}},
      {"float64", {DType::kFloat64, DType::kFloat64}},
      {"float16", {DType::kFloat16, DType::kFloat16}},
      {"bfloat16", {DType::kBFloat16, DType::kBFloat16}},
      {"mixed_float16", {DType::kFloat16, DType::kFloat32}},
      {"mixed_bfloat16", {DType::kBFloat16, DType::kFloat32}}};
  std::vector<std::string> names;
  for (const auto& [name, dtypes] : known) {
    if (name == policy) return dtypes;
    names.push_back(name);
  }
  throw InvalidArgument("unknown dtype policy '" + policy + "'" + suggest(policy, names));
}

std::vector<std::pair<std::string, std::shared_ptr<Layer>>> numbered_by_class(
    const std::vector<std::shared_ptr<Layer>>& layers) {
  std::vector<std::pair<std::string, std::shared_ptr<Layer>>> result;
  std::map<std::string, int> seen;
  for (const auto& layer : layers) {
    const std::string base = layer->auto_name();
    const int count = seen[base]++;
    result.emplace_back(base + (count > 0 ? "_" + std::to_string(count) : ""), layer);
  }
  return result;
}

namespace {

// Each layer is looked into once: a model has its layers in two lists, which doubles the ways at every level.
bool holds(const Layer& layer, const void* wanted, std::set<const void*>& seen) {
  if (layer.identity() == wanted) return true;
  if (!seen.insert(layer.identity()).second) return false;
  if (const auto* model = dynamic_cast<const Model*>(&layer)) {
    for (const auto& inner : model->layers()) {
      if (holds(*inner, wanted, seen)) return true;
    }
  }
  for (const auto& [member, inner] : layer.sublayers()) {
    if (holds(*inner, wanted, seen)) return true;
  }
  return false;
}

}  // namespace

bool holds(const Layer& layer, const void* wanted) {
  std::set<const void*> seen;
  return holds(layer, wanted, seen);
}

std::vector<WeightPtr> distinct(const std::vector<WeightPtr>& weights) {
  std::vector<WeightPtr> result;
  std::set<const Weight*> seen;
  for (const WeightPtr& weight : weights) {
    if (seen.insert(weight.get()).second) result.push_back(weight);
  }
  return result;
}

}  // namespace detail
}  // namespace lamina
