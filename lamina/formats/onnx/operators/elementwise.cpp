// Operators of one number: each element by itself.
#include "lamina/formats/onnx/operators/elementwise.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lamina/ops/binary.h"
#include "lamina/ops/bitwise.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/special.h"
#include "lamina/ops/trigonometry.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::onnx {

Aligned align(const Value& a, const Value& b) {
  const int rank = std::max(a.rank(), b.rank());
  const auto plain = [](const Value& x) { return std::is_sorted(x.order().begin(), x.order().end()); };
  // A scalar takes part in any order.
  if (a.shape().size() == 1 && a.rank() <= b.rank())
    return {reshape(a.tensor(), {}), b.in_order(b.order()), b.order()};
  if (b.shape().size() == 1 && b.rank() <= a.rank())
    return {a.in_order(a.order()), reshape(b.tensor(), {}), a.order()};
  const bool by_a = a.rank() == rank && !(plain(a) && b.rank() == rank && !plain(b));
  const Order order = by_a ? a.order() : b.order();
  const auto placed = [&](const Value& x) {
    if (x.rank() == rank) return x.in_order(order);
    if (std::is_sorted(order.begin(), order.end())) return x.tensor();
    Shape shape;
    for (int axis = x.rank(); axis < rank; ++axis) shape.push_back(1);
    for (const int64_t extent : x.shape()) shape.push_back(extent);
    return Value(reshape(x.tensor(), shape)).in_order(order);
  };
  Aligned both{placed(a), placed(b), order};
  // One number for each channel is a vector, which a convolution takes for its bias.
  const bool a_is_less = both.a.size() < both.b.size();
  Tensor& less = a_is_less ? both.a : both.b;
  if ((a_is_less ? both.b : both.a).rank() < rank) return both;  // its axes are the result's
  Shape shape;
  for (const int64_t extent : less.shape()) {
    if (extent != 1 || shape.rank() > 0) shape.push_back(extent);
  }
  if (both.a.size() != both.b.size() && shape.rank() > 0) less = reshape(less, shape);
  return both;
}

namespace {

using Function = Tensor (*)(const Tensor&);

// The result is of the operand's type.
template <Function f>
std::vector<Value> same(Call& call) {
  call.ignore({"consumed_inputs"});
  return {map(
      call.value(0), [](const Tensor& x) { return f(x); }, call.element())};
}

template <Function f>
std::vector<Value> to_bool(Call& call) {
  return {map(call.value(0), [](const Tensor& x) { return f(x); })};
}

template <Function f>
bool add(const char* name) {
  return register_operator(name, 1, same<f>);
}

Tensor floats_rounded(const Tensor& x) { return lamina::round(x); }
Tensor negated(const Tensor& x) { return lamina::negative(x); }

const bool kSame[] = {add<lamina::abs>("Abs"),       add<arccos>("Acos"),       add<arccosh>("Acosh"),
                      add<arcsin>("Asin"),           add<arcsinh>("Asinh"),     add<arctan>("Atan"),
                      add<arctanh>("Atanh"),         add<lamina::ceil>("Ceil"), add<lamina::cos>("Cos"),
                      add<lamina::cosh>("Cosh"),     add<lamina::erf>("Erf"),   add<lamina::exp>("Exp"),
                      add<lamina::floor>("Floor"),   add<lamina::log>("Log"),   add<negated>("Neg"),
                      add<reciprocal>("Reciprocal"), add<relu>("Relu"),         add<floats_rounded>("Round"),
                      add<sigmoid>("Sigmoid"),       add<lamina::sign>("Sign"), add<lamina::sin>("Sin"),
                      add<lamina::sinh>("Sinh"),     add<lamina::sqrt>("Sqrt"), add<lamina::tan>("Tan"),
                      add<lamina::tanh>("Tanh")};

const bool kBool[] = {register_operator("IsNaN", 9, to_bool<lamina::isnan>),
                      register_operator("Not", 1, to_bool<ops::logical_not>)};

const bool kIsInf = register_operator("IsInf", 10, [](Call& call) -> std::vector<Value> {
  const bool negative = call.integer("detect_negative", 1) != 0,
             positive = call.integer("detect_positive", 1) != 0;
  return {map(call.value(0), [&](const Tensor& x) {
    const Tensor infinite = lamina::isinf(x);
    if (negative && positive) return infinite;
    if (!negative && !positive) return logical_and(infinite, full({}, 0, DType::kBool));
    return logical_and(infinite, positive ? greater(x, 0.0) : less(x, 0.0));
  })};
});

const bool kBitwiseNot = register_operator("BitwiseNot", 18, [](Call& call) -> std::vector<Value> {
  return {map(
      call.value(0), [&](const Tensor& x) { return wrapped(bitwise_not(x), call.element()); },
      call.element())};
});

// ---- Activations with parameters ----

// f(x, the call), in float32 for floats of 16 bits: composed functions would round at each step.
template <class F>
std::vector<Value> activation(Call& call, F&& f) {
  const DType dtype = storage(call.element());
  const bool half = dtype == DType::kFloat16 || dtype == DType::kBFloat16;
  call.ignore({"consumed_inputs"});
  return {map(
      call.value(0), [&](const Tensor& x) { return half ? cast(f(cast(x, DType::kFloat32)), dtype) : f(x); },
      call.element())};
}

Tensor softplus(const Tensor& x) {
  return add(maximum(x, 0.0), log1p(lamina::exp(negative(lamina::abs(x)))));
}

const bool kActivations[] = {
    register_operator("Celu", 12,
                      [](Call& call) {
                        const double alpha = call.number("alpha", 1.0);
                        return activation(call, [&](const Tensor& x) {
                          return add(maximum(x, 0.0), minimum(multiply(expm1(divide(x, alpha)), alpha), 0.0));
                        });
                      }),
    register_operator("Elu", 1,
                      [](Call& call) {
                        const double alpha = call.number("alpha", 1.0);
                        return activation(call, [&](const Tensor& x) {
                          return where(less(x, 0.0), multiply(expm1(minimum(x, 0.0)), alpha), x);
                        });
                      }),
    register_operator("Gelu", 20,
                      [](Call& call) {
                        const std::string how = call.text("approximate", "none");
                        if (how != "none" && how != "tanh")
                          call.fail("attribute 'approximate' is '" + how + "'");
                        return activation(call, [&](const Tensor& x) {
                          const Tensor inner =
                              how == "none"
                                  ? lamina::erf(multiply(x, std::sqrt(0.5)))
                                  : lamina::tanh(multiply(add(x, multiply(multiply(x, square(x)), 0.044715)),
                                                          std::sqrt(2 / M_PI)));
                          return multiply(multiply(x, 0.5), add(inner, 1.0));
                        });
                      }),
    register_operator("HardSigmoid", 1,
                      [](Call& call) {
                        const double alpha = call.number("alpha", 0.2), beta = call.number("beta", 0.5);
                        return activation(
                            call, [&](const Tensor& x) { return clip(add(multiply(x, alpha), beta), 0, 1); });
                      }),
    register_operator("HardSwish", 14,
                      [](Call& call) {
                        return activation(call, [](const Tensor& x) {
                          return multiply(x, clip(add(divide(x, 6.0), 0.5), 0, 1));
                        });
                      }),
    register_operator("LeakyRelu", 1,
                      [](Call& call) {
                        const double alpha = call.number("alpha", 0.01);
                        return activation(call, [&](const Tensor& x) {
                          return where(less(x, 0.0), multiply(x, alpha), x);
                        });
                      }),
    register_operator("Mish", 18,
                      [](Call& call) {
                        return activation(
                            call, [](const Tensor& x) { return multiply(x, lamina::tanh(softplus(x))); });
                      }),
    register_operator("Selu", 1,
                      [](Call& call) {
                        const bool old = call.opset() < 6;
                        const double alpha = call.number("alpha", old ? 1.6732 : 1.67326319217681884765625);
                        const double gamma = call.number("gamma", old ? 1.0507 : 1.05070102214813232421875);
                        return activation(call, [&](const Tensor& x) {
                          return multiply(where(greater(x, 0.0), x, multiply(expm1(minimum(x, 0.0)), alpha)),
                                          gamma);
                        });
                      }),
    register_operator("Shrink", 9,
                      [](Call& call) {
                        const double bias = call.number("bias", 0.0), lambda = call.number("lambd", 0.5);
                        return activation(call, [&](const Tensor& x) {
                          const Tensor zero = multiply(x, 0.0);
                          return cast(where(less(x, -lambda), add(x, bias),
                                            where(greater(x, lambda), subtract(x, bias), zero)),
                                      x.dtype());
                        });
                      }),
    register_operator("Softplus", 1, [](Call& call) { return activation(call, softplus); }),
    register_operator("Softsign", 1,
                      [](Call& call) {
                        return activation(
                            call, [](const Tensor& x) { return divide(x, add(lamina::abs(x), 1.0)); });
                      }),
    register_operator("Swish", 24,
                      [](Call& call) {
                        const double alpha = call.number("alpha", 1.0);
                        return activation(
                            call, [&](const Tensor& x) { return multiply(x, sigmoid(multiply(x, alpha))); });
                      }),
    register_operator("ThresholdedRelu", 10, [](Call& call) {
      const double alpha = call.number("alpha", 1.0);
      return activation(call, [&](const Tensor& x) { return where(greater(x, alpha), x, multiply(x, 0.0)); });
    })};

}  // namespace
}  // namespace lamina::onnx
