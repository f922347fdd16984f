// Hinge losses.
#include "lamina/nn/losses/hinge.h"

#include "lamina/nn/losses/detail/make.h"
#include "lamina/nn/losses/detail/match.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

const bool hinge_registered = [] {
  using Known = Registry<Loss>;
  Known::add("Hinge", detail::make_loss<Hinge>, {"hinge"});
  Known::add("SquaredHinge", detail::make_loss<SquaredHinge>, {"squared_hinge"});
  Known::add("CategoricalHinge", detail::make_loss<CategoricalHinge>, {"categorical_hinge"});
  return true;
}();

// Keras decides for a batch as a whole whether its targets are 0 and 1.
Tensor signs_of(const Tensor& target) {
  const Tensor binary = all(ops::logical_or(equal(target, 0.0), equal(target, 1.0)));
  return where(binary, target * 2.0 - 1.0, target);
}

Tensor below_margin(const std::string& name, const Tensor& y_true, const Tensor& y_pred) {
  const auto [target, output] = detail::match_shapes(name, y_true, y_pred);
  return maximum(1.0 - signs_of(target) * output, 0.0);
}

}  // namespace

Tensor Hinge::values(const Tensor& y_true, const Tensor& y_pred) const {
  return detail::mean_of_last(below_margin(name(), y_true, y_pred));
}

Tensor SquaredHinge::values(const Tensor& y_true, const Tensor& y_pred) const {
  return detail::mean_of_last(square(below_margin(name(), y_true, y_pred)));
}

Tensor CategoricalHinge::values(const Tensor& y_true, const Tensor& y_pred) const {
  const auto [target, output] = detail::match_shapes(name(), y_true, y_pred);
  if (output.rank() == 0) throw InvalidArgument("'" + name() + "': predictions need an axis of classes");
  const Tensor right = sum(target * output, {-1}), wrong = max((1.0 - target) * output, {-1});
  return maximum(wrong - right + 1.0, 0.0);
}

}  // namespace lamina
