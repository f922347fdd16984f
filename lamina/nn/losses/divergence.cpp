// Losses between distributions.
#include "lamina/nn/losses/divergence.h"

#include "lamina/nn/losses/detail/make.h"
#include "lamina/nn/losses/detail/match.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/detail/crossentropy.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

using lamina::detail::kEpsilon;

const bool divergence_registered = [] {
  using Known = Registry<Loss>;
  Known::add("KLDivergence", detail::make_loss<KLDivergence>,
             {"kl_divergence", "kld", "KLD", "kullback_leibler_divergence"});
  Known::add("Poisson", detail::make_loss<Poisson>, {"poisson"});
  return true;
}();

}  // namespace

Tensor KLDivergence::values(const Tensor& y_true, const Tensor& y_pred) const {
  const auto [target, output] = detail::match_shapes(name(), y_true, y_pred);
  const Tensor p = clip(target, kEpsilon, 1), q = clip(output, kEpsilon, 1);
  const Tensor each = p * log(p / q);
  return each.rank() == 0 ? each : sum(each, {-1});
}

Tensor Poisson::values(const Tensor& y_true, const Tensor& y_pred) const {
  const auto [target, output] = detail::match_shapes(name(), y_true, y_pred);
  return detail::mean_of_last(output - target * log(output + kEpsilon));
}

}  // namespace lamina
