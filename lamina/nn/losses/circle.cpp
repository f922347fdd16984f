// Circle loss.
#include "lamina/nn/losses/circle.h"

#include <cmath>
#include <limits>

#include "lamina/nn/losses/detail/make.h"
#include "lamina/nn/losses/detail/match.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/activations.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

std::shared_ptr<Loss> make_circle(const Json& config) {
  ConfigReader reader(config, "Circle");
  CircleOptions options;
  options.gamma = reader.number("gamma", options.gamma);
  options.margin = reader.number("margin", options.margin);
  options.remove_diagonal = reader.boolean("remove_diagonal", options.remove_diagonal);
  detail::finish_loss(reader, options);
  return std::make_shared<Circle>(options);
}

const bool circle_registered = Registry<Loss>::add("Circle", make_circle, {"circle"});

// log(sum(exp(x))) over the last axis of what `counts`; minus infinity, without a gradient, where nothing
// does.
Tensor logsumexp_of(const Tensor& x, const Tensor& counts) {
  const Tensor some = any(counts, {1});
  const Tensor limited = where(counts, x, -1e30);
  const Tensor each = logsumexp(where(expand_dims(some, 1), limited, 0.0), {1});
  return where(some, each, -std::numeric_limits<double>::infinity());
}

}  // namespace

Circle::Circle(const CircleOptions& options)
    : PlainLoss("Circle", "circle", TargetKind::kClassNumbers, {options.reduction, options.name}),
      gamma_(options.gamma),
      margin_(options.margin),
      remove_diagonal_(options.remove_diagonal) {
  require(std::isfinite(gamma_) && std::isfinite(margin_), "gamma and margin must be numbers");
}

Json Circle::config() const {
  Json config = PlainLoss::config();
  config["gamma"] = gamma_;
  config["margin"] = margin_;
  config["remove_diagonal"] = remove_diagonal_;
  return config;
}

Tensor Circle::values(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor labels = y_true.rank() == 2 && y_true.shape()[1] == 1 ? squeeze(y_true, {-1}) : y_true;
  if (y_pred.rank() != 2 || labels.rank() != 1 || labels.shape()[0] != y_pred.shape()[0]) {
    throw InvalidArgument(
        "loss '" + name() +
        "': targets must be class numbers (batch,), predictions embeddings (batch, dim); received "
        "targets of shape " +
        y_true.shape().str() + " and predictions of shape " + y_pred.shape().str());
  }
  const int64_t batch = labels.shape()[0];
  const Tensor distance = maximum(1.0 - matmul(y_pred, transpose(y_pred)), 0.0);
  const Tensor whole = cast(labels, DType::kInt32);
  const Tensor same = equal(expand_dims(whole, 1), expand_dims(whole, 0));
  const Tensor other = ops::logical_not(same);
  const Tensor places = arange(batch);
  const Tensor positive =
      remove_diagonal_ ? ops::logical_and(same, not_equal(expand_dims(places, 1), expand_dims(places, 0)))
                       : same;
  const DType dtype = distance.dtype();
  const Tensor near_weight = maximum((distance + margin_) * cast(positive, dtype), 0.0);
  const Tensor far_weight = maximum((1 + margin_ - distance) * cast(other, dtype), 0.0);
  const Tensor near = near_weight * (margin_ - distance) * -gamma_;
  const Tensor far = far_weight * (1 - margin_ - distance) * gamma_;
  const Tensor together = logsumexp_of(near, positive) + logsumexp_of(far, other);
  const Tensor finite = isfinite(together);  // of minus infinity softplus is 0, and so is its gradient
  return where(finite, softplus(where(finite, together, 0.0)), 0.0);
}

Tensor Circle::counting(const Tensor&, const Tensor& values) const { return ops::greater(values, 0.0); }

}  // namespace lamina
