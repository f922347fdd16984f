// Losses of overlap.
#include "lamina/nn/losses/overlap.h"

#include <algorithm>
#include <cmath>

#include "lamina/nn/losses/detail/make.h"
#include "lamina/nn/losses/detail/match.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/detail/crossentropy.h"

namespace lamina {
namespace {

using lamina::detail::kEpsilon;

OverlapAxes read_axes(ConfigReader& reader) {
  const Json given = reader.json("axis");
  if (given.is_null()) return std::nullopt;
  const auto axis_of = [](int64_t axis) { return static_cast<int>(std::clamp<int64_t>(axis, -64, 64)); };
  if (!given.is_list()) return std::vector<int>{axis_of(reader.integer("axis"))};
  std::vector<int> axes;
  for (const int64_t axis : reader.integers("axis")) axes.push_back(axis_of(axis));
  return axes;
}

Json axes_json(const OverlapAxes& axes) {
  if (!axes) return {};
  Json list = Json::list({});
  for (const int axis : *axes) list.push_back(axis);
  return list;
}

// Over the given axes; where there are none, over all.
Tensor sum_over(const std::string& name, const Tensor& x, const OverlapAxes& axes) {
  if (!axes) return x.rank() == 0 ? x : sum(x);
  for (const int axis : *axes) {
    if (axis >= -x.rank() && axis < x.rank()) continue;
    throw InvalidArgument("'" + name + "': axis " + std::to_string(axis) +
                          " is not one of predictions of shape " + x.shape().str());
  }
  return axes->empty() ? x : sum(x, *axes);
}

std::shared_ptr<Loss> make_dice(const Json& config) {
  ConfigReader reader(config, "Dice");
  DiceOptions options;
  options.axis = read_axes(reader);
  detail::finish_loss(reader, options);
  return std::make_shared<Dice>(options);
}

std::shared_ptr<Loss> make_tversky(const Json& config) {
  ConfigReader reader(config, "Tversky");
  TverskyOptions options;
  options.alpha = reader.number("alpha", options.alpha);
  options.beta = reader.number("beta", options.beta);
  options.axis = read_axes(reader);
  detail::finish_loss(reader, options);
  return std::make_shared<Tversky>(options);
}

const bool overlap_registered = Registry<Loss>::add("Dice", make_dice, {"dice"}) &&
                                Registry<Loss>::add("Tversky", make_tversky, {"tversky"});

}  // namespace

Dice::Dice(DiceOptions options)
    : PlainLoss("Dice", "dice", TargetKind::kClassRows, {options.reduction, options.name}),
      axis_(std::move(options.axis)) {}

Json Dice::config() const {
  Json config = PlainLoss::config();
  config["axis"] = axes_json(axis_);
  return config;
}

Tensor Dice::values(const Tensor& y_true, const Tensor& y_pred) const {
  const auto [target, output] = detail::match_shapes(name(), y_true, y_pred);
  const Tensor both = sum_over(name(), target * output, axis_) * 2.0;
  return 1.0 - both / (sum_over(name(), target, axis_) + sum_over(name(), output, axis_) + kEpsilon);
}

Tversky::Tversky(TverskyOptions options)
    : PlainLoss("Tversky", "tversky", TargetKind::kClassRows, {options.reduction, options.name}),
      alpha_(options.alpha),
      beta_(options.beta),
      axis_(std::move(options.axis)) {
  require(std::isfinite(alpha_) && std::isfinite(beta_), "alpha and beta must be numbers");
}

Json Tversky::config() const {
  Json config = PlainLoss::config();
  config["alpha"] = alpha_;
  config["beta"] = beta_;
  config["axis"] = axes_json(axis_);
  return config;
}

Tensor Tversky::values(const Tensor& y_true, const Tensor& y_pred) const {
  const auto [target, output] = detail::match_shapes(name(), y_true, y_pred);
  const Tensor both = sum_over(name(), target * output, axis_);
  const Tensor missed = sum_over(name(), (1.0 - output) * target, axis_);
  const Tensor wrong = sum_over(name(), output * (1.0 - target), axis_);
  return 1.0 - both / (both + missed * alpha_ + wrong * beta_ + kEpsilon);
}

}  // namespace lamina
