// Normalization. Mean and variance have the extents of the kept axes and are spread over the others.
#include "lamina/nn/layers/normalization.h"

#include <algorithm>
#include <cmath>

#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/detail/nested_lists.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

constexpr double kSmallestDeviation = 1e-7;

std::optional<Tensor> statistic(ConfigReader& reader, const char* key) {
  const Json value = reader.json(key);
  if (value.is_null()) return {};
  return detail::from_nested_lists(value, DType::kFloat32, std::string("Normalization: ") + key + " has");
}

Json json_of(const std::optional<Tensor>& statistic) {
  return statistic ? detail::nested_lists(*statistic) : Json(nullptr);
}

}  // namespace

Normalization::Normalization(const NormalizationOptions& options)
    : KerasLayer<Normalization>(options.name, true, options.dtype), options_(options) {
  if (options.mean.has_value() != options.variance.has_value())
    fail(std::string("mean and variance are given together; ") + (options.mean ? "variance" : "mean") +
         " is missing");
  if (!options.mean) return;
  if (options.mean->shape() != options.variance->shape()) {
    fail("mean and variance must have one shape, received " + options.mean->shape().str() + " and " +
         options.variance->shape().str());
  }
  if (options.mean->rank() > static_cast<int>(options.axis.axes.size())) {
    fail("mean may have " + std::to_string(options.axis.axes.size()) +
         " axes at most, those of `axis`, received shape " + options.mean->shape().str());
  }
}

std::vector<bool> Normalization::kept_axes(const Shape& input) const {
  std::vector<bool> kept(static_cast<size_t>(input.rank()), false);
  for (const int axis : options_.axis.axes) {
    if (axis < -input.rank() || axis >= input.rank())
      fail("axis " + std::to_string(axis) + " is no axis of input of shape " + input.str());
    if (input[axis] < 0)
      fail("axis " + std::to_string(axis) + " must be known, received input of shape " + input.str());
    kept[static_cast<size_t>(input.normalize(axis))] = true;
  }
  return kept;
}

bool Normalization::rescales() const {
  const auto beyond_one = [](const std::optional<Tensor>& given, const WeightPtr& learned) {
    if (!given && !learned) return false;
    const Tensor values = given ? *given : learned->value;
    return values.size() > 0 && cast(values, DType::kFloat64).max().item<double>() > 1;
  };
  return beyond_one(options_.mean, mean_) || beyond_one(options_.variance, variance_);
}

Shape Normalization::kept_extents(const Shape& input) const {
  const std::vector<bool> kept = kept_axes(input);
  Shape extents;
  for (int axis = 0; axis < input.rank(); ++axis) {
    if (kept[static_cast<size_t>(axis)]) extents.push_back(input[axis]);
  }
  return extents;
}

Shape Normalization::compute_output_shape(const Shape& input) const {
  const Shape extents = kept_extents(input);
  if (mean_ && extents != mean_->type.shape) {
    fail("learned mean and variance of shape " + mean_->type.shape.str() + ", received input of shape " +
         input.str());
  }
  if (options_.mean) {
    const Shape& given = options_.mean->shape();
    for (int i = 1; i <= given.rank(); ++i) {
      if (i > extents.rank() || (given[-i] != extents[-i] && given[-i] != 1))
        fail("has a mean of shape " + given.str() + ", received input of shape " + input.str());
    }
  }
  return input;
}

void Normalization::create_weights(const Shape& input) {
  if (options_.mean) return;
  const Shape extents = kept_extents(input);
  mean_ = add_weight("mean", extents, "zeros", false);
  variance_ = add_weight("variance", extents, "ones", false);
  add_weight("count", {}, "zeros", {.trainable = false, .dtype = DType::kInt64});
}

Tensor Normalization::call(const Tensor& x, CallContext& context) const {
  const std::vector<bool> kept = kept_axes(x.shape());
  const auto spread = [&](const Tensor& statistic) {
    Shape shape;
    int next = statistic.rank() - static_cast<int>(std::count(kept.begin(), kept.end(), true));
    for (const bool keep : kept) {
      shape.push_back(keep && next >= 0 ? statistic.shape()[next] : 1);
      if (keep) ++next;
    }
    return reshape(statistic, shape);
  };
  const DType dtype = x.dtype();
  const Tensor mean = spread(options_.mean ? cast(*options_.mean, dtype) : context.value(mean_, dtype));
  const Tensor variance =
      spread(options_.variance ? cast(*options_.variance, dtype) : context.value(variance_, dtype));
  const Tensor deviation = maximum(sqrt(variance), kSmallestDeviation);
  return options_.invert ? mean + x * deviation : (x - mean) / deviation;
}

void Normalization::adapt(const Tensor& samples) {
  if (options_.mean) fail("adapt: mean and variance were given");
  if (samples.rank() == 0 || samples.size() == 0)
    fail("adapt: expected samples, received a tensor of shape " + samples.shape().str());
  Shape any_batch{-1};
  for (int axis = 1; axis < samples.rank(); ++axis) any_batch.push_back(samples.shape()[axis]);
  build(built() ? samples.shape() : any_batch);
  const Tensor values = cast(samples, DType::kFloat64);
  const std::vector<double> numbers = values.to_vector<double>();
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (!std::isfinite(numbers[i])) {
      const auto each = numbers.size() / static_cast<size_t>(samples.shape()[0]);
      fail("adapt: sample " + std::to_string(i / each) + " holds " +
           (std::isnan(numbers[i]) ? "NaN" : "infinity") +
           "; fill missing values in, or leave such samples out");
    }
  }
  const std::vector<bool> kept = kept_axes(samples.shape());
  std::vector<int> others;
  for (size_t axis = 0; axis < kept.size(); ++axis) {
    if (!kept[axis]) others.push_back(static_cast<int>(axis));
  }
  const Tensor mean = others.empty() ? values : lamina::mean(values, others, true);
  const Tensor variance = lamina::mean(square(values - mean), others, true);
  mean_->assign(reshape(mean, mean_->type.shape));
  variance_->assign(reshape(others.empty() ? values - values : variance, variance_->type.shape));
}

Json Normalization::own_config() const {
  Json axes = Json::list();
  for (const int axis : options_.axis.axes) axes.push_back(axis);
  return Json::object({{"axis", axes},
                       {"invert", options_.invert},
                       {"mean", json_of(options_.mean)},
                       {"variance", json_of(options_.variance)}});
}

namespace {

const bool normalization_registered = register_layer("Normalization", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Normalization");
  NormalizationOptions options;
  bool trainable = true;
  reader.layer_arguments(options.name, trainable, &options.dtype);
  options.axis.axes.clear();
  if (reader.json("axis").is_list()) {
    for (const int64_t axis : reader.integers("axis")) options.axis.axes.push_back(static_cast<int>(axis));
  } else if (!reader.json("axis").is_null()) {
    options.axis.axes = {static_cast<int>(reader.integer("axis", -1))};
  }
  options.invert = reader.boolean("invert", false);
  options.mean = statistic(reader, "mean");
  options.variance = statistic(reader, "variance");
  reader.done();
  return std::make_shared<Normalization>(options);
});

}  // namespace

}  // namespace lamina
