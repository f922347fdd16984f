// Quantisation and options of calls.
#include "lamina/formats/tflite/operators/call.h"

#include <fmt/format.h>

#include <cmath>

#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::tflite {

float Quantization::scale() const {
  if (scales.size() != 1)
    throw InvalidArgument(fmt::format("a tensor has {} scales; expected one", scales.size()));
  return scales[0];
}

int64_t Quantization::zero() const {
  if (zeros.size() != 1)
    throw InvalidArgument(fmt::format("a tensor has {} zero points; expected one", zeros.size()));
  return zeros[0];
}

namespace {

Quantization quantization(const Call& call, const char* side, size_t i) {
  const auto attribute = [&](const char* what) { return fmt::format("{}_{}_{}", side, what, i); };
  Quantization result;
  const auto scales = call.number_list(attribute("scales").c_str());
  if (!scales) return result;
  for (const double scale : *scales) {
    if (!(scale >= 0) || !std::isfinite(scale)) throw InvalidArgument(fmt::format("a scale is {}", scale));
    result.scales.push_back(static_cast<float>(scale));
  }
  result.zeros = call.integer_list(attribute("zeros").c_str()).value_or(std::vector<int64_t>{});
  // Left out they are zero; one may stand for all.
  if (result.zeros.size() < 2)
    result.zeros.resize(result.scales.size(), result.zeros.empty() ? 0 : result.zeros[0]);
  if (result.zeros.size() != result.scales.size())
    throw InvalidArgument(
        fmt::format("has {} scales and {} zero points", result.scales.size(), result.zeros.size()));
  for (const int64_t zero : result.zeros) {
    if (zero < -65536 || zero > 65536) throw InvalidArgument(fmt::format("a zero point is {}", zero));
  }
  const auto axis = call.integer_list(attribute("axis").c_str());
  if (axis && !axis->empty()) result.axis = static_cast<int>((*axis)[0]);
  return result;
}

}  // namespace

Quantization input_quantization(const Call& call, size_t i) { return quantization(call, "in", i); }
Quantization output_quantization(const Call& call, size_t i) { return quantization(call, "out", i); }
Quantization inner_quantization(const Call& call, size_t i) { return quantization(call, "mid", i); }

bool quantized(const Call& call, size_t i) {
  if (!call.has(i)) return false;
  const ElementType type = call.element(i);
  return !onnx::is_floating(type) && type != ElementType::kBool && onnx::bits(type) <= 16 &&
         input_quantization(call, i).given();
}

ElementType output_type(const Call& call, size_t i) {
  const auto types = call.integer_list("out_types");
  if (!types || i >= types->size()) throw InvalidArgument(fmt::format("has no output {}", i));
  return onnx::element_type(static_cast<int>((*types)[i]));
}

Value output(const Call& call, const Tensor& x, size_t i) {
  const ElementType type = output_type(call, i);
  const DType dtype = onnx::storage(type);
  return {x.dtype() == dtype ? x : cast(x, dtype), type};
}

int64_t option(const Call& call, const char* name, int64_t otherwise) {
  return call.integer(name, otherwise);
}

std::vector<int64_t> list_option(const Call& call, const char* name) {
  return call.integer_list(name).value_or(std::vector<int64_t>{});
}

float number_option(const Call& call, const char* name, float otherwise) {
  return static_cast<float>(call.number(name, otherwise));
}

Tensor activated(const Call& call, const Tensor& x) {
  switch (option(call, "fused_activation_function")) {
    case 0:
      return x;
    case 1:
      return is_floating(x.dtype()) ? relu(x) : maximum(x, 0.0);
    case 2:
      return clip(x, -1, 1);
    case 3:
      return clip(x, 0, 6);
    case 4:
      return lamina::tanh(x);
    case 5:
      return lamina::sign(x);
    default:
      throw Unsupported("its fused activation is not known");
  }
}

Range range_of(ElementType type) {
  const int bits = onnx::bits(type);
  if (onnx::is_floating(type) || bits > 32)
    throw Unsupported(fmt::format("quantises to {}", onnx::name(type)));
  if (onnx::is_unsigned(type)) return {0, (int64_t{1} << bits) - 1};
  return {-(int64_t{1} << (bits - 1)), (int64_t{1} << (bits - 1)) - 1};
}

Range activated_range(const Call& call) {
  Range range = range_of(output_type(call));
  const int64_t function = option(call, "fused_activation_function");
  if (function == 0) return range;
  const Quantization out = output_quantization(call);
  const auto integer = [&](float real) {
    const float steps = std::round(real / out.scale());
    return out.zero() + static_cast<int64_t>(std::clamp(steps, -1e9F, 1e9F));
  };
  if (function < 1 || function > 3) throw Unsupported("integers with its fused activation are not known");
  if (function == 2) {
    range.lowest = std::max(range.lowest, integer(-1));
    range.highest = std::min(range.highest, integer(1));
  } else {
    range.lowest = std::max(range.lowest, integer(0));
    if (function == 3) range.highest = std::min(range.highest, integer(6));
  }
  return range;
}

Value clipped(const Call& call, const Tensor& x, const Range& range) {
  return output(call, clip(x, static_cast<double>(range.lowest), static_cast<double>(range.highest)));
}

Tensor centred(const Call& call, size_t i, DType dtype) {
  const Tensor x = cast(call[i], dtype);
  const int64_t zero = input_quantization(call, i).zero();
  return zero == 0 ? x : subtract(x, static_cast<double>(zero));
}

Tensor settled(const Tensor& x) {
  if (onnx::known(x)) x.eval();
  return x;
}

void pass_over_quantization(const Call& call) {
  for (const std::string& name : call.unread()) {
    for (const char* begin : {"in_", "out_", "mid_"}) {
      if (name.starts_with(begin)) call.ignore({name.c_str()});
    }
  }
}

}  // namespace lamina::tflite
