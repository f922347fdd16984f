// Records of arithmetic on the bits of integers.
#include "lamina/ops/bitwise.h"

#include "lamina/ops/cast.h"
#include "lamina/ops/detail/loop_tiles.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

LAMINA_LOOP2(And, C, a& b);
LAMINA_LOOP2(Or, C, a | b);
LAMINA_LOOP2(Xor, C, a ^ b);

template <class C>
bool within(C places) {
  return places >= C{0} && static_cast<uint64_t>(places) < 8 * sizeof(C);
}
LAMINA_LOOP2(LeftShift, C, within(b) ? static_cast<uint64_t>(a) << b : 0);
LAMINA_LOOP2(RightShift, C, within(b) ? a >> b : a < C{0} ? -1 : 0);

/// Euclid's algorithm; magnitudes are unsigned, since the least integer has no opposite.
template <class C>
uint64_t magnitude(C x) {
  return x < C{0} ? uint64_t{0} - static_cast<uint64_t>(x) : static_cast<uint64_t>(x);
}
inline uint64_t common(uint64_t a, uint64_t b) {
  while (b != 0) {
    const uint64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}
LAMINA_LOOP2(Gcd, C, common(magnitude(a), magnitude(b)));
LAMINA_LOOP2(Lcm, C,
             a == C{0} || b == C{0} ? 0 : magnitude(a) / common(magnitude(a), magnitude(b)) * magnitude(b));

template <class F>
const Op& define(const char* name, const char* doc, int cost = 1) {
  return register_op({.name = name,
                      .doc = doc,
                      .inputs = {{"a", DTypeClass::kInteger}, {"b", DTypeClass::kInteger}},
                      .outputs = {"y"},
                      .infer = detail::infer_same,
                      .no_gradient = "the inputs are integers",
                      .tile = detail::integers2<F>,
                      .elementwise = true,
                      .tile_cost = cost});
}

const Op& and_op = define<And>("bitwise_and", "the bits that both have");
const Op& or_op = define<Or>("bitwise_or", "the bits that one has");
const Op& xor_op = define<Xor>("bitwise_xor", "the bits that just one has");
const Op& left_shift_op = define<LeftShift>("left_shift", "a 2^b, of which the dtype's bits stay");
const Op& right_shift_op = define<RightShift>("right_shift", "floor(a / 2^b)");
const Op& gcd_op = define<Gcd>("gcd", "greatest common divisor", 60);
const Op& lcm_op = define<Lcm>("lcm", "least common multiple", 60);

/// Bools stay bools where `truths`, and count as int32 else.
Tensor run(const Op& op, const char* name, const Tensor& a, const Tensor& b, bool truths = false) {
  if (is_symbolic(a) || is_symbolic(b))
    return detail::recorded(name, {detail::operand(a), detail::operand(b)});
  const DType dtype = promote(a.dtype(), b.dtype());
  const DType computed = dtype == DType::kBool ? DType::kInt32 : dtype;
  const Tensor result = apply(op, {}, {cast(a, computed), cast(b, computed)})[0];
  return truths && dtype == DType::kBool ? cast(result, DType::kBool) : result;
}

}  // namespace

Tensor bitwise_and(const Tensor& x, const Tensor& y) { return run(and_op, "BitwiseAnd", x, y, true); }
Tensor bitwise_or(const Tensor& x, const Tensor& y) { return run(or_op, "BitwiseOr", x, y, true); }
Tensor bitwise_xor(const Tensor& x, const Tensor& y) { return run(xor_op, "BitwiseXor", x, y, true); }
Tensor left_shift(const Tensor& x, const Tensor& y) { return run(left_shift_op, "LeftShift", x, y); }
Tensor right_shift(const Tensor& x, const Tensor& y) { return run(right_shift_op, "RightShift", x, y); }
Tensor gcd(const Tensor& x1, const Tensor& x2) { return run(gcd_op, "Gcd", x1, x2); }
Tensor lcm(const Tensor& x1, const Tensor& x2) { return run(lcm_op, "Lcm", x1, x2); }

Tensor bitwise_not(const Tensor& x) {
  if (is_symbolic(x)) return detail::recorded("BitwiseNot", {x});
  if (x.dtype() == DType::kBool) return ops::logical_not(x);
  return bitwise_xor(x, cast(full({}, -1, DType::kInt32), x.dtype()));
}

namespace {

using detail::run_binary;
using detail::run_unary;
const bool bitwise_recorded = detail::register_operations(detail::kNumpyOps,
                                                  {{"BitwiseAnd", run_binary<bitwise_and>, {"x", "y"}},
                                                   {"BitwiseOr", run_binary<bitwise_or>, {"x", "y"}},
                                                   {"BitwiseXor", run_binary<bitwise_xor>, {"x", "y"}},
                                                   {"BitwiseNot", run_unary<bitwise_not>},
                                                   {"BitwiseInvert", run_unary<bitwise_not>},
                                                   {"LeftShift", run_binary<left_shift>, {"x", "y"}},
                                                   {"BitwiseLeftShift", run_binary<left_shift>, {"x", "y"}},
                                                   {"RightShift", run_binary<right_shift>, {"x", "y"}},
                                                   {"BitwiseRightShift", run_binary<right_shift>, {"x", "y"}},
                                                   {"Gcd", run_binary<gcd>, {"x1", "x2"}},
                                                   {"Lcm", run_binary<lcm>, {"x1", "x2"}}});

}  // namespace
}  // namespace lamina
