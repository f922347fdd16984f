// Element types of tensors, and the two 16-bit float formats that C++20 lacks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace lamina {

/// Element type of a tensor. Names and meaning are NumPy's.
enum class DType : uint8_t {
  kBool,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUInt8,
  kFloat16,
  kBFloat16,
  kFloat32,
  kFloat64
};

/// IEEE 754 binary16. Arithmetic happens in float: convert, compute, convert back (round to nearest, ties to
/// even).
struct Float16 {
  uint16_t bits = 0;
  Float16() = default;
  explicit Float16(float value);
  explicit operator float() const;
};

/// The upper half of a binary32: 8 exponent bits, 7 fraction bits. Rounds to nearest, ties to even.
struct BFloat16 {
  uint16_t bits = 0;
  BFloat16() = default;
  explicit BFloat16(float value);
  explicit operator float() const;
};

/// Bytes of one element.
size_t size_of(DType dtype);

/// "float32", "bool", ...
const char* name(DType dtype);

/// The inverse of name(). Throws InvalidArgument for an unknown name, suggesting the nearest.
DType dtype_from_name(const std::string& name);

bool is_floating(DType dtype);
/// int8 ... int64 and uint8; not bool.
bool is_integer(DType dtype);

/// The dtype in which an operation on `a` and `b` is done: the wider of the two, floats over integers over
/// bool (float16 with bfloat16 gives float32; int8 with uint8 gives int16).
DType promote(DType a, DType b);

/// dtype_of<float>() is DType::kFloat32, and so on.
template <class T>
constexpr DType dtype_of();
template <>
constexpr DType dtype_of<bool>() {
  return DType::kBool;
}
template <>
constexpr DType dtype_of<int8_t>() {
  return DType::kInt8;
}
template <>
constexpr DType dtype_of<int16_t>() {
  return DType::kInt16;
}
template <>
constexpr DType dtype_of<int32_t>() {
  return DType::kInt32;
}
template <>
constexpr DType dtype_of<int64_t>() {
  return DType::kInt64;
}
template <>
constexpr DType dtype_of<uint8_t>() {
  return DType::kUInt8;
}
template <>
constexpr DType dtype_of<Float16>() {
  return DType::kFloat16;
}
template <>
constexpr DType dtype_of<BFloat16>() {
  return DType::kBFloat16;
}
template <>
constexpr DType dtype_of<float>() {
  return DType::kFloat32;
}
template <>
constexpr DType dtype_of<double>() {
  return DType::kFloat64;
}

/// Calls `f` with a value-initialised element of the C++ type that `dtype` names: the one switch over dtypes.
template <class F>
decltype(auto) dispatch(DType dtype, F&& f) {
  switch (dtype) {
    case DType::kBool:
      return f(bool{});
    case DType::kInt8:
      return f(int8_t{});
    case DType::kInt16:
      return f(int16_t{});
    case DType::kInt32:
      return f(int32_t{});
    case DType::kInt64:
      return f(int64_t{});
    case DType::kUInt8:
      return f(uint8_t{});
    case DType::kFloat16:
      return f(Float16{});
    case DType::kBFloat16:
      return f(BFloat16{});
    case DType::kFloat64:
      return f(double{});
    case DType::kFloat32:
      break;
  }
  return f(float{});
}

}  // namespace lamina
