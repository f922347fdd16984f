// Names and sizes of dtypes, and conversions of the 16-bit floats.
#include "lamina/base/dtype.h"

#include <array>
#include <bit>
#include <ostream>
#include <vector>

#include "lamina/base/error.h"

namespace lamina {
namespace {

struct Info {
  const char* name;
  size_t size;
};
constexpr std::array<Info, 10> kInfo = {{{"bool", 1},
                                         {"int8", 1},
                                         {"int16", 2},
                                         {"int32", 4},
                                         {"int64", 8},
                                         {"uint8", 1},
                                         {"float16", 2},
                                         {"bfloat16", 2},
                                         {"float32", 4},
                                         {"float64", 8}}};

}  // namespace

size_t size_of(DType dtype) { return kInfo[static_cast<size_t>(dtype)].size; }
std::ostream& operator<<(std::ostream& out, DType dtype) { return out << name(dtype); }

const char* name(DType dtype) { return kInfo[static_cast<size_t>(dtype)].name; }

DType dtype_from_name(const std::string& name) {
  std::vector<std::string> known;
  for (size_t i = 0; i < kInfo.size(); ++i) {
    if (name == kInfo[i].name) return static_cast<DType>(i);
    known.emplace_back(kInfo[i].name);
  }
  throw InvalidArgument("unknown dtype '" + name + "'" + suggest(name, known));
}

bool is_floating(DType dtype) { return dtype >= DType::kFloat16; }
bool is_integer(DType dtype) { return dtype >= DType::kInt8 && dtype <= DType::kUInt8; }

DType promote(DType a, DType b) {
  if (a == b) return a;
  if (a > b) std::swap(a, b);
  if (is_floating(b)) return a == DType::kFloat16 && b == DType::kBFloat16 ? DType::kFloat32 : b;
  if (b == DType::kUInt8 && a != DType::kBool) return a == DType::kInt8 ? DType::kInt16 : a;
  return b;
}

Float16::Float16(float value) {
  const uint32_t f = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (f >> 16) & 0x8000u;
  const uint32_t magnitude = f & 0x7fffffffu;
  if (magnitude >= 0x47800000u) {  // 2^16 and above, infinity, NaN
    const bool nan = magnitude > 0x7f800000u;
    bits = static_cast<uint16_t>(sign | 0x7c00u | (nan ? 0x200u : 0u));
  } else if (magnitude < 0x38800000u) {  // below 2^-14: subnormal; let the float adder do the rounding
    const float scaled = std::bit_cast<float>(magnitude) + 0.5f;
    bits = static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(scaled) - 0x3f000000u));
  } else {
    const uint32_t rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1u);
    bits = static_cast<uint16_t>(sign | ((rounded - 0x38000000u) >> 13));
  }
}

Float16::operator float() const {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000u) << 16;
  const uint32_t exponent = (bits >> 10) & 0x1fu;
  const uint32_t fraction = bits & 0x3ffu;
  if (exponent == 0x1f) return std::bit_cast<float>(sign | 0x7f800000u | (fraction << 13));
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
  const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
  return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(magnitude));
}

BFloat16::BFloat16(float value) {
  const uint32_t f = std::bit_cast<uint32_t>(value);
  const bool nan = (f & 0x7fffffffu) > 0x7f800000u;
  bits = static_cast<uint16_t>(nan ? (f >> 16) | 0x40u : (f + 0x7fffu + ((f >> 16) & 1u)) >> 16);
}

BFloat16::operator float() const { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }

}  // namespace lamina
