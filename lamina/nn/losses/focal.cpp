// Focal cross-entropies and the generalized one.
#include "lamina/nn/losses/focal.h"

#include <cmath>

#include "lamina/nn/losses/detail/make.h"
#include "lamina/nn/losses/detail/match.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/crossentropy.h"
#include "lamina/ops/detail/crossentropy.h"
#include "lamina/ops/one_hot.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

using lamina::detail::kEpsilon;

template <class Options>
void read_focal(ConfigReader& reader, Options& options) {
  options.gamma = reader.number("gamma", options.gamma);
  options.from_logits = reader.boolean("from_logits", false);
  options.label_smoothing = reader.number("label_smoothing", 0.0);
  options.axis = detail::read_axis(reader);
  detail::finish_loss(reader, options);
}

std::shared_ptr<Loss> make_categorical_focal(const Json& config) {
  ConfigReader reader(config, "CategoricalFocalCrossentropy");
  CategoricalFocalOptions options;
  if (reader.json("alpha").is_list()) {
    options.alpha = reader.numbers("alpha");
  } else {
    options.alpha = {reader.number("alpha", 0.25)};
  }
  read_focal(reader, options);
  return std::make_shared<CategoricalFocalCrossentropy>(options);
}

std::shared_ptr<Loss> make_binary_focal(const Json& config) {
  ConfigReader reader(config, "BinaryFocalCrossentropy");
  BinaryFocalOptions options;
  options.apply_class_balancing = reader.boolean("apply_class_balancing", false);
  options.alpha = reader.number("alpha", options.alpha);
  read_focal(reader, options);
  return std::make_shared<BinaryFocalCrossentropy>(options);
}

std::shared_ptr<Loss> make_generalized(const Json& config) {
  ConfigReader reader(config, "CategoricalGeneralizedCrossEntropy");
  GeneralizedCrossEntropyOptions options;
  options.q = reader.number("q", options.q);
  detail::finish_loss(reader, options);
  return std::make_shared<CategoricalGeneralizedCrossEntropy>(options);
}

const bool focal_registered = [] {
  using Known = Registry<Loss>;
  Known::add("CategoricalFocalCrossentropy", make_categorical_focal, {"categorical_focal_crossentropy"});
  Known::add("BinaryFocalCrossentropy", make_binary_focal, {"binary_focal_crossentropy"});
  Known::add("CategoricalGeneralizedCrossEntropy", make_generalized);
  return true;
}();

}  // namespace

CategoricalFocalCrossentropy::CategoricalFocalCrossentropy(CategoricalFocalOptions options)
    : PlainLoss("CategoricalFocalCrossentropy", "categorical_focal_crossentropy", TargetKind::kClassRows,
                {options.reduction, options.name}),
      options_(std::move(options)) {
  require(options_.label_smoothing >= 0 && options_.label_smoothing <= 1,
          "label_smoothing must lie in [0, 1]");
  require(!options_.alpha.empty(), "alpha must be a number, or one for each class");
  require(std::isfinite(options_.gamma), "gamma must be a number");
}

Json CategoricalFocalCrossentropy::config() const {
  Json alpha = options_.alpha[0];
  if (options_.alpha.size() > 1) {
    alpha = Json::list({});
    for (const double a : options_.alpha) alpha.push_back(a);
  }
  Json config = PlainLoss::config();
  config["from_logits"] = options_.from_logits;
  config["label_smoothing"] = options_.label_smoothing;
  config["axis"] = options_.axis;
  config["alpha"] = alpha;
  config["gamma"] = options_.gamma;
  return config;
}

Tensor CategoricalFocalCrossentropy::values(const Tensor& y_true, const Tensor& y_pred) const {
  auto [target, output] = detail::match_shapes(name(), y_true, y_pred);
  if (output.rank() == 0) throw InvalidArgument("'" + name() + "': predictions need an axis of classes");
  const int64_t classes = output.shape()[-1];
  if (options_.alpha.size() > 1 && static_cast<int64_t>(options_.alpha.size()) != classes) {
    throw InvalidArgument("'" + name() + "': alpha has " + std::to_string(options_.alpha.size()) +
                          " numbers for predictions of shape " + y_pred.shape().str());
  }
  if (options_.label_smoothing > 0) {
    target =
        target * (1 - options_.label_smoothing) + options_.label_smoothing / static_cast<double>(classes);
  }
  const int axis = detail::own_axis(name(), options_.axis, output.shape());
  if (options_.from_logits) output = softmax(output, axis);
  output = clip(output / sum(output, {axis}, true), kEpsilon, 1 - kEpsilon);
  const Tensor weight = power(1.0 - output, options_.gamma);
  const Tensor weighted = options_.alpha.size() > 1
                              ? weight * cast(Tensor::from(options_.alpha, {classes}), output.dtype())
                              : weight * options_.alpha[0];
  return sum(weighted * (-target * log(output)), {axis});
}

BinaryFocalCrossentropy::BinaryFocalCrossentropy(BinaryFocalOptions options)
    : PlainLoss("BinaryFocalCrossentropy", "binary_focal_crossentropy", TargetKind::kYesNo,
                {options.reduction, options.name}),
      options_(std::move(options)) {
  require(options_.label_smoothing >= 0 && options_.label_smoothing <= 1,
          "label_smoothing must lie in [0, 1]");
  require(std::isfinite(options_.gamma) && std::isfinite(options_.alpha), "alpha and gamma must be numbers");
}

Json BinaryFocalCrossentropy::config() const {
  Json config = PlainLoss::config();
  config["from_logits"] = options_.from_logits;
  config["label_smoothing"] = options_.label_smoothing;
  config["axis"] = options_.axis;
  config["apply_class_balancing"] = options_.apply_class_balancing;
  config["alpha"] = options_.alpha;
  config["gamma"] = options_.gamma;
  return config;
}

Tensor BinaryFocalCrossentropy::values(const Tensor& y_true, const Tensor& y_pred) const {
  auto [target, output] = detail::match_shapes(name(), y_true, y_pred);
  if (options_.label_smoothing > 0)
    target = target * (1 - options_.label_smoothing) + 0.5 * options_.label_smoothing;
  if (options_.from_logits) output = sigmoid(output);
  const Tensor of_target = target * output + (1.0 - target) * (1.0 - output);
  Tensor each = power(1.0 - of_target, options_.gamma) * binary_crossentropy(target, output);
  if (options_.apply_class_balancing)
    each = (target * options_.alpha + (1.0 - target) * (1 - options_.alpha)) * each;
  return detail::mean_of_axis(name(), each, options_.axis);
}

CategoricalGeneralizedCrossEntropy::CategoricalGeneralizedCrossEntropy(
    const GeneralizedCrossEntropyOptions& options)
    : PlainLoss("CategoricalGeneralizedCrossEntropy", "categorical_generalized_cross_entropy",
                TargetKind::kClassNumbers, {options.reduction, options.name}),
      q_(options.q) {
  require(q_ > 0 && q_ < 1, "q must lie in (0, 1)");
}

Json CategoricalGeneralizedCrossEntropy::config() const {
  Json config = PlainLoss::config();
  config["q"] = q_;
  return config;
}

Tensor CategoricalGeneralizedCrossEntropy::values(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor target = detail::match_labels(name(), y_true, y_pred);
  const Tensor row = one_hot(cast(target, DType::kInt32), y_pred.shape()[-1], y_pred.dtype());
  return (1.0 - power(sum(y_pred * row, {-1}), q_)) / q_;
}

void CategoricalGeneralizedCrossEntropy::check_targets(const Tensor& y_true, const Shape& output) const {
  detail::check_labels(name(), y_true, output);
}

}  // namespace lamina
