// What all layers share: names, building, weights, configuration.
#include "lamina/nn/layer.h"

#include <cctype>

#include "lamina/base/error.h"
#include "lamina/nn/detail/extents.h"
#include "lamina/nn/detail/registry-inl.h"
#include "lamina/nn/detail/storage.h"
#include "lamina/nn/detail/weight_limit.h"
#include "lamina/ops/cast.h"

namespace lamina {

template class Registry<Layer>;

std::string Layer::name() const {
  if (!given_name_.empty()) return given_name_;
  return auto_name_.empty() ? auto_name() : auto_name_;
}

std::string Layer::auto_name() const {
  const std::string camel = class_name();
  std::string snake;
  for (size_t i = 0; i < camel.size(); ++i) {
    const auto is = [&](int (*kind)(int), size_t at) {
      return at < camel.size() && kind(static_cast<unsigned char>(camel[at]));
    };
    if (i > 0 && is(std::isupper, i) && (is(std::islower, i - 1) || is(std::islower, i + 1))) snake += '_';
    snake += static_cast<char>(std::tolower(static_cast<unsigned char>(camel[i])));
  }
  return snake;
}

void Layer::join(const std::string& model_path, const std::string& auto_name) {
  if (auto_name_.empty()) auto_name_ = auto_name;
  if (path_.empty()) path_ = model_path + "/" + name();
}

void Layer::build(const Shape& input, uint64_t seed, int& stream) {
  if (built_) {
    bool same = input.rank() == input_shape_.rank();
    for (int i = 1; same && i < input.rank(); ++i) same = input[i] == input_shape_[i];
    if (!same) {
      fail("was built for inputs of shape " + input_shape_.str() + ", received " + input.str());
    }
    return;
  }
  if (!detail::countable(input)) fail("input of shape " + input.str() + " is too large for any memory");
  const Shape output = compute_output_shape(input);
  if (!detail::countable(output)) fail("output of shape " + output.str() + " is too large for any memory");
  output_shape_ = output;
  input_shape_ = input;
  seed_ = seed;
  stream_ = stream;
  create_weights(input);
  stream = stream_;
  built_ = true;
}

void Layer::create_weights(const Shape&) {}

WeightPtr Layer::add_weight(const std::string& name, const Shape& shape,
                            const Choice<Initializer>& initializer, bool trainable) {
  if (!detail::countable(shape))
    fail("weight '" + name + "' of shape " + shape.str() + " is too large for any memory");
  if (!detail::WeightLimit::take(shape)) {
    fail("weight '" + name + "' of shape " + shape.str() + " is beyond the limit of " +
         std::to_string(detail::WeightLimit::allowed()) + " elements in all, far more than the file holds");
  }
  auto weight = std::make_shared<Weight>();
  weight->name = name;
  weight->path = (path_.empty() ? this->name() : path_) + "/" + name;
  weight->type = {DType::kFloat32, shape};
  weight->trainable = trainable;
  weight->initializer = initializer;
  weight->value = detail::own((*initializer.get())(weight->type, seed_, stream_++));
  weights_.push_back(weight);
  return weight;
}

int64_t Layer::count_params() const {
  int64_t total = 0;
  for (const WeightPtr& weight : weights_) total += weight->type.shape.size();
  return total;
}

Tensor Layer::operator()(const Tensor& x, bool training) {
  Shape shape = x.shape();
  if (shape.rank() > 0) shape.set(0, -1);
  build(shape);
  CallContext context(training);
  return call(x.dtype() == DType::kFloat32 ? x : cast(x, DType::kFloat32), context);
}

Json Layer::config() const {
  const Json policy = Json::object({{"module", "keras"},
                                    {"class_name", "DTypePolicy"},
                                    {"config", Json::object({{"name", "float32"}})},
                                    {"registered_name", nullptr}});
  Json config = Json::object({{"name", name()}, {"trainable", trainable_}, {"dtype", policy}});
  const Json own = own_config();  // kept alive: as_object refers into it
  for (const auto& [key, value] : own.as_object()) config[key] = value;
  return config;
}

Json Layer::serialize() const {
  Json json = serialize_object(module(), class_name(), config());
  if (built_ && records_build())
    json["build_config"] = Json::object({{"input_shape", shape_json(input_shape_)}});
  return json;
}

void Layer::fail(const std::string& what) const {
  throw InvalidArgument("layer '" + (path_.empty() ? name() : path_) + "' (" + class_name() + "): " + what);
}

void Layer::require_initializer(const char* argument, const Choice<Initializer>& initializer) const {
  if (!initializer.given()) fail(std::string(argument) + " is empty; give an initializer or the name of one");
}

void Layer::require_rank(const Shape& input, int rank, const char* layout) const {
  if (input.rank() == rank) return;
  fail("expected input of rank " + std::to_string(rank) + ", " + layout + ", received shape " + input.str());
}

void AnyLayer::require() const {
  if (!layer_) throw InvalidArgument("a layer is a null pointer");
}

Json shape_json(const Shape& shape) {
  Json list = Json::list();
  for (const int64_t extent : shape) list.push_back(extent < 0 ? Json() : Json(extent));
  return list;
}

}  // namespace lamina
