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
    throw InvalidArgument(fmt::format("its weights have {} scales for {} channels", q.scales.size(), channels));
  if (!q.given()) throw InvalidArgument("its weights have no scale");
  Tensor values = cast(call[weights], DType::kFloat32);
  if (std::any_of(q.zeros.begin(), q.zeros.end(), [](int64_t zero) { return zero != 0; })) {
    Shape seen;
    for (int i = 0; i < shape.rank(); ++i) seen.push_back(i == axis ? static_cast<int64_t>(q.zeros.size()) : 1);
    values = subtract(values, reshape(cast(Tensor::from(q.zeros, {static_cast<int64_t>(q.zeros.size())}), DType::kFloat32), seen));
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
    most = std::ldexp(1.0, onnx::bits(call.element(weights))) * static_cast<double>(shape.size() / std::max<int64_t>(channels, 1));
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

bool wide_sums(const Call& call, size_t bias, size_t x) {
  return onnx::bits(call.element(x)) > 8 && !(call.has(bias) && call.element(bias) == ElementType::kInt32);
}

Value scaled_sums(const Call& call, const Tensor& sums, const std::vector<double>& reals, size_t bias, bool wide) {
  const Quantization out = output_quantization(call);
  std::vector<Multiplier> by;
  for (const double real : reals) by.push_back(multiplier_of(real / static_cast<double>(out.scale())));
  Tensor total = cast(sums, DType::kInt64);
  if (call.has(bias)) total = add(total, cast(call[bias], DType::kInt64));
  const Tensor y = wide ? scaled_wide(total, by) : scaled(total, by);
  return clipped(call, add(y, static_cast<double>(out.zero())), activated_range(call));
}

Tensor hybrid_sums(const Call& call, const Tensor& x, const IntegerWeights& weights,
                   const std::function<Tensor(const Tensor& integers)>& product) {
  std::vector<int> axes;
  for (int i = 1; i < x.rank(); ++i) axes.push_back(i);
  const Tensor rows = cast(x, DType::kFloat32);
  Tensor scale, zero;
  if (option(call, "asymmetric_quantize_inputs") == 0) {
    const Tensor most = lamina::max(lamina::abs(rows), axes, true);
    scale = divide(where(equal(most, 0.0), ones_like(most), most), 127.0);
  } else {
    // The range with zero in it, in 255 steps, and zero on one of them.
    const Tensor low = minimum(lamina::min(rows, axes, true), 0.0), high = maximum(lamina::max(rows, axes, true), 0.0);
    const Tensor range = subtract(high, low);
    scale = divide(where(equal(range, 0.0), full(range.shape(), 255.0, DType::kFloat32), range), 255.0);
    const Tensor from_low = subtract(-128.0, divide(low, scale)), from_high = subtract(127.0, divide(high, scale));
    const Tensor low_error = add(lamina::abs(divide(low, scale)), 128.0), high_error = add(lamina::abs(divide(high, scale)), 127.0);
    const Tensor nearest = rounded_away(where(ops::less(low_error, high_error), from_low, from_high));
    zero = where(equal(range, 0.0), zeros_like(nearest), clip(nearest, -128, 127));
  }
  Tensor integers = rounded_away(zero.defined() ? add(divide(rows, scale), zero) : divide(rows, scale));
  integers = clip(integers, zero.defined() ? -128 : -127, 127);
  if (zero.defined()) integers = subtract(integers, zero);
  const Tensor sums = cast(product(cast(integers, weights.dtype())), DType::kFloat32);
  Shape per_row{scale.shape()[0]};
  for (int i = 1; i < sums.rank(); ++i) per_row.push_back(1);
  const Tensor channels = Tensor::from(weights.scales, {static_cast<int64_t>(weights.scales.size())});
  return multiply(multiply(sums, reshape(scale, per_row)), channels);
}

}  // namespace lamina::tflite
