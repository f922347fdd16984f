// QUANTIZE, DEQUANTIZE, FAKE_QUANT, CAST, BITCAST.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lamina/formats/onnx/operators/cast.h"
#include "lamina/formats/onnx/output_meaning.h"
#include "lamina/formats/tflite/operators/fixed_point.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/unary.h"

namespace lamina::tflite {
namespace {

// Numbers for each place of an axis as they broadcast; one number as it is.
Tensor beside(const std::vector<float>& values, int axis, const Shape& shape) {
  if (values.size() == 1) return Tensor::from(values, Shape{});
  if (axis < 0 || axis >= shape.rank() || shape[axis] != static_cast<int64_t>(values.size()))
    throw InvalidArgument(
        fmt::format("{} scales do not fit axis {} of {}", values.size(), axis, shape.str()));
  Shape seen;
  for (int i = 0; i < shape.rank(); ++i) seen.push_back(i == axis ? shape[axis] : 1);
  return reshape(Tensor::from(values, {static_cast<int64_t>(values.size())}), seen);
}

std::vector<float> floats(const std::vector<int64_t>& values) { return {values.begin(), values.end()}; }

std::vector<Value> quantize(Call& call) {
  const Quantization out = output_quantization(call);
  if (!out.given()) call.fail("its output has no scale");
  const Range range = range_of(output_type(call));
  const Tensor& x = call[0];
  if (is_floating(x.dtype())) {
    const Tensor steps =
        rounded_away(divide(cast(x, DType::kFloat32), beside(out.scales, out.axis, x.shape())));
    return {clipped(call, add(steps, beside(floats(out.zeros), out.axis, x.shape())), range)};
  }
  const Quantization in = input_quantization(call, 0);
  const Multiplier by = multiplier_of(static_cast<double>(in.scale()) / static_cast<double>(out.scale()));
  return {clipped(call, add(scaled(centred(call, 0), {by}), static_cast<double>(out.zero())), range)};
}

std::vector<Value> dequantize(Call& call) {
  const Tensor& x = call[0];
  const Quantization in = input_quantization(call, 0);
  if (is_floating(x.dtype())) return {output(call, x)};
  if (!in.given()) call.fail("its input has no scale");
  const Tensor steps = subtract(cast(x, DType::kFloat32), beside(floats(in.zeros), in.axis, x.shape()));
  return {output(call, multiply(steps, beside(in.scales, in.axis, x.shape())))};
}

// The reals that integers of so many bits could be: the range moved so that zero is among them.
std::vector<Value> fake_quant(Call& call) {
  const float low = number_option(call, "min"), high = number_option(call, "max");
  const int64_t bits = option(call, "num_bits");
  const int64_t lowest = option(call, "narrow_range") != 0 ? 1 : 0;
  if (bits < 2 || bits > 16 || !(low < high)) call.fail("its range or number of bits cannot be");
  const auto least = static_cast<float>(lowest), most = static_cast<float>((int64_t{1} << bits) - 1);
  const float scale = (high - low) / (most - least);
  const float from_low = least - low / scale;
  const float zero = from_low < least ? least : from_low > most ? most : std::round(from_low);
  const float nudged_low = (least - zero) * scale, nudged_high = (most - zero) * scale;
  const Tensor clamped = clip(call[0], static_cast<double>(nudged_low), static_cast<double>(nudged_high));
  const Tensor steps = lamina::floor(
      add(multiply(subtract(clamped, static_cast<double>(nudged_low)), static_cast<double>(1 / scale)), 0.5));
  return {output(call, add(multiply(steps, static_cast<double>(scale)), static_cast<double>(nudged_low)))};
}

std::vector<Value> cast_operator(Call& call) {
  call.ignore({"in_data_type", "out_data_type"});
  return {onnx::cast_to(call.value(0), output_type(call))};
}

const bool kQuantizationRegistered[] = {builtin<quantize>("QUANTIZE"), builtin<dequantize>("DEQUANTIZE"),
                            builtin<fake_quant>("FAKE_QUANT"), builtin<cast_operator>("CAST")};
[[maybe_unused]] const bool kQuantizationMeans[] = {onnx::register_meaning(kDomain, "QUANTIZE", ""),
                                                    onnx::register_meaning(kDomain, "DEQUANTIZE", "")};

}  // namespace
}  // namespace lamina::tflite
