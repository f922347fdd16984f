// Element types of ONNX, and the floats of 8 bits and less.
#include "lamina/formats/onnx/element_type.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "lamina/base/error.h"
#include "lamina/formats/onnx/value.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/bitwise.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"

namespace lamina::onnx {
namespace {

struct Row {
  ElementType type;
  const char* name;
  int bits;
  DType storage;
  bool has_storage = true;
};

using enum ElementType;
constexpr Row kRows[] = {{kFloat, "float", 32, DType::kFloat32},
                         {kUInt8, "uint8", 8, DType::kUInt8},
                         {kInt8, "int8", 8, DType::kInt8},
                         {kUInt16, "uint16", 16, DType::kInt32},
                         {kInt16, "int16", 16, DType::kInt16},
                         {kInt32, "int32", 32, DType::kInt32},
                         {kInt64, "int64", 64, DType::kInt64},
                         {kString, "string", 8, DType::kBool, false},
                         {kBool, "bool", 8, DType::kBool},
                         {kFloat16, "float16", 16, DType::kFloat16},
                         {kDouble, "double", 64, DType::kFloat64},
                         {kUInt32, "uint32", 32, DType::kInt64},
                         {kUInt64, "uint64", 64, DType::kInt64},
                         {kComplex64, "complex64", 64, DType::kBool, false},
                         {kComplex128, "complex128", 128, DType::kBool, false},
                         {kBFloat16, "bfloat16", 16, DType::kBFloat16},
                         {kFloat8E4M3FN, "float8e4m3fn", 8, DType::kFloat32},
                         {kFloat8E4M3FNUZ, "float8e4m3fnuz", 8, DType::kFloat32},
                         {kFloat8E5M2, "float8e5m2", 8, DType::kFloat32},
                         {kFloat8E5M2FNUZ, "float8e5m2fnuz", 8, DType::kFloat32},
                         {kUInt4, "uint4", 4, DType::kUInt8},
                         {kInt4, "int4", 4, DType::kInt8},
                         {kFloat4E2M1, "float4e2m1", 4, DType::kFloat32},
                         {kFloat8E8M0, "float8e8m0", 8, DType::kFloat32},
                         {kUInt2, "uint2", 2, DType::kUInt8},
                         {kInt2, "int2", 2, DType::kInt8},
                         {kFloat6E2M3, "float6e2m3", 6, DType::kFloat32},
                         {kFloat6E3M2, "float6e3m2", 6, DType::kFloat32}};

const Row& row(ElementType type) {
  for (const Row& each : kRows) {
    if (each.type == type) return each;
  }
  throw InvalidArgument("ONNX has no element type of number " + std::to_string(static_cast<int>(type)));
}

// A small float: sign, exponent and mantissa bits, and what the codes at the end mean.
struct Format {
  int exponent_bits, mantissa_bits, bias;
  float largest;
  bool infinite;    // has infinities, in IEEE's place
  bool negative_zero_is_nan;
  bool has_nan;
};

Format format_of(ElementType type) {
  switch (type) {
    case kFloat8E4M3FN: return {4, 3, 7, 448, false, false, true};
    case kFloat8E4M3FNUZ: return {4, 3, 8, 240, false, true, true};
    case kFloat8E5M2: return {5, 2, 15, 57344, true, false, true};
    case kFloat8E5M2FNUZ: return {5, 2, 16, 57344, false, true, true};
    case kFloat4E2M1: return {2, 1, 1, 6, false, false, false};
    case kFloat6E2M3: return {2, 3, 1, 7.5F, false, false, false};
    case kFloat6E3M2: return {3, 2, 3, 28, false, false, false};
    default: throw InternalError("no small float");
  }
}

// Powers of two without sign: the exponent is all there is.
float rounded_power(float x, bool saturate, const std::string& mode) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  if (std::isnan(x)) return nan;
  const float magnitude = std::fabs(x);
  if (std::isinf(x)) return saturate ? std::ldexp(1.F, 127) : nan;
  if (magnitude < std::ldexp(1.F, -127)) return std::ldexp(1.F, -127);
  int exponent = 0;
  const float fraction = std::frexp(magnitude, &exponent);  // [1/2, 1)
  const float up_from = mode == "down" ? 1.F : mode == "nearest" ? 0.75F : 0.5F;
  if (fraction < up_from || fraction == 0.5F) --exponent;
  if (exponent > 127) return saturate ? std::ldexp(1.F, 127) : nan;
  return std::ldexp(1.F, std::max(exponent, -127));
}

float rounded_one(float x, ElementType type, bool saturate, const std::string& mode) {
  if (type == kFloat8E8M0) return rounded_power(x, saturate, mode);
  const Format format = format_of(type);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float beyond = format.infinite ? std::numeric_limits<float>::infinity() : nan;
  const float sign = std::signbit(x) ? -1.F : 1.F;
  if (std::isnan(x)) return format.has_nan ? nan : -0.F;
  if (std::isinf(x)) return saturate || !format.has_nan ? sign * format.largest : sign * beyond;
  const float magnitude = std::fabs(x);
  int exponent = 0;
  std::frexp(magnitude, &exponent);
  exponent = std::max(exponent - 1, 1 - format.bias);
  const float step = std::ldexp(1.F, exponent - format.mantissa_bits);
  const float nearest = std::nearbyint(magnitude / step) * step;
  if (nearest > format.largest) return saturate || !format.has_nan ? sign * format.largest : sign * beyond;
  if (nearest == 0 && format.negative_zero_is_nan) return 0;
  return sign * nearest;
}

}  // namespace

const char* name(ElementType type) { return type == kUndefined ? "undefined" : row(type).name; }

ElementType element_type(int number) { return row(static_cast<ElementType>(number)).type; }

DType storage(ElementType type) {
  const Row& found = row(type);
  if (!found.has_storage)
    throw Unsupported(std::string("tensors of ") + found.name + " cannot be computed with");
  return found.storage;
}

ElementType type_of(DType dtype) {
  switch (dtype) {
    case DType::kBool: return kBool;
    case DType::kInt8: return kInt8;
    case DType::kInt16: return kInt16;
    case DType::kInt32: return kInt32;
    case DType::kInt64: return kInt64;
    case DType::kUInt8: return kUInt8;
    case DType::kFloat16: return kFloat16;
    case DType::kBFloat16: return kBFloat16;
    case DType::kFloat32: return kFloat;
    case DType::kFloat64: return kDouble;
  }
  throw InternalError("a dtype that ONNX does not have");
}

int bits(ElementType type) { return row(type).bits; }

bool is_floating(ElementType type) { return row(type).has_storage && lamina::is_floating(storage(type)); }

bool is_unsigned(ElementType type) {
  return type == kUInt8 || type == kUInt16 || type == kUInt32 || type == kUInt64 || type == kUInt4 ||
         type == kUInt2;
}

bool is_small_float(ElementType type) { return is_floating(type) && bits(type) <= 8; }

Tensor wrapped(const Tensor& x, ElementType type) {
  const int used = bits(type);
  if (is_floating(type) || type == kBool || static_cast<size_t>(used) == 8 * size_of(x.dtype())) return x;
  const auto number = [&](int64_t value) { return cast(Tensor::from<int64_t>({value}).reshape({}), x.dtype()); };
  const Tensor low = bitwise_and(x, number((int64_t{1} << used) - 1));
  if (is_unsigned(type)) return low;
  const Tensor half = number(int64_t{1} << (used - 1));
  return subtract(bitwise_xor(low, half), half);
}

Tensor rounded(const Tensor& x, ElementType type, bool saturate, const std::string& mode) {
  if (mode != "up" && mode != "down" && mode != "nearest") throw InvalidArgument("attribute 'round_mode' is '" + mode + "'");
  std::vector<float> values = numbers(x);
  for (float& value : values) value = rounded_one(value, type, saturate, mode);
  return Tensor::from(values, x.shape());
}

float decode(uint32_t code, ElementType type) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  if (type == kFloat8E8M0) return code == 0xFF ? nan : std::ldexp(1.F, static_cast<int>(code & 0xFF) - 127);
  const Format format = format_of(type);
  const uint32_t mantissa = code & ((1U << format.mantissa_bits) - 1);
  const uint32_t highest = (1U << format.exponent_bits) - 1;
  const uint32_t exponent = (code >> format.mantissa_bits) & highest;
  const bool negative = (code >> (format.mantissa_bits + format.exponent_bits)) & 1;
  if (format.negative_zero_is_nan && negative && exponent == 0 && mantissa == 0) return nan;
  if (format.infinite && exponent == highest)
    return mantissa != 0 ? nan : (negative ? -1.F : 1.F) * std::numeric_limits<float>::infinity();
  if (type == kFloat8E4M3FN && exponent == highest && mantissa == 7) return nan;
  const float fraction = std::ldexp(static_cast<float>(mantissa), -format.mantissa_bits);
  const int power = static_cast<int>(exponent == 0 ? 1 : exponent) - format.bias;
  const float magnitude = std::ldexp((exponent == 0 ? 0.F : 1.F) + fraction, power);
  return negative ? -magnitude : magnitude;
}

uint32_t encode(float value, ElementType type) {
  const uint32_t codes = 1U << bits(type);
  for (uint32_t code = 0; code < codes; ++code) {
    const float number = decode(code, type);
    if (std::isnan(value) ? std::isnan(number)
                          : number == value && std::signbit(number) == std::signbit(value))
      return code;
  }
  throw InvalidArgument(std::to_string(value) + " is no " + name(type));
}

}  // namespace lamina::onnx
