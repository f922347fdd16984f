// Chains: float32 instructions each of which works on the result of the one before, which stays in vector
// registers meanwhile. The tile machine runs most instructions so: that halves its traffic with the
// first-level cache. Internal header.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace lamina::detail {

/// What a link does with the value x in the registers, and with its operands y and z.
enum class LinkOp : uint8_t {
  kLoad,   // x becomes y
  kStore,  // y becomes x
  kAdd,
  kSubtract,
  kSubtractFrom,
  kMultiply,
  kDivide,
  kDivideInto,  // x - y, y - x, x / y, y / x
  kMaximum,
  kMaximumFrom,
  kMinimum,
  kMinimumFrom,  // (x, y), (y, x)
  kGreater,
  kGreaterEqual,
  kLess,
  kLessEqual,
  kEqual,
  kNotEqual,  // x becomes a mask
  kSelect,    // x, a mask, ? y : z
  kNegative,
  kAbs,
  kSign,
  kSquare,
  kReciprocal,
  kSqrt,
  kRsqrt,
  kRelu,
  kFloor,
  kCeil,
  kRound,
  kExp,
  kExpm1,
  kLog,
  kLog1p,
  kTanh,
  kSigmoid,
  kErf,
};

/// Where an operand of a link comes from.
enum class LinkSource : uint8_t { kNone, kMemory, kScalar, kSelf };

/// One link, ready to run.
struct ChainLink {
  int code;  ///< chain_code(op, source of y, source of z)
  float* y;
  const float* z;
};

/// What the interpreter dispatches on: one number, so that a link costs one jump.
constexpr int chain_code(LinkOp op, LinkSource y = LinkSource::kNone, LinkSource z = LinkSource::kNone) {
  const bool two = op == LinkOp::kSelect;
  return static_cast<int>(op) * 4 +
         (two ? (y == LinkSource::kScalar) * 2 + (z == LinkSource::kScalar) : static_cast<int>(y));
}

/// Runs `count` links, the first of which loads, on `n` elements. What one link stores may be any link's
/// operand, and operands may be the same memory: each block of elements goes through all links before the
/// next one.
using ChainFunction = void (*)(const ChainLink* links, int count, int64_t n);
ChainFunction chain_function();

/// The link that applies the op of that name to x as operand number `place`, if there is one.
std::optional<LinkOp> link_for(const std::string& op, int place);
inline bool makes_mask(LinkOp op) { return op >= LinkOp::kGreater && op <= LinkOp::kNotEqual; }

}  // namespace lamina::detail
