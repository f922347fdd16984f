// What all losses share: reduction, and matching targets to predictions.
#include "lamina/nn/losses/loss.h"

#include <algorithm>

#include "lamina/nn/detail/registry-inl.h"
#include "lamina/nn/losses/detail/match.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"

namespace lamina {

template class Registry<Loss>;

namespace {

Tensor reduce(const Tensor& values, const std::string& reduction, const std::string& name) {
  if (reduction == "none") {
    throw InvalidArgument("loss '" + name +
                          "': reduction \"none\" gives one loss per sample, not a scalar; call values()");
  }
  if (values.rank() == 0) return values;
  return reduction == "sum" ? sum(values) : mean(values);
}

}  // namespace

Tensor Loss::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  return reduce(values(y_true, y_pred), reduction(), name());
}

Tensor Loss::operator()(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) const {
  const Tensor each = values(y_true, y_pred);
  const Tensor weight = cast(sample_weight, each.dtype());
  if (weight.shape() != each.shape()) {
    throw InvalidArgument("loss '" + name() +
                          "': one weight for each loss is needed; received weights of shape " +
                          weight.shape().str() + " for losses of shape " + each.shape().str());
  }
  if (reduction() == "mean_with_sample_weight") return sum(each * weight) / sum(weight);
  return reduce(each * weight, reduction(), name());
}

void Loss::check_targets(const Tensor&, const Shape&) const {}

namespace detail {

void require_reduction(const std::string& class_name, const std::string& reduction) {
  static const std::vector<std::string> known = {"sum_over_batch_size", "sum", "mean",
                                                 "mean_with_sample_weight", "none"};
  if (std::find(known.begin(), known.end(), reduction) != known.end()) return;
  throw InvalidArgument(class_name + ": unknown reduction '" + reduction + "'" + suggest(reduction, known));
}

std::pair<Tensor, Tensor> match_ranks(const Tensor& y_true, const Tensor& y_pred) {
  const int true_rank = y_true.rank(), pred_rank = y_pred.rank();
  if (true_rank == pred_rank + 1 && y_true.shape()[-1] == 1) {
    if (pred_rank == 1) return {y_true, expand_dims(y_pred, -1)};
    return {squeeze(y_true, {-1}), y_pred};
  }
  if (pred_rank == true_rank + 1 && y_pred.shape()[-1] == 1) {
    if (true_rank == 1) return {expand_dims(y_true, -1), y_pred};
    return {y_true, squeeze(y_pred, {-1})};
  }
  return {y_true, y_pred};
}

std::pair<Tensor, Tensor> match_shapes(const std::string& name, const Tensor& y_true, const Tensor& y_pred) {
  auto [target, output] = match_ranks(y_true, y_pred);
  if (target.shape() != output.shape()) {
    throw InvalidArgument("'" + name +
                          "': targets and predictions must have one shape; received targets of shape " +
                          y_true.shape().str() + " and predictions of shape " + y_pred.shape().str());
  }
  return {cast(target, output.dtype()), output};
}

}  // namespace detail
}  // namespace lamina
