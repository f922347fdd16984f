// The constraints of Keras.
#include "lamina/nn/constraints/constraint.h"

#include "lamina/nn/config.h"
#include "lamina/nn/detail/registry-inl.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"

namespace lamina {

template class Registry<Constraint>;

namespace {

constexpr double kEpsilon = 1e-7;  // Keras's backend.epsilon()

Json axes_json(const NormAxes& axis) {
  if (!axis.list) return axis.axes.at(0);
  Json list = Json::list();
  for (const int one : axis.axes) list.push_back(one);
  return list;
}

NormAxes read_axes(ConfigReader& reader, const Json& config) {
  NormAxes result;
  const Json* axis = config.find("axis");
  if (axis && axis->is_list()) {
    const std::vector<int64_t> axes = reader.integers("axis");
    result.axes.assign(axes.begin(), axes.end());
    result.list = true;
  } else {
    result = static_cast<int>(reader.integer("axis", 0));
  }
  return result;
}

Tensor norms(const Tensor& weight, const NormAxes& axis) {
  return sqrt(sum(square(weight), axis.axes, true));
}

const bool constraint_registered = [] {
  using Known = Registry<Constraint>;
  Known::add("MaxNorm",
             [](const Json& config) -> std::shared_ptr<Constraint> {
               ConfigReader reader(config, "MaxNorm");
               MaxNormOptions options;
               options.max_value = reader.number("max_value", options.max_value);
               options.axis = read_axes(reader, config);
               reader.done();
               return std::make_shared<MaxNorm>(options);
             },
             {"max_norm"});
  Known::add("NonNeg",
             [](const Json& config) -> std::shared_ptr<Constraint> {
               ConfigReader(config, "NonNeg").done();
               return std::make_shared<NonNeg>();
             },
             {"non_neg"});
  Known::add("UnitNorm",
             [](const Json& config) -> std::shared_ptr<Constraint> {
               ConfigReader reader(config, "UnitNorm");
               const NormAxes axis = read_axes(reader, config);
               reader.done();
               return std::make_shared<UnitNorm>(axis);
             },
             {"unit_norm"});
  Known::add("MinMaxNorm",
             [](const Json& config) -> std::shared_ptr<Constraint> {
               ConfigReader reader(config, "MinMaxNorm");
               MinMaxNormOptions options;
               options.min_value = reader.number("min_value", options.min_value);
               options.max_value = reader.number("max_value", options.max_value);
               options.rate = reader.number("rate", options.rate);
               options.axis = read_axes(reader, config);
               reader.done();
               return std::make_shared<MinMaxNorm>(options);
             },
             {"min_max_norm"});
  return true;
}();

}  // namespace

Json MaxNorm::config() const {
  return Json::object({{"max_value", options_.max_value}, {"axis", axes_json(options_.axis)}});
}

Tensor MaxNorm::operator()(const Tensor& weight) const {
  const Tensor norm = norms(weight, options_.axis);
  return weight * (clip(norm, 0, options_.max_value) / (norm + kEpsilon));
}

Tensor NonNeg::operator()(const Tensor& weight) const { return relu(weight); }

Json UnitNorm::config() const { return Json::object({{"axis", axes_json(axis_)}}); }

Tensor UnitNorm::operator()(const Tensor& weight) const { return weight / (norms(weight, axis_) + kEpsilon); }

Json MinMaxNorm::config() const {
  return Json::object({{"min_value", options_.min_value},
                       {"max_value", options_.max_value},
                       {"rate", options_.rate},
                       {"axis", axes_json(options_.axis)}});
}

Tensor MinMaxNorm::operator()(const Tensor& weight) const {
  const Tensor norm = norms(weight, options_.axis);
  const Tensor desired =
      clip(norm, options_.min_value, options_.max_value) * options_.rate + norm * (1 - options_.rate);
  return weight * (desired / (norm + kEpsilon));
}

}  // namespace lamina
