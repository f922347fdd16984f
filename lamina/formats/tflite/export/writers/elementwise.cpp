// Writers of what is computed element by element.
#include <array>

#include "lamina/formats/tflite/export/writer.h"

namespace lamina::tflite {
namespace {

template <fb::BuiltinOperator code>
void same(Writing& w) {
  w.out(0, w.op(code, w.inputs()));
}

// Operators that interpreters have for floats of 32 bits alone.
template <fb::BuiltinOperator code>
void of_floats(Writing& w) {
  if (w.dtype(0) != DType::kFloat32)
    w.refuse("its elements are " + std::string(name(w.dtype(0))) + "; TFLite computes it in float32");
  w.out(0, w.op(code, w.inputs()));
}

void pass_on(Writing& w) { w.out(0, w.in(0)); }
void cast_to(Writing& w) { w.out(0, w.cast(w.in(0), w.out_type().dtype)); }

void reciprocal(Writing& w) { w.out(0, w.op(fb::BuiltinOperator_DIV, {w.number(1), w.in(0)})); }

// e^x - 1: for x below 0 what ELU gives, which is exact near 0.
void expm1_of(Writing& w) {
  const int32_t above = w.op(fb::BuiltinOperator_RELU, {w.in(0)});
  const int32_t below =
      w.op(fb::BuiltinOperator_ELU, {w.op(fb::BuiltinOperator_MINIMUM, {w.in(0), w.number(0)})});
  const int32_t grown = w.op(fb::BuiltinOperator_SUB, {w.op(fb::BuiltinOperator_EXP, {above}), w.number(1)});
  w.out(0, w.op(fb::BuiltinOperator_ADD, {grown, below}));
}

void log1p_of(Writing& w) {
  w.out(0, w.op(fb::BuiltinOperator_LOG, {w.op(fb::BuiltinOperator_ADD, {w.in(0), w.number(1)})}));
}

void tangent(Writing& w) {
  w.out(0, w.op(fb::BuiltinOperator_DIV,
                {w.op(fb::BuiltinOperator_SIN, {w.in(0)}), w.op(fb::BuiltinOperator_COS, {w.in(0)})}));
}

void relu_of(Writing& w) {
  if (is_floating(w.dtype(0))) return w.out(0, w.op(fb::BuiltinOperator_RELU, {w.in(0)}));
  w.out(0, w.op(fb::BuiltinOperator_MAXIMUM, {w.in(0), w.number(0)}));
}

// TFLite has no error function; this series errs by 1.5e-7 at most, beside float32's own 6e-8.
void erf_of(Writing& w) {
  constexpr double kP = 0.3275911;
  constexpr std::array kA{1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592};
  const auto two = [&](fb::BuiltinOperator code, int32_t a, int32_t b) { return w.op(code, {a, b}); };
  const int32_t size = w.op(fb::BuiltinOperator_ABS, {w.in(0)});
  const int32_t t =
      two(fb::BuiltinOperator_DIV, w.number(1),
          two(fb::BuiltinOperator_ADD, two(fb::BuiltinOperator_MUL, size, w.number(kP)), w.number(1)));
  int32_t sum = two(fb::BuiltinOperator_MUL, t, w.number(kA[0]));
  for (size_t i = 1; i < kA.size(); ++i)
    sum = two(fb::BuiltinOperator_MUL, two(fb::BuiltinOperator_ADD, sum, w.number(kA[i])), t);
  const int32_t fall = w.op(fb::BuiltinOperator_EXP,
                            {w.op(fb::BuiltinOperator_NEG, {w.op(fb::BuiltinOperator_SQUARE, {w.in(0)})})});
  const int32_t y = two(fb::BuiltinOperator_SUB, w.number(1), two(fb::BuiltinOperator_MUL, sum, fall));
  w.out(0, two(fb::BuiltinOperator_MUL, y, w.op(fb::BuiltinOperator_SIGN, {w.in(0)})));
}

void logical_not_of(Writing& w) {
  w.out(0, w.op(fb::BuiltinOperator_LOGICAL_NOT, {w.cast(w.in(0), DType::kBool)}));
}

template <fb::BuiltinOperator code>
void of_bools(Writing& w) {
  w.out(0, w.op(code, {w.cast(w.in(0), DType::kBool), w.cast(w.in(1), DType::kBool)}));
}

void isnan_of(Writing& w) { w.out(0, w.op(fb::BuiltinOperator_NOT_EQUAL, {w.in(0), w.in(0)})); }

// What is not finite does not cancel itself.
void isfinite_of(Writing& w) {
  const int32_t none = w.builder().op(fb::BuiltinOperator_SUB, {w.in(0), w.in(0)}, w.dtype(0), w.shape(0));
  w.out(0, w.op(fb::BuiltinOperator_EQUAL, {none, none}));
}

void where_of(Writing& w) {
  w.out(0, w.op(fb::BuiltinOperator_SELECT_V2, {w.cast(w.in(0), DType::kBool), w.in(1), w.in(2)}));
}

const bool kElementwiseRegistered[] = {register_writer("exp", of_floats<fb::BuiltinOperator_EXP>),
                            register_writer("log", of_floats<fb::BuiltinOperator_LOG>),
                            register_writer("sqrt", of_floats<fb::BuiltinOperator_SQRT>),
                            register_writer("rsqrt", of_floats<fb::BuiltinOperator_RSQRT>),
                            register_writer("square", of_floats<fb::BuiltinOperator_SQUARE>),
                            register_writer("sin", of_floats<fb::BuiltinOperator_SIN>),
                            register_writer("cos", of_floats<fb::BuiltinOperator_COS>),
                            register_writer("tan", tangent),
                            register_writer("tanh", of_floats<fb::BuiltinOperator_TANH>),
                            register_writer("sigmoid", of_floats<fb::BuiltinOperator_LOGISTIC>),
                            register_writer("floor", of_floats<fb::BuiltinOperator_FLOOR>),
                            register_writer("ceil", of_floats<fb::BuiltinOperator_CEIL>),
                            register_writer("round", of_floats<fb::BuiltinOperator_ROUND>),
                            register_writer("sign", same<fb::BuiltinOperator_SIGN>),
                            register_writer("abs", same<fb::BuiltinOperator_ABS>),
                            register_writer("negative", same<fb::BuiltinOperator_NEG>),
                            register_writer("relu", relu_of),
                            register_writer("reciprocal", reciprocal),
                            register_writer("expm1", expm1_of),
                            register_writer("log1p", log1p_of),
                            register_writer("erf", erf_of),
                            register_writer("isnan", isnan_of),
                            register_writer("isfinite", isfinite_of),
                            register_writer("logical_not", logical_not_of),
                            register_writer("add", same<fb::BuiltinOperator_ADD>),
                            register_writer("subtract", same<fb::BuiltinOperator_SUB>),
                            register_writer("multiply", same<fb::BuiltinOperator_MUL>),
                            register_writer("divide", of_floats<fb::BuiltinOperator_DIV>),
                            register_writer("power", of_floats<fb::BuiltinOperator_POW>),
                            register_writer("maximum", same<fb::BuiltinOperator_MAXIMUM>),
                            register_writer("minimum", same<fb::BuiltinOperator_MINIMUM>),
                            register_writer("mod", same<fb::BuiltinOperator_FLOOR_MOD>),
                            register_writer("floor_divide", same<fb::BuiltinOperator_FLOOR_DIV>),
                            register_writer("arctan2", of_floats<fb::BuiltinOperator_ATAN2>),
                            register_writer("equal", same<fb::BuiltinOperator_EQUAL>),
                            register_writer("not_equal", same<fb::BuiltinOperator_NOT_EQUAL>),
                            register_writer("greater", same<fb::BuiltinOperator_GREATER>),
                            register_writer("greater_equal", same<fb::BuiltinOperator_GREATER_EQUAL>),
                            register_writer("less", same<fb::BuiltinOperator_LESS>),
                            register_writer("less_equal", same<fb::BuiltinOperator_LESS_EQUAL>),
                            register_writer("logical_and", of_bools<fb::BuiltinOperator_LOGICAL_AND>),
                            register_writer("logical_or", of_bools<fb::BuiltinOperator_LOGICAL_OR>),
                            register_writer("where", where_of),
                            register_writer("cast", cast_to),
                            register_writer("to_index", cast_to),
                            register_writer("not_negative", pass_on),
                            register_writer("identity", pass_on),
                            register_writer("stop_gradient", pass_on),
                            register_writer("to_device", pass_on)};

}  // namespace
}  // namespace lamina::tflite
