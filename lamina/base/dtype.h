// Element types of tensors, and the two 16-bit float formats that C++20 lacks.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <type_traits>

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

/// Writes name(dtype).
std::ostream& operator<<(std::ostream& out, DType dtype);

namespace detail {
/// Integers by their size, so that `long` and `long long` are both int64. Characters and bool are no numbers.
template <class T>
concept SignedElement = std::signed_integral<T> && !std::same_as<T, char> && !std::same_as<T, wchar_t>;

/// -1 where no dtype fits.
template <class T>
constexpr int dtype_index() {
  const auto as_int = [](DType dtype) { return static_cast<int>(dtype); };
  if constexpr (std::same_as<T, bool>) {
    return as_int(DType::kBool);
  } else if constexpr (std::same_as<T, uint8_t>) {
    return as_int(DType::kUInt8);
  } else if constexpr (SignedElement<T> && sizeof(T) <= 8) {
    return as_int(sizeof(T) == 1   ? DType::kInt8
                  : sizeof(T) == 2 ? DType::kInt16
                  : sizeof(T) == 4 ? DType::kInt32
                                   : DType::kInt64);
  } else if constexpr (std::same_as<T, Float16>) {
    return as_int(DType::kFloat16);
  } else if constexpr (std::same_as<T, BFloat16>) {
    return as_int(DType::kBFloat16);
  } else if constexpr (std::same_as<T, float>) {
    return as_int(DType::kFloat32);
  } else if constexpr (std::same_as<T, double>) {
    return as_int(DType::kFloat64);
  } else {
    return -1;
  }
}
}  // namespace detail

/// Whether tensors can have elements of the C++ type T.
template <class T>
inline constexpr bool is_element_type = detail::dtype_index<std::remove_cv_t<T>>() >= 0;

/// dtype_of<float>() is DType::kFloat32, and so on. Does not compile for other types.
template <class T>
constexpr DType dtype_of() {
  static_assert(
      is_element_type<T>,
      "a tensor's elements are bool, int8_t, int16_t, int32_t, int64_t, uint8_t, Float16, BFloat16, "
      "float or double: convert your values to one of these");
  return static_cast<DType>(detail::dtype_index<std::remove_cv_t<T>>());
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
