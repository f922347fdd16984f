// Records of comparisons and logic.
#include "lamina/ops/compare.h"

#include "lamina/ops/cast.h"
#include "lamina/ops/detail/elementwise.h"
#include "lamina/ops/detail/promote.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/detail/tiles.h"

namespace lamina {
namespace {

using detail::Compare;
using detail::Logic;
using detail::scalar_like;

const Op& define(const char* name, const char* doc, DTypeClass dtypes,
                 TileFunction (*tile)(std::span<const DType> inputs, DType output)) {
  return register_op({.name = name,
                      .doc = doc,
                      .inputs = {{"a", dtypes}, {"b", dtypes}},
                      .outputs = {"y"},
                      .infer = detail::infer_predicate,
                      .vjp = detail::no_flow,
                      .tile = tile,
                      .elementwise = true});
}

template <Compare kFunction>
TileFunction compare(std::span<const DType> inputs, DType) {
  return detail::compare_tile(kFunction, inputs[0]);
}
template <Logic kFunction>
TileFunction logic(std::span<const DType>, DType) {
  return detail::logic_tile(kFunction);
}

constexpr DTypeClass kAny = DTypeClass::kAny;

const Op& equal_op = define("equal", "a == b", kAny, compare<Compare::kEqual>);
const Op& not_equal_op = define("not_equal", "a != b", kAny, compare<Compare::kNotEqual>);
const Op& greater_op = define("greater", "a > b", kAny, compare<Compare::kGreater>);
const Op& greater_equal_op = define("greater_equal", "a >= b", kAny, compare<Compare::kGreaterEqual>);
const Op& less_op = define("less", "a < b", kAny, compare<Compare::kLess>);
const Op& less_equal_op = define("less_equal", "a <= b", kAny, compare<Compare::kLessEqual>);
const Op& logical_and_op = define("logical_and", "a and b", DTypeClass::kBool, logic<Logic::kAnd>);
const Op& logical_or_op = define("logical_or", "a or b", DTypeClass::kBool, logic<Logic::kOr>);

Tensor run(const Op& op, const Tensor& a, const Tensor& b) {
  return apply(op, {}, detail::in_one_dtype({a, b}))[0];
}

Tensor run_logic(const Op& op, const Tensor& a, const Tensor& b) {
  return apply(op, {}, {cast(a, DType::kBool), cast(b, DType::kBool)})[0];
}

bool drawn(const Tensor& a, const Tensor& b) { return is_symbolic(a) || is_symbolic(b); }
Tensor draw(const char* name, const Tensor& a, const Tensor& b) {
  return detail::recorded(name, {detail::operand(a), detail::operand(b)});
}

}  // namespace

Tensor equal(const Tensor& a, const Tensor& b) {
  return drawn(a, b) ? draw("Equal", a, b) : run(equal_op, a, b);
}
Tensor not_equal(const Tensor& a, const Tensor& b) {
  return drawn(a, b) ? draw("NotEqual", a, b) : run(not_equal_op, a, b);
}
Tensor ops::greater(const Tensor& a, const Tensor& b) {
  return drawn(a, b) ? draw("Greater", a, b) : run(greater_op, a, b);
}
Tensor ops::greater_equal(const Tensor& a, const Tensor& b) {
  return drawn(a, b) ? draw("GreaterEqual", a, b) : run(greater_equal_op, a, b);
}
Tensor ops::less(const Tensor& a, const Tensor& b) {
  return drawn(a, b) ? draw("Less", a, b) : run(less_op, a, b);
}
Tensor ops::less_equal(const Tensor& a, const Tensor& b) {
  return drawn(a, b) ? draw("LessEqual", a, b) : run(less_equal_op, a, b);
}
Tensor ops::logical_and(const Tensor& a, const Tensor& b) {
  return drawn(a, b) ? draw("LogicalAnd", a, b) : run_logic(logical_and_op, a, b);
}
Tensor ops::logical_or(const Tensor& a, const Tensor& b) {
  return drawn(a, b) ? draw("LogicalOr", a, b) : run_logic(logical_or_op, a, b);
}

Tensor equal(const Tensor& a, double b) {
  return is_symbolic(a) ? detail::recorded("Equal", {a, detail::number_json(b)})
                        : equal(a, scalar_like(b, a));
}
Tensor not_equal(const Tensor& a, double b) {
  return is_symbolic(a) ? detail::recorded("NotEqual", {a, detail::number_json(b)})
                        : not_equal(a, scalar_like(b, a));
}
Tensor ops::greater(const Tensor& a, double b) {
  return is_symbolic(a) ? detail::recorded("Greater", {a, detail::number_json(b)})
                        : greater(a, scalar_like(b, a));
}
Tensor ops::greater_equal(const Tensor& a, double b) {
  return is_symbolic(a) ? detail::recorded("GreaterEqual", {a, detail::number_json(b)})
                        : greater_equal(a, scalar_like(b, a));
}
Tensor ops::less(const Tensor& a, double b) {
  return is_symbolic(a) ? detail::recorded("Less", {a, detail::number_json(b)}) : less(a, scalar_like(b, a));
}
Tensor ops::less_equal(const Tensor& a, double b) {
  return is_symbolic(a) ? detail::recorded("LessEqual", {a, detail::number_json(b)})
                        : less_equal(a, scalar_like(b, a));
}

namespace {

using detail::run_binary;
const bool compare_recorded = detail::register_operations(
    detail::kNumpyOps, {{"Equal", run_binary<equal>, {"x1", "x2"}},
                        {"NotEqual", run_binary<not_equal>, {"x1", "x2"}},
                        {"Greater", run_binary<ops::greater>, {"x1", "x2"}},
                        {"GreaterEqual", run_binary<ops::greater_equal>, {"x1", "x2"}},
                        {"Less", run_binary<ops::less>, {"x1", "x2"}},
                        {"LessEqual", run_binary<ops::less_equal>, {"x1", "x2"}},
                        {"LogicalAnd", run_binary<ops::logical_and>, {"x1", "x2"}},
                        {"LogicalOr", run_binary<ops::logical_or>, {"x1", "x2"}}});

}  // namespace

}  // namespace lamina
