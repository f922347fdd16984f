// Element types of ONNX, and how tensors hold those that Lamina has no dtype for. Internal header.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina::onnx {

/// TensorProto.DataType, with its numbers.
enum class ElementType : int {
  kUndefined = 0,
  kFloat = 1,
  kUInt8 = 2,
  kInt8 = 3,
  kUInt16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kString = 8,
  kBool = 9,
  kFloat16 = 10,
  kDouble = 11,
  kUInt32 = 12,
  kUInt64 = 13,
  kComplex64 = 14,
  kComplex128 = 15,
  kBFloat16 = 16,
  kFloat8E4M3FN = 17,
  kFloat8E4M3FNUZ = 18,
  kFloat8E5M2 = 19,
  kFloat8E5M2FNUZ = 20,
  kUInt4 = 21,
  kInt4 = 22,
  kFloat4E2M1 = 23,
  kFloat8E8M0 = 24,
  kUInt2 = 25,
  kInt2 = 26,
  kFloat6E2M3 = 27,
  kFloat6E3M2 = 28,
};

/// "float", "uint16", "float8e4m3fn": as ONNX writes them in types.
const char* name(ElementType type);

/// The type with that number. Throws InvalidArgument for one that is not known.
ElementType element_type(int number);

/// The dtype in which tensors hold such elements: its own; a wider integer for uint16, uint32 and integers of 2
/// and 4 bits; int64, with the same bits, for uint64; float32 for floats of 8 bits and less. Throws Unsupported
/// for strings and complex numbers.
DType storage(ElementType type);

/// The type of elements that are of `dtype` and nothing else.
ElementType type_of(DType dtype);

/// Bits of an element in a file.
int bits(ElementType type);

bool is_floating(ElementType type);
/// uint8, uint16 and so on, also of 2 and 4 bits.
bool is_unsigned(ElementType type);
/// Floats of 8 bits and less.
bool is_small_float(ElementType type);

/// Integers that left the range of their type, within what holds them, wrapped around as arithmetic of that type
/// would have: x for types that fill their storage.
Tensor wrapped(const Tensor& x, ElementType type);

/// The floats nearest to x, ties to even, that a small float can be. Beyond the largest one: with `saturate` that, or
/// else what the type has for it, infinity or NaN. NaN becomes -0 where there is none. Powers of two without sign (e8m0)
/// are rounded by `mode`: "up", "down" or "nearest". Looks at values.
Tensor rounded(const Tensor& x, ElementType type, bool saturate, const std::string& mode = "up");

/// The number that the lowest bits(type) of `code` stand for, of a small float.
float decode(uint32_t code, ElementType type);
/// Its inverse, for numbers that such a float can be.
uint32_t encode(float value, ElementType type);

}  // namespace lamina::onnx
