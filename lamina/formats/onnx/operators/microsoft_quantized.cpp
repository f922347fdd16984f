// Integers of com.microsoft, which onnxruntime.quantization writes (QuantFormat.QOperator) beside ONNX's own operators:
// numbers come out of integers, are computed with, and become integers again.
// https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
#include <fmt/format.h>

#include <vector>

#include "lamina/formats/onnx/operators/microsoft.h"
#include "lamina/formats/onnx/operators/quantization.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"

namespace lamina::onnx {
namespace {

// A scale or zero point, which is one for all.
Tensor one_number(const Call& call, size_t input, const char* what) {
  const Tensor x = call.optional(input);
  if (!x.defined()) return x;
  if (x.size() != 1) call.fail(fmt::format("its {} has shape {}; expected one number", what, x.shape().str()));
  return reshape(x, Shape{});
}

// Inputs `at`, `at` + 1 and `at` + 2: integers, their scale and their zero point.
Tensor numbers_at(const Call& call, size_t at) {
  call.value(at + 1);
  const Tensor moved = cast(centred(call.value(at), one_number(call, at + 2, "zero point")), DType::kFloat32);
  return multiply(moved, cast(one_number(call, at + 1, "scale"), DType::kFloat32));
}

// The same backwards, for inputs `at` and `at` + 1.
std::vector<Value> integers_of_result(const Call& call, const Tensor& y, size_t at) {
  call.value(at);
  const Tensor zero = one_number(call, at + 1, "zero point");
  const ElementType type = zero.defined() ? call.element(at + 1) : ElementType::kUInt8;
  return {quantized(divide(y, cast(one_number(call, at, "scale"), DType::kFloat32)), zero, type)};
}

std::vector<Value> add_integers(Call& call) {
  return integers_of_result(call, add(numbers_at(call, 0), numbers_at(call, 3)), 6);
}

std::vector<Value> multiply_integers(Call& call) {
  return integers_of_result(call, multiply(numbers_at(call, 0), numbers_at(call, 3)), 6);
}

std::vector<Value> concatenate_integers(Call& call) {
  const auto axis = static_cast<int>(call.integer("axis"));
  std::vector<Tensor> parts;
  for (size_t i = 2; i < call.size(); i += 3) parts.push_back(numbers_at(call, i));
  return integers_of_result(call, concatenate(parts, axis), 0);
}

std::vector<Value> mean_of_integers(Call& call) {
  const bool last = call.integer("channels_last", 0) != 0;
  const Tensor x = numbers_at(call, 0);
  if (x.rank() < 3) call.fail("takes images (batch, channels, ...); received " + x.shape().str());
  std::vector<int> axes;
  for (int axis = last ? 1 : 2; axis < (last ? x.rank() - 1 : x.rank()); ++axis) axes.push_back(axis);
  return integers_of_result(call, mean(x, axes, true), 3);
}

std::vector<Value> sigmoid_of_integers(Call& call) { return integers_of_result(call, sigmoid(numbers_at(call, 0)), 3); }

std::vector<Value> leaky_relu_of_integers(Call& call) {
  const Tensor x = numbers_at(call, 0);
  const double alpha = call.number("alpha", 0.01);
  return integers_of_result(call, add(maximum(x, 0.0), multiply(minimum(x, 0.0), alpha)), 3);
}

std::vector<Value> softmax_of_integers(Call& call) {
  if (call.integer("opset") < 13) throw Unsupported("flattens to two axes, as before opset 13, which is not known here");
  return integers_of_result(call, softmax(numbers_at(call, 0), static_cast<int>(call.integer("axis", -1))), 3);
}

// alpha * A B + C, where C is in units of both scales.
std::vector<Value> gemm_of_integers(Call& call) {
  call.value(4);
  const auto turned = [&](const Tensor& x, const char* flag) {
    if (x.rank() != 2) call.fail("takes matrices; received " + x.shape().str());
    return call.integer(flag, 0) != 0 ? transpose(x, {1, 0}) : x;
  };
  const double alpha = call.number("alpha", 1.0);
  const Tensor a = turned(cast(centred(call.value(0), one_number(call, 2, "zero point")), DType::kFloat64), "transA");
  const Tensor b_zero = call.optional(5);
  const bool turn_b = call.integer("transB", 0) != 0;
  const Shape b_shape = call.value(3).shape();
  const int64_t columns = turn_b ? 0 : 1;
  const Tensor b = turned(cast(centred(call.value(3), spread(b_zero, b_shape, columns, 0)), DType::kFloat64), "transB");
  Tensor sums = matmul(a, b);
  const Tensor scale = multiply(multiply(cast(one_number(call, 1, "scale"), DType::kFloat32),
                                         cast(spread(call[4], sums.shape(), 1, 0), DType::kFloat32)),
                                alpha);
  if (call.has(6)) sums = add(sums, cast(call[6], DType::kFloat64));
  const Tensor y = multiply(cast(sums, DType::kFloat32), scale);
  if (!call.has(7)) return {Value(y)};
  return integers_of_result(call, y, 7);
}

const bool kMicrosoftQuantizedRegistered[] = {register_operator("QLinearAdd", 1, add_integers, {}, kMicrosoft),
                                              register_operator("QLinearMul", 1, multiply_integers, {}, kMicrosoft),
                                              register_operator("QLinearConcat", 1, concatenate_integers, {}, kMicrosoft),
                                              register_operator("QLinearGlobalAveragePool", 1, mean_of_integers, {}, kMicrosoft),
                                              register_operator("QLinearSigmoid", 1, sigmoid_of_integers, {}, kMicrosoft),
                                              register_operator("QLinearLeakyRelu", 1, leaky_relu_of_integers, {}, kMicrosoft),
                                              register_operator("QLinearSoftmax", 1, softmax_of_integers, {}, kMicrosoft),
                                              register_operator("QGemm", 1, gemm_of_integers, {}, kMicrosoft)};

}  // namespace
}  // namespace lamina::onnx
