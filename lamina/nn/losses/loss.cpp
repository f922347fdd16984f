// What all losses share: reduction, and matching targets to predictions.
#include "lamina/nn/losses/loss.h"

#include <algorithm>

#include "lamina/nn/detail/registry-inl.h"
#include "lamina/nn/losses/detail/match.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/where.h"

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

// What both masks let count; that of predictions may be of fewer axes.
Tensor both_masks(const std::string& name, const Tensor& own, const Tensor& given) {
  if (!given.defined()) return own;
  return ops::logical_and(
      own, cast(broadcast_to(detail::match_weight("loss '" + name + "'", given, own.shape()), own.shape()),
                DType::kBool));
}

}  // namespace

Json LossFunction::config() const { return Json::object({{"name", name_}}); }

Tensor LossFunction::values(const Tensor& y_true, const Tensor& y_pred) const {
  return function_(y_true, y_pred);
}

Tensor Loss::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  return masked(y_true, y_pred, Tensor(), Tensor());
}

Tensor Loss::operator()(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) const {
  return masked(y_true, y_pred, sample_weight, Tensor());
}

Tensor Loss::masked(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight,
                    const Tensor& given_mask) const {
  const Tensor each = values(y_true, y_pred);
  const Tensor own_mask = counting(y_true, each);
  const Tensor mask = own_mask.defined() ? both_masks(name(), own_mask, given_mask) : given_mask;
  if (!sample_weight.defined() && !mask.defined()) return reduce(each, reduction(), name());
  const bool over_rest = reduction() == "mean" || reduction() == "sum_over_batch_size";
  const Tensor weight =
      detail::match_weight("loss '" + name() + "'",
                           detail::merge_mask(sample_weight, mask, each.dtype(), over_rest), each.shape());
  if (reduction() == "mean_with_sample_weight") {
    const Tensor total = sum(broadcast_to(weight, each.shape()));
    return where(equal(total, 0.0), zeros_like(total),
                 sum(each * weight) / where(equal(total, 0.0), 1.0, total));
  }
  return reduce(each * weight, reduction(), name());
}

std::shared_ptr<const Loss> Loss::from_function(Function function) {
  return std::make_shared<LossFunction>("function", std::move(function));
}

LossFunction::LossFunction(std::string name, Function function)
    : name_(std::move(name)), function_(std::move(function)) {
  if (!function_) throw InvalidArgument("a loss is an empty function");
  if (name_.empty()) throw InvalidArgument("a loss function needs a name");
}

void Loss::check_targets(const Tensor&, const Shape&) const {}

Tensor Loss::counting(const Tensor&, const Tensor&) const { return {}; }

namespace detail {

Tensor merge_mask(const Tensor& sample_weight, const Tensor& mask, DType dtype, bool mean_over_rest) {
  if (!mask.defined()) return cast(sample_weight, dtype);
  Tensor weight = cast(mask, dtype);
  if (mean_over_rest) {
    const Tensor valid = sum(weight);
    const auto total = static_cast<double>(mask.size());
    weight = weight * (total / maximum(valid, 1.0));  // nothing valid: all weights are 0 anyway
  }
  if (!sample_weight.defined()) return weight;
  Tensor given = cast(sample_weight, dtype);
  while (given.rank() < weight.rank()) given = expand_dims(given, -1);
  while (weight.rank() < given.rank()) weight = expand_dims(weight, -1);
  return given * weight;
}

Tensor match_weight(const std::string& what, const Tensor& weight, const Shape& values) {
  Tensor result = weight;
  if (result.rank() == values.rank() + 1 && result.shape()[-1] == 1) result = squeeze(result, {-1});
  while (result.rank() < values.rank()) result = expand_dims(result, -1);
  bool fits = result.rank() == values.rank();
  for (int axis = 0; fits && axis < values.rank(); ++axis)
    fits = result.shape()[axis] == values[axis] || (axis > 0 && result.shape()[axis] == 1);
  if (!fits) {
    throw InvalidArgument(
        what + ": one weight for each value is needed, or one for each sample; received weights of " +
        "shape " + weight.shape().str() + " for values of shape " + values.str());
  }
  return result;
}

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

std::string class_numbers_hint(const Tensor& y_true, const Tensor& y_pred) {
  const bool column = y_true.rank() == y_pred.rank() && y_true.rank() > 0 && y_true.shape()[-1] == 1;
  if (y_true.rank() + 1 != y_pred.rank() && !column) return "";
  const int64_t classes = y_pred.shape()[-1];
  if (classes < 2) return "";
  return "; if targets are numbers of classes, use sparse_categorical_crossentropy, or make rows of them "
         "with "
         "to_categorical(y, " +
         std::to_string(classes) + ")";
}

std::pair<Tensor, Tensor> match_shapes(const std::string& name, const Tensor& y_true, const Tensor& y_pred) {
  auto [target, output] = match_ranks(y_true, y_pred);
  if (target.shape() != output.shape()) {
    throw InvalidArgument("'" + name +
                          "': targets and predictions must have one shape; received targets of shape " +
                          y_true.shape().str() + " and predictions of shape " + y_pred.shape().str() +
                          class_numbers_hint(y_true, y_pred));
  }
  return {cast(target, output.dtype()), output};
}

Tensor match_labels(const std::string& name, const Tensor& y_true, const Tensor& y_pred) {
  const Tensor target = y_true.rank() == y_pred.rank() && y_true.rank() > 0 && y_true.shape()[-1] == 1
                            ? squeeze(y_true, {-1})
                            : y_true;
  bool fits = target.rank() + 1 == y_pred.rank();
  for (int axis = 0; fits && axis < target.rank(); ++axis)
    fits = target.shape()[axis] == y_pred.shape()[axis];
  if (!fits) {
    throw InvalidArgument(
        "loss '" + name +
        "': targets must be class indices, of the shape of the predictions without its last axis; "
        "received targets of shape " +
        y_true.shape().str() + " and predictions of shape " + y_pred.shape().str() +
        (y_true.shape() == y_pred.shape() ? "; for one-hot targets use categorical_crossentropy" : ""));
  }
  return target;
}

void check_labels(const std::string& name, const Tensor& y_true, const Shape& output,
                  std::optional<int64_t> ignored, int axis) {
  const int64_t classes = output[own_axis(name, axis, output)];
  if (classes < 0) return;
  const std::vector<double> labels = y_true.to_vector<double>();
  for (size_t i = 0; i < labels.size(); ++i) {
    if (ignored && labels[i] == static_cast<double>(*ignored)) continue;
    if (labels[i] >= 0 && labels[i] < static_cast<double>(classes) &&
        labels[i] == static_cast<double>(static_cast<int64_t>(labels[i]))) {
      continue;
    }
    throw InvalidArgument("loss '" + name + "': labels must be integers in 0.." +
                          std::to_string(classes - 1) + ", as the model has " + std::to_string(classes) +
                          " outputs; label number " + std::to_string(i) + " is " + Json(labels[i]).dump());
  }
}

int own_axis(const std::string& name, int axis, const Shape& shape) {
  if (axis >= -shape.rank() && axis < shape.rank()) return axis < 0 ? axis + shape.rank() : axis;
  throw InvalidArgument("'" + name + "': axis " + std::to_string(axis) + " is not among those of shape " +
                        shape.str() + "; it must lie from " + std::to_string(-shape.rank()) + " to " +
                        std::to_string(shape.rank() - 1));
}

Tensor with_axis_last(const std::string& name, const Tensor& x, int axis) {
  const int from = own_axis(name, axis, x.shape());
  if (from == x.rank() - 1) return x;
  std::vector<int> order;
  for (int i = 0; i < x.rank(); ++i) {
    if (i != from) order.push_back(i);
  }
  order.push_back(from);
  return transpose(x, order);
}

}  // namespace detail
}  // namespace lamina
