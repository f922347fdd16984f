// NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss.
#include <fmt/format.h>

#include <optional>

#include "lamina/formats/onnx/operator.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/take.h"
#include "lamina/ops/take_along_axis.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::onnx {
namespace {

// Of logarithms of probabilities (batch, classes, ...) and the classes that were right (batch, ...).
Tensor loss_of(const Call& call, const Tensor& logarithms, const Tensor& target, const Tensor& weight) {
  const std::string reduction = call.text("reduction", "mean");
  if (reduction != "mean" && reduction != "sum" && reduction != "none")
    call.fail("attribute 'reduction' is '" + reduction + "'");
  const Shape& shape = logarithms.shape();
  Shape expected;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (axis != 1) expected.push_back(shape[axis]);
  }
  if (shape.rank() < 2 || target.shape() != expected ||
      (weight.defined() && weight.shape() != Shape{shape[1]}))
    call.fail(
        fmt::format("an input of shape {} and targets of {} do not fit", shape.str(), target.shape().str()));
  const int64_t classes = shape[1];
  Tensor counts;  // bool: not ignored
  Tensor index = target;
  if (call.has_attribute("ignore_index")) {
    counts = not_equal(target, static_cast<double>(call.integer("ignore_index")));
    index = where(counts, target, zeros_like(target));
  }
  // A class that is none gives NaN: a negative one must not count from the end.
  index = where(less(index, 0.0), full({}, static_cast<double>(classes), index.dtype()), index);
  const DType dtype = logarithms.dtype();
  const Tensor found = squeeze(take_along_axis(logarithms, expand_dims(index, 1), 1), 1);
  Tensor weights = weight.defined() ? take(cast(weight, dtype), index, 0) : Tensor();
  if (counts.defined()) {
    weights = weights.defined() ? where(counts, weights, zeros_like(weights)) : cast(counts, dtype);
  }
  Tensor losses = negative(found);
  if (weights.defined()) losses = multiply(losses, weights);
  if (reduction == "none") return losses;
  if (reduction == "sum") return sum(losses);
  return weights.defined() ? divide(sum(losses), sum(weights)) : mean(losses);
}

// Floats of 16 bits as float32.
Tensor wide(const Tensor& x) { return x.dtype() == DType::kFloat64 ? x : cast(x, DType::kFloat32); }

std::vector<Value> negative_log_likelihood(Call& call) {
  const Tensor loss = loss_of(call, wide(call[0]), call[1], call.optional(2));
  return {Value(cast(loss, call[0].dtype()), call.element())};
}

std::vector<Value> softmax_cross_entropy(Call& call) {
  if (call[0].rank() < 2)
    call.fail(fmt::format("an input of shape {} has no classes", call[0].shape().str()));
  const Tensor logarithms = log_softmax(wide(call[0]), 1);
  const Tensor loss = loss_of(call, logarithms, call[1], call.optional(2));
  return {Value(cast(loss, call[0].dtype()), call.element()),
          Value(cast(logarithms, call[0].dtype()), call.element())};
}

const bool kLossesRegistered[] = {register_operator("NegativeLogLikelihoodLoss", 12, negative_log_likelihood),
                            register_operator("SoftmaxCrossEntropyLoss", 12, softmax_cross_entropy)};

}  // namespace
}  // namespace lamina::onnx
