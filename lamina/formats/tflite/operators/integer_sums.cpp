// Products of integers: the float type that holds their sums, and what becomes of these.
#include "lamina/formats/tflite/operators/integer_sums.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::tflite {

IntegerWeights integer_weights(const Call& call, size_t weights, int axis, int input_bits) {
  const Quantization q = input_quantization(call, weights);
  const Shape shape = call[weights].shape();
  if (axis < 0) axis += shape.rank();
  if (axis < 0 || axis >= shape.rank()) throw InvalidArgument("its weights have too few axes");
  const int64_t channels = shape[axis];
  if (q.scales.size() != 1 && q.scales.size() != static_cast<size_t>(channels))
    throw InvalidArgument(
        fmt::format("its weights have {} scales for {} channels", q.scales.size(), channels));
  if (!q.given()) throw InvalidArgument("its weights have no scale");
  Tensor values = cast(call[weights], DType::kFloat32);
  if (std::any_of(q.zeros.begin(), q.zeros.end(), [](int64_t zero) { return zero != 0; })) {
    Shape seen;
    for (int i = 0; i < shape.rank(); ++i)
      seen.push_back(i == axis ? static_cast<int64_t>(q.zeros.size()) : 1);
    values = subtract(
        values,
        reshape(cast(Tensor::from(q.zeros, {static_cast<int64_t>(q.zeros.size())}), DType::kFloat32), seen));
  }
  // The largest sum that any channel can have, whatever x is.
  double most = 0;
  if (onnx::known(values)) {
    std::vector<int> axes;
    for (int i = 0; i < shape.rank(); ++i) {
      if (i != axis) axes.push_back(i);
    }
    const std::vector<double> sums = onnx::doubles(sum(cast(lamina::abs(values), DType::kFloat64), axes));
    for (const double each : sums) most = std::max(most, each);
  } else {
    most = std::ldexp(1.0, onnx::bits(call.element(weights))) *
           static_cast<double>(shape.size() / std::max<int64_t>(channels, 1));
  }
  most *= std::ldexp(1.0, input_bits);
  if (most > std::ldexp(1.0, 53)) throw Unsupported("its sums have more than 53 bits");
  if (most > std::ldexp(1.0, 24)) values = cast(values, DType::kFloat64);
  IntegerWeights result{settled(values), q.scales};
  if (result.scales.size() == 1) result.scales.assign(static_cast<size_t>(channels), q.scales[0]);
  return result;
}

std::vector<double> products(const Call& call, const std::vector<float>& scales, size_t x) {
  const auto in = static_cast<double>(input_quantization(call, x).scale());
  std::vector<double> result;
  for (const float scale : scales) result.push_back(in * static_cast<double>(scale));
  return result;
}

Scaling scaling_of(const Call& call, size_t bias, size_t x) {
  const bool wide =
      onnx::bits(call.element(x)) > 8 && !(call.has(bias) && call.element(bias) == ElementType::kInt32);
  return wide ? scaled_wide : static_cast<Scaling>(scaled);
}

Value scaled_sums(const Call& call, const Tensor& sums, const std::vector<double>& reals, size_t bias,
                  Scaling scale) {
  const Quantization out = output_quantization(call);
  std::vector<Multiplier> by;
  for (const double real : reals) by.push_back(multiplier_of(real / static_cast<double>(out.scale())));
  Tensor total = cast(sums, DType::kInt64);
  if (call.has(bias)) total = add(total, cast(call[bias], DType::kInt64));
  const Tensor y = scale(total, by);
  return clipped(call, add(y, static_cast<double>(out.zero())), activated_range(call));
}

namespace {

Axes all_but_first(const Tensor& x) {
  std::vector<int> axes;
  for (int i = 1; i < x.rank(); ++i) axes.push_back(i);
  return axes;
}

}  // namespace

IntegerRows rows_in_steps(const Tensor& x) {
  const Tensor rows = cast(x, DType::kFloat32);
  const Axes axes = all_but_first(x);
  const Tensor low = minimum(lamina::min(rows, axes, true), 0.0),
               high = maximum(lamina::max(rows, axes, true), 0.0);
  const Tensor range = subtract(high, low);
  const Tensor steps =
      divide(255.0, where(equal(range, 0.0), full(range.shape(), 255.0, DType::kFloat32), range));
  const Tensor from_low = multiply(low, steps), from_high = multiply(high, steps);
  const Tensor nearer = where(ops::greater(subtract(add(from_low, from_high), 1.0), 0.0),
                              subtract(-128.0, from_low), subtract(127.0, from_high));
  const Tensor zero = lamina::round(clip(nearer, -128, 127));
  const Tensor integers = clip(add(lamina::round(multiply(rows, steps)), zero), -128, 127);
  return {subtract(integers, zero), reciprocal(steps)};
}

IntegerRows rows_by_size(const Tensor& x) {
  const Tensor rows = cast(x, DType::kFloat32);
  const Tensor most = lamina::max(lamina::abs(rows), all_but_first(x), true);
  const Tensor scales = divide(where(equal(most, 0.0), ones_like(most), most), 127.0);
  return {clip(rounded_away(divide(rows, scales)), -127, 127), scales};
}

Tensor hybrid_sums(const IntegerRows& rows, const IntegerWeights& weights,
                   const std::function<Tensor(const Tensor& integers)>& product) {
  const Tensor sums = cast(product(cast(rows.integers, weights.dtype())), DType::kFloat32);
  Shape per_row{rows.scales.shape()[0]};
  for (int i = 1; i < sums.rank(); ++i) per_row.push_back(1);
  const Tensor channels = Tensor::from(weights.scales, {static_cast<int64_t>(weights.scales.size())});
  return multiply(multiply(sums, reshape(rows.scales, per_row)), channels);
}

}  // namespace lamina::tflite
