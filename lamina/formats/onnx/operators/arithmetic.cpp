// Operators of two numbers and more: arithmetic, comparison, logic, bits.
#include <algorithm>
#include <cmath>

#include "lamina/formats/onnx/operators/elementwise.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/bitwise.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::onnx {
namespace {

using Function = Tensor (*)(const Tensor&, const Tensor&);

// The second operand. Before version 7 it was broadcast only where `broadcast` said so, from `axis` on.
Value second(Call& call) {
  const Value& b = call.value(1);
  call.ignore({"consumed_inputs"});
  if (call.opset() >= 7) return b;
  const bool broadcast = call.integer("broadcast", 0) != 0;
  const int rank = call.value(0).rank();
  int64_t axis = call.integer("axis", rank - b.rank());
  if (!broadcast || b.shape().size() == 1) return b;
  if (axis < 0) axis += rank;
  if (axis < 0 || axis + b.rank() > rank) call.fail("attribute 'axis' does not fit the operands");
  Shape shape = b.shape();
  while (shape.rank() + axis < rank) shape.push_back(1);
  return Value(reshape(b.tensor(), shape), b.type());
}

void require_same_type(Call& call) {
  if (call.element(0) != call.element(1)) {
    call.fail(std::string("its operands are of two types, ") + name(call.element(0)) + " and " +
              name(call.element(1)));
  }
}

template <Function f>
std::vector<Value> arithmetic(Call& call) {
  const Value b = second(call);
  require_same_type(call);
  const ElementType type = call.element();
  return {map(call.value(0), b, [&](const Tensor& x, const Tensor& y) { return wrapped(f(x, y), type); }, type)};
}

template <Function f>
std::vector<Value> to_bool(Call& call) {
  const Value b = second(call);
  return {map(call.value(0), b, [](const Tensor& x, const Tensor& y) { return f(x, y); })};
}

// Of integers: where the quotient towards zero is one more than the one below. By signs, since the least integer has no
// magnitude.
Tensor towards_zero(const Tensor& a, const Tensor& b) {
  return logical_and(not_equal(mod(a, b), 0.0), not_equal(less(a, 0.0), less(b, 0.0)));
}

// Integers are divided towards zero.
Tensor quotient(const Tensor& a, const Tensor& b) {
  if (is_floating(a.dtype())) return divide(a, b);
  if (a.dtype() == DType::kUInt8) return floor_divide(a, b);
  return add(floor_divide(a, b), cast(towards_zero(a, b), a.dtype()));
}

std::vector<Value> modulo(Call& call) {
  require_same_type(call);
  const bool c_style = call.integer("fmod", 0) != 0;
  if (!c_style && is_floating(call.element()) && call.opset() < 28) call.fail("floats need the attribute 'fmod'");
  return {map(call.value(0), call.value(1),
              [&](const Tensor& a, const Tensor& b) {
                if (!c_style || is_unsigned(call.element())) return mod(a, b);
                if (!is_floating(a.dtype())) return where(towards_zero(a, b), subtract(mod(a, b), b), mod(a, b));
                const Tensor magnitude = mod(lamina::abs(a), lamina::abs(b));
                return where(less(a, 0.0), negative(magnitude), magnitude);
              },
              call.element())};
}

std::vector<Value> raised(Call& call) {
  const Value exponent = second(call);
  const ElementType type = call.element();
  const DType dtype = storage(type);
  if (exponent.shape().size() == 1 && exponent.known() && is_floating(dtype)) {
    const double number = doubles(exponent.tensor())[0];
    if (exponent.rank() <= call.value(0).rank() && (number == 2 || number == 0.5 || number == 1)) {
      return {map(call.value(0), [&](const Tensor& x) {
        return number == 2 ? square(x) : number == 1 ? x : lamina::sqrt(x);
      })};
    }
  }
  return {map(call.value(0), exponent,
              [&](const Tensor& x, const Tensor& y) {
                if (y.dtype() == dtype) return wrapped(power(x, y), type);
                if (is_floating(dtype)) return power(x, cast(y, dtype));
                if (is_floating(y.dtype())) return wrapped(cast(power(cast(x, DType::kFloat64), cast(y, DType::kFloat64)), dtype), type);
                return wrapped(power(x, cast(y, dtype)), type);
              },
              type)};
}

// Any number of operands, broadcast since version 8.
template <Function f>
Value folded(Call& call) {
  call.ignore({"consumed_inputs"});
  Value result = call.value(0);
  const ElementType type = call.element();
  for (size_t i = 1; i < call.size(); ++i)
    result = map(result, call.value(i), [&](const Tensor& x, const Tensor& y) { return wrapped(f(x, y), type); }, type);
  return result;
}

template <Function f>
std::vector<Value> all(Call& call) {
  return {folded<f>(call)};
}

std::vector<Value> average(Call& call) {
  const Value sum = folded<lamina::add>(call);
  const auto count = static_cast<double>(call.size());
  return {map(sum, [&](const Tensor& x) { return divide(x, count); })};
}

// Shapes are broadcast as by NumPy; equal strings are equal.
std::vector<Value> same(Call& call) {
  if (!call.value(0).is_strings()) return to_bool<lamina::equal>(call);
  const auto& a = call.value(0).strings();
  const auto& b = call.value(1).strings();
  // Numbers stand for the strings.
  std::vector<std::string> all(a);
  all.insert(all.end(), b.begin(), b.end());
  std::sort(all.begin(), all.end());
  const auto coded = [&](const std::vector<std::string>& texts, const Shape& shape) {
    std::vector<int64_t> codes;
    for (const std::string& text : texts) codes.push_back(std::lower_bound(all.begin(), all.end(), text) - all.begin());
    return Tensor::from(codes, shape);
  };
  return {Value(equal(coded(a, call.value(0).shape()), coded(b, call.value(1).shape())))};
}

std::vector<Value> clipped(Call& call) {
  const ElementType type = call.element();
  if (call.opset() < 11) {
    const double largest = 3.4028234663852886e+38;
    const double low = call.number("min", -largest), high = call.number("max", largest);
    call.ignore({"consumed_inputs"});
    return {map(call.value(0), [&](const Tensor& x) { return clip(x, low, high); }, type)};
  }
  Value result = call.value(0);
  // Bounds that are known are part of the instruction.
  const auto bound = [&](size_t i, double otherwise) -> std::optional<double> {
    if (!call.has(i)) return otherwise;
    if (!call.value(i).known() || !is_floating(type)) return std::nullopt;
    return call.known_number(i);
  };
  if (is_floating(type)) {
    const double infinity = std::numeric_limits<double>::infinity();
    const auto low = bound(1, -infinity), high = bound(2, infinity);
    if (low && high && *low <= *high) return {map(result, [&](const Tensor& x) { return clip(x, *low, *high); }, type)};
  }
  if (call.has(1)) result = map(result, call.value(1), [](const Tensor& x, const Tensor& y) { return maximum(x, y); }, type);
  if (call.has(2)) result = map(result, call.value(2), [](const Tensor& x, const Tensor& y) { return minimum(x, y); }, type);
  return {result};
}

std::vector<Value> shifted(Call& call) {
  require_same_type(call);
  const std::string direction = call.text("direction");
  if (direction != "LEFT" && direction != "RIGHT") call.fail("attribute 'direction' is '" + direction + "'");
  return {map(call.value(0), call.value(1),
              [&](const Tensor& x, const Tensor& y) {
                return wrapped(direction == "LEFT" ? left_shift(x, y) : right_shift(x, y), call.element());
              },
              call.element())};
}

std::vector<Value> chosen(Call& call) {
  if (call.value(1).is_strings()) {
    const Tensor codes = Tensor::from([&] {
      std::vector<int64_t> places(call.value(1).strings().size() + call.value(2).strings().size());
      for (size_t i = 0; i < places.size(); ++i) places[i] = static_cast<int64_t>(i);
      return places;
    }());
    const auto count = static_cast<int64_t>(call.value(1).strings().size());
    const Tensor a = reshape(arange(count, DType::kInt64), call.value(1).shape());
    const Tensor b = add(reshape(arange(static_cast<int64_t>(call.value(2).strings().size()), DType::kInt64),
                                 call.value(2).shape()),
                         static_cast<double>(count));
    const Tensor places = where(call[0], a, b);
    std::vector<std::string> texts;
    for (const int64_t place : integers(places)) {
      texts.push_back(place < count ? call.value(1).strings()[static_cast<size_t>(place)]
                                    : call.value(2).strings()[static_cast<size_t>(place - count)]);
    }
    return {Value::of_strings(std::move(texts), places.shape())};
  }
  // The condition may have more axes than the values: all three are brought to one order.
  const Value& condition = call.value(0);
  const Aligned both = align(call.value(1), call.value(2));
  if (std::is_sorted(both.order.begin(), both.order.end()) || condition.rank() > static_cast<int>(both.order.size()))
    return {Value(where(condition.tensor(), call[1], call[2]), call.element(1))};
  Shape shape;
  for (size_t axis = static_cast<size_t>(condition.rank()); axis < both.order.size(); ++axis) shape.push_back(1);
  for (const int64_t extent : condition.shape()) shape.push_back(extent);
  return {Value::lying(where(Value(reshape(condition.tensor(), shape)).in_order(both.order), both.a, both.b),
                       both.order, call.element(1))};
}

const Parameters kBoth{{0, 1}};

const bool kArithmeticRegistered[] = {
    register_operator("Add", 1, arithmetic<lamina::add>, kBoth),
    register_operator("Sub", 1, arithmetic<lamina::subtract>, kBoth),
    register_operator("Mul", 1, arithmetic<lamina::multiply>, kBoth),
    register_operator("Div", 1, arithmetic<quotient>, kBoth),
    register_operator("Mod", 10, modulo),
    register_operator("Pow", 1, raised),
    register_operator("Max", 1, all<lamina::maximum>),
    register_operator("Min", 1, all<lamina::minimum>),
    register_operator("Sum", 1, all<lamina::add>),
    register_operator("Mean", 1, average),
    register_operator("Equal", 1, same),
    register_operator("Greater", 1, to_bool<ops::greater>),
    register_operator("GreaterOrEqual", 12, to_bool<ops::greater_equal>),
    register_operator("Less", 1, to_bool<ops::less>),
    register_operator("LessOrEqual", 12, to_bool<ops::less_equal>),
    register_operator("And", 1, to_bool<ops::logical_and>),
    register_operator("Or", 1, to_bool<ops::logical_or>),
    register_operator("Xor", 1, to_bool<lamina::not_equal>),
    register_operator("BitwiseAnd", 18, arithmetic<bitwise_and>),
    register_operator("BitwiseOr", 18, arithmetic<bitwise_or>),
    register_operator("BitwiseXor", 18, arithmetic<bitwise_xor>),
    register_operator("BitShift", 11, shifted),
    register_operator("Clip", 1, clipped),
    register_operator("Where", 9, chosen)};

// The slope is broadcast as any second operand, but a slope of one axis was for channels before version 7.
const bool kPRelu = register_operator(
    "PRelu", 1,
    [](Call& call) -> std::vector<Value> {
      call.ignore({"consumed_inputs"});
      Value slope = call.value(1);
      if (call.opset() < 7 && slope.rank() == 1 && call.value(0).rank() > 1) {
        Shape shape = slope.shape();
        while (shape.rank() < call.value(0).rank() - 1) shape.push_back(1);
        slope = Value(reshape(slope.tensor(), shape), slope.type());
      }
      return {map(call.value(0), slope,
                  [](const Tensor& x, const Tensor& a) { return where(less(x, 0.0), multiply(x, a), x); },
                  call.element())};
    },
    {{1}});

}  // namespace
}  // namespace lamina::onnx
