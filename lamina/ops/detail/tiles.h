// The tile instructions of the built-in elementwise ops: each function gives the instruction for a dtype, or
// null. The records name them; the kernels lie in the *_cpu.cpp files. Internal header.
#pragma once

#include "lamina/graph/op.h"

namespace lamina::detail {

enum class Unary {
  kNegative,
  kAbs,
  kSign,
  kExp,
  kExpm1,
  kLog,
  kLog1p,
  kSqrt,
  kRsqrt,
  kSquare,
  kReciprocal,
  kSin,
  kCos,
  kTan,
  kTanh,
  kSigmoid,
  kRelu,
  kErf,
  kFloor,
  kCeil,
  kRound
};
TileFunction unary_tile(Unary function, DType dtype);

enum class Predicate { kIsNan, kIsFinite, kLogicalNot };
TileFunction predicate_tile(Predicate function, DType dtype);

enum class Binary { kAdd, kSubtract, kMultiply, kDivide, kPower, kMaximum, kMinimum, kMod, kFloorDivide };
TileFunction binary_tile(Binary function, DType dtype);

enum class Compare { kEqual, kNotEqual, kGreater, kGreaterEqual, kLess, kLessEqual };
TileFunction compare_tile(Compare function, DType dtype);
enum class Logic { kAnd, kOr };
TileFunction logic_tile(Logic function);

TileFunction where_tile(DType dtype);
TileFunction cast_tile(DType from, DType to);
TileFunction copy_tile(DType dtype);
TileFunction full_tile(DType dtype);
TileFunction arange_tile(DType dtype);

enum class Random { kBits, kUniform, kNormal };
TileFunction random_tile(Random distribution);

}  // namespace lamina::detail
