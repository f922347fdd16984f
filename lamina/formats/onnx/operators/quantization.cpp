// QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear.
#include "lamina/formats/onnx/operators/quantization.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lamina/formats/onnx/operators/microsoft.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/rearrange.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::onnx {

Tensor spread(const Tensor& x, const Shape& shape, int64_t axis, int64_t block) {
  if (!x.defined() || x.rank() == 0) return x;
  if (x.size() == 1) return reshape(x, Shape{});
  const int rank = shape.rank();
  if (axis < -rank || axis >= rank)
    throw InvalidArgument(fmt::format("axis {} is out of range for an input of shape {}", axis, shape.str()));
  const int at = shape.normalize(static_cast<int>(axis));
  if (block < 0) throw InvalidArgument(fmt::format("block_size is {}; expected a positive number", block));
  if (block == 0) {
    if (x.rank() != 1 || x.shape()[0] != shape[at]) {
      throw InvalidArgument(fmt::format("a scale or zero point of shape {} does not fit axis {} of shape {}",
                                        x.shape().str(), axis, shape.str()));
    }
    Shape seen;
    for (int i = 0; i < rank; ++i) seen.push_back(i == at ? shape[at] : 1);
    return reshape(x, seen);
  }
  bool fits = x.rank() == rank;
  for (int i = 0; fits && i < rank; ++i)
    fits = x.shape()[i] == (i == at ? (shape[i] + block - 1) / block : shape[i]);
  if (!fits) {
    throw InvalidArgument(
        fmt::format("scales or zero points of shape {} do not fit blocks of {} along axis {} of {}",
                    x.shape().str(), block, axis, shape.str()));
  }
  const Tensor repeated = repeat(x, block, at);
  if (repeated.shape()[at] == shape[at]) return repeated;
  std::vector<int64_t> starts(static_cast<size_t>(rank), 0);
  return slice(repeated, starts, shape.dims());
}

Bounds bounds(ElementType type) {
  const int used = bits(type);
  if (is_unsigned(type)) return {0, std::ldexp(1.0, used) - 1};
  return {-std::ldexp(1.0, used - 1), std::ldexp(1.0, used - 1) - 1};
}

Value quantized(const Tensor& x, const Tensor& zero_point, ElementType type, bool saturate) {
  if (is_small_float(type)) {
    Tensor moved = cast(x, DType::kFloat32);
    if (zero_point.defined()) {
      // Adding 0 would lose the sign of -0.
      const std::vector<float> zeros = numbers(zero_point);
      if (std::any_of(zeros.begin(), zeros.end(), [](float zero) { return zero != 0; }))
        moved = add(moved, cast(zero_point, DType::kFloat32));
    }
    return {rounded(moved, type, saturate), type};
  }
  if (is_floating(type) || bits(type) > 16)
    throw Unsupported(fmt::format("numbers cannot be quantized as {}", name(type)));
  Tensor moved = lamina::round(x);
  if (zero_point.defined()) moved = add(moved, cast(zero_point, x.dtype()));
  const auto [lowest, highest] = bounds(type);
  return {cast(clip(moved, lowest, highest), storage(type)), type};
}

Tensor centred(const Value& x, const Tensor& zero_point) {
  const ElementType type = x.type();
  const bool small = is_small_float(type);
  if (!small && (is_floating(type) || bits(type) > 32))
    throw Unsupported(fmt::format("elements of type {} are no quantized numbers", name(type)));
  const DType dtype = small ? DType::kFloat32 : bits(type) > 16 ? DType::kInt64 : DType::kInt32;
  const Tensor numbers = cast(x.tensor(), dtype);
  return zero_point.defined() ? subtract(numbers, cast(zero_point, dtype)) : numbers;
}

namespace {

// An undefined one stays so; of another shape than the scale's it is refused.
Tensor zero_point_beside(const Call& call, const Tensor& scale) {
  const Tensor zero = call.optional(2);
  if (zero.defined() && zero.size() != scale.size()) {
    call.fail(fmt::format("its zero point has shape {}, and its scale {}: they must agree",
                          zero.shape().str(), scale.shape().str()));
  }
  return zero;
}

std::vector<Value> quantize(Call& call) {
  const Tensor &x = call[0], &scale = call[1];
  const int64_t axis = call.integer("axis", 1), block = call.integer("block_size", 0);
  const bool saturate = call.integer("saturate", 1) != 0;
  const int64_t wanted = call.integer("output_dtype", 0), precision = call.integer("precision", 0);
  const Tensor zero = zero_point_beside(call, scale);
  ElementType type = zero.defined() ? call.element(2) : ElementType::kUInt8;
  if (wanted != 0) {
    const ElementType said = element_type(static_cast<int>(wanted));
    if (zero.defined() && said != type)
      call.fail(
          fmt::format("attribute 'output_dtype' says {}, and the zero point is {}", name(said), name(type)));
    type = said;
  }
  DType dtype = scale.dtype();
  if (precision != 0) dtype = storage(element_type(static_cast<int>(precision)));
  if (!lamina::is_floating(dtype)) dtype = DType::kFloat64;
  Tensor ratio = divide(cast(x, dtype), cast(spread(scale, x.shape(), axis, block), dtype));
  if (dtype != DType::kFloat64) ratio = cast(ratio, DType::kFloat32);
  return {quantized(ratio, spread(zero, x.shape(), axis, block), type, saturate)};
}

std::vector<Value> dequantize(Call& call) {
  const Value& x = call.value(0);
  const Tensor& scale = call[1];
  const int64_t axis = call.integer("axis", 1), block = call.integer("block_size", 0);
  const int64_t wanted = call.integer("output_dtype", 0);
  const ElementType type = wanted != 0 ? element_type(static_cast<int>(wanted)) : call.element(1);
  if (!is_floating(type) || is_small_float(type))
    throw Unsupported(fmt::format("numbers of type {} cannot be its result", name(type)));
  const Tensor zero = zero_point_beside(call, scale);
  if (zero.defined() && call.element(2) != x.type())
    call.fail(fmt::format("its zero point is {}, and its input {}", name(call.element(2)), name(x.type())));
  const Tensor moved = cast(centred(x, spread(zero, x.shape(), axis, block)), DType::kFloat32);
  const Tensor factors = cast(spread(scale, x.shape(), axis, block), DType::kFloat32);
  return {Value(cast(multiply(moved, factors), storage(type)), type)};
}

// Of all zeros any scale would do; 1/255 is what the range of 1 has.
std::vector<Value> quantize_dynamically(Call& call) {
  const Tensor x = cast(call[0], DType::kFloat32);
  const Tensor highest = maximum(lamina::max(x), 0.0), lowest = minimum(lamina::min(x), 0.0);
  const Tensor range = subtract(highest, lowest);
  const Tensor scale = divide(where(equal(range, 0.0), ones_like(range), range), 255.0);
  const Tensor zero = lamina::round(clip(negative(divide(lowest, scale)), 0, 255));
  return {quantized(divide(x, scale), zero, ElementType::kUInt8), Value(scale),
          Value(cast(zero, DType::kUInt8))};
}

const bool kQuantizationRegistered[] = {register_operator("QuantizeLinear", 10, quantize),
                            register_operator("DequantizeLinear", 10, dequantize),
                            register_operator("DynamicQuantizeLinear", 11, quantize_dynamically),
                            // ONNX's, for 4 and 16 bits before operator set 21 had them.
                            register_operator("QuantizeLinear", 1, quantize, {}, kMicrosoft),
                            register_operator("DequantizeLinear", 1, dequantize, {}, kMicrosoft)};

}  // namespace
}  // namespace lamina::onnx
