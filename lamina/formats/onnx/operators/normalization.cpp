// Normalisations: BatchNormalization, InstanceNormalization, LayerNormalization and their kin; Dropout.
#include <fmt/format.h>

#include <cmath>

#include "lamina/formats/onnx/operators/axes.h"
#include "lamina/formats/onnx/operators/cast.h"
#include "lamina/formats/onnx/operators/elementwise.h"
#include "lamina/formats/onnx/operators/windows.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/normalization.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/pool2d.h"
#include "lamina/ops/random.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::onnx {
namespace {

// Channels last, (batch, channels) included.
Order last_of(const Value& x) { return channels_last(x.rank()); }

std::vector<Value> batch_normalization(Call& call) {
  const Value& x = call.value(0);
  const double epsilon = call.number("epsilon", 1e-5), momentum = call.number("momentum", 0.9);
  const bool spatial = call.integer("spatial", 1) != 0;
  const bool training = call.opset() >= 14 ? call.integer("training_mode", 0) != 0
                                           : call.opset() < 7 && call.integer("is_test", 0) == 0 && call.wants(1);
  call.ignore({"consumed_inputs"});
  if (!spatial) throw Unsupported("statistics for each place (spatial = 0) are not supported");
  if (training && call.opset() < 14) throw Unsupported("training of operator sets before 14 is not supported");
  const Order order = last_of(x);
  const Tensor elements = x.in_order(order);
  const DType dtype = elements.dtype();
  Tensor mean_used = call[3], variance_used = call[4];
  std::vector<Value> outputs(1);
  if (training) {
    std::vector<int> axes;
    for (int axis = 0; axis + 1 < elements.rank(); ++axis) axes.push_back(axis);
    const Tensor now = mean(elements, axes), spread = variance(elements, axes);
    const auto moved = [&](const Tensor& old, const Tensor& fresh) {
      return add(multiply(old, momentum), multiply(cast(fresh, old.dtype()), 1 - momentum));
    };
    outputs.push_back(Value(moved(mean_used, now), call.element(3)));
    outputs.push_back(Value(moved(variance_used, spread), call.element(4)));
    mean_used = now;
    variance_used = spread;
  } else {
    // Names of statistics that say what came in.
    if (call.wants(1)) outputs.push_back(call.value(3));
    if (call.wants(2)) outputs.push_back(call.value(4));
  }
  const Tensor scale = divide(call[1], cast(lamina::sqrt(add(variance_used, epsilon)), call[1].dtype()));
  const Tensor shift = subtract(call[2], multiply(cast(mean_used, scale.dtype()), scale));
  outputs[0] = Value::lying(cast(add(multiply(elements, scale), shift), dtype), order, x.type());
  return outputs;
}

// (x - mean) / sqrt(variance + epsilon) over `axes`.
Tensor standardised(const Tensor& x, const Axes& axes, double epsilon) {
  const Tensor centred = subtract(x, mean(x, axes, true));
  return multiply(centred, rsqrt(add(mean(square(centred), axes, true), epsilon)));
}

std::vector<Value> instance_normalization(Call& call) {
  const Value& x = call.value(0);
  const double epsilon = call.number("epsilon", 1e-5);
  call.ignore({"consumed_inputs"});
  const Order order = last_of(x);
  std::vector<int> axes;
  for (int axis = 1; axis + 1 < x.rank(); ++axis) axes.push_back(axis);
  if (axes.empty()) call.fail("takes (batch, channels, ...), received " + x.shape().str());
  const Tensor y = standardised(x.in_order(order), axes, epsilon);
  return {Value::lying(add(multiply(y, call[1]), call[2]), order, x.type())};
}

std::vector<Value> group_normalization(Call& call) {
  const Tensor& x = call[0];
  const double epsilon = call.number("epsilon", 1e-5);
  const int64_t groups = call.integer("num_groups");
  call.ignore({"stash_type"});
  if (x.rank() < 2 || groups < 1 || x.shape()[1] % groups != 0) call.fail("attribute 'num_groups' does not divide the channels");
  const int64_t batch = x.shape()[0], channels = x.shape()[1];
  const DType dtype = x.dtype();
  const Tensor wide = cast(x, dtype == DType::kFloat64 ? dtype : DType::kFloat32);
  const Tensor y = standardised(reshape(wide, {batch, groups, x.size() / std::max<int64_t>(1, batch * groups)}), {2}, epsilon);
  Shape line{1, channels};
  for (int axis = 2; axis < x.rank(); ++axis) line.push_back(1);
  // Scales of version 18 are of groups, later ones of channels.
  const auto spread = [&](const Tensor& t) {
    const Tensor each = t.shape()[0] == channels
                            ? t
                            : reshape(add(reshape(t, {groups, 1}), zeros(Shape{1, channels / groups}, t.dtype())), {channels});
    return reshape(cast(each, wide.dtype()), line);
  };
  return {Value(cast(add(multiply(reshape(y, x.shape()), spread(call[1])), spread(call[2])), dtype), call.element())};
}

std::vector<Value> layer_normalization_operator(Call& call) {
  const Tensor& x = call[0];
  const double epsilon = call.number("epsilon", 1e-5);
  const int axis = axis_of(call.integer("axis", -1), x.rank());
  call.ignore({"stash_type"});
  const DType dtype = x.dtype();
  std::vector<int> axes;
  for (int i = axis; i < x.rank(); ++i) axes.push_back(i);
  Shape slice_shape;
  for (const int i : axes) slice_shape.push_back(x.shape()[i]);
  const bool statistics = call.wants(1) || call.wants(2);
  const auto whole = [&](size_t i) { return !call.has(i) || call.value(i).shape() == slice_shape; };
  if (!statistics && whole(1) && whole(2))
    return {Value(layer_normalization(x, call.optional(1), call.optional(2), axis, epsilon), call.element())};
  const Tensor wide = cast(x, dtype == DType::kFloat64 ? dtype : DType::kFloat32);
  const Tensor middle = mean(wide, axes, true), centred = subtract(wide, middle);
  const Tensor inverse = rsqrt(add(mean(square(centred), axes, true), epsilon));
  Tensor y = cast(multiply(centred, inverse), dtype);
  if (call.has(1)) y = multiply(y, call[1]);
  if (call.has(2)) y = add(y, call[2]);
  return {Value(y, call.element()), Value(middle), Value(inverse)};
}

std::vector<Value> rms(Call& call) {
  const Tensor& x = call[0];
  const double epsilon = call.number("epsilon", 1e-5);
  const int axis = axis_of(call.integer("axis", -1), x.rank());
  call.ignore({"stash_type"});
  std::vector<int> axes;
  for (int i = axis; i < x.rank(); ++i) axes.push_back(i);
  const DType wide = x.dtype() == DType::kFloat64 ? x.dtype() : DType::kFloat32;
  const Tensor elements = cast(x, wide);
  const Tensor y = multiply(elements, rsqrt(add(mean(square(elements), axes, true), epsilon)));
  return {Value(multiply(cast(y, call[1].dtype()), call[1]), call.element(1))};
}

std::vector<Value> lp_normalization(Call& call) {
  const Tensor& x = call[0];
  const int axis = axis_of(call.integer("axis", -1), x.rank());
  const int64_t p = call.integer("p", 2);
  if (p != 1 && p != 2) call.fail(fmt::format("attribute 'p' is {}", p));
  const Tensor norm = p == 1 ? sum(lamina::abs(x), {axis}, true) : lamina::sqrt(sum(square(x), {axis}, true));
  return {Value(where(equal(norm, 0.0), multiply(x, 0.0), divide(x, norm)), call.element())};
}

std::vector<Value> mean_variance(Call& call) {
  const Value& x = call.value(0);
  std::vector<int> axes;
  for (const int64_t axis : call.integer_list("axes").value_or(std::vector<int64_t>{0, 2, 3}))
    axes.push_back(axis_of(axis, x.rank()));
  const Tensor centred = subtract(x.tensor(), mean(x.tensor(), axes, true));
  const Tensor deviation = lamina::sqrt(mean(square(centred), axes, true));
  return {Value(divide(centred, add(deviation, 1e-9)), x.type())};
}

// Local response normalisation: sums of squares over neighbouring channels.
std::vector<Value> lrn(Call& call) {
  const Value& x = call.value(0);
  const double alpha = call.number("alpha", 0.0001), beta = call.number("beta", 0.75), bias = call.number("bias", 1.0);
  const int64_t size = call.integer("size");
  if (size < 1 || size > (1 << 14)) call.fail("attribute 'size' is out of range");
  const Order order = channels_last(x.rank());
  const Tensor elements = x.in_order(order);
  const int64_t before = (size - 1) / 2, after = size / 2, channels = x.shape()[1];
  std::vector<std::pair<int64_t, int64_t>> pads(static_cast<size_t>(x.rank()), {0, 0});
  pads.back() = {before, after};
  const Tensor squares = pad(square(elements), pads);
  Tensor sums;
  for (int64_t i = 0; i < size; ++i) {
    const Tensor part = index(squares, {ellipsis, Slice{i, i + channels}});
    sums = sums.defined() ? add(sums, part) : part;
  }
  return {Value::lying(divide(elements, power(add(multiply(sums, alpha / static_cast<double>(size)), bias), beta)),
                       order, x.type())};
}

std::vector<Value> dropout(Call& call) {
  const Value& x = call.value(0);
  double rate = 0.5;
  bool training = false;
  if (call.opset() < 12) {
    rate = call.number("ratio", 0.5);
    training = call.opset() < 7 && call.integer("is_test", 0) == 0 && false;
    call.ignore({"consumed_inputs", "is_test"});
  } else {
    if (call.has(1)) rate = call.known_number(1);
    training = call.has(2) && call.known_integer(2) != 0;
    call.ignore({"seed"});
  }
  if (!training || rate == 0) {
    std::vector<Value> outputs{x};
    if (call.wants(1)) {
      const Tensor ones = full(x.shape(), 1, DType::kBool);
      outputs.push_back(call.opset() < 10 ? Value(cast(ones, x.tensor().dtype()), x.type()) : Value(ones));
    }
    return outputs;
  }
  const auto [key, stream] = call.random();
  const Tensor kept = greater_equal(random_uniform(key, x.shape(), stream), rate);
  return {Value(where(kept, divide(x.tensor(), 1 - rate), multiply(x.tensor(), 0.0)), x.type()), Value(kept)};
}

const bool kNormalizationRegistered[] = {
    register_operator("BatchNormalization", 1, batch_normalization, {{1, 2}, {3, 4}}),
    register_operator("InstanceNormalization", 1, instance_normalization, {{1, 2}}),
    register_operator("GroupNormalization", 18, group_normalization, {{1, 2}}),
    register_operator("LayerNormalization", 17, layer_normalization_operator, {{1, 2}}),
    register_operator("RMSNormalization", 23, rms, {{1}}),
    register_operator("LpNormalization", 1, lp_normalization),
    register_operator("MeanVarianceNormalization", 9, mean_variance),
    register_operator("LRN", 1, lrn),
    register_run_operator("Dropout", 1, dropout)};

}  // namespace
}  // namespace lamina::onnx
