// Gaussian error linear units of com.microsoft: Gelu, BiasGelu (x + bias first), FastGelu (by tanh, with a bias at will),
// QuickGelu (x sigmoid(alpha x)).
// https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
#include <cmath>

#include "lamina/formats/onnx/operators/elementwise.h"
#include "lamina/formats/onnx/operators/microsoft.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/special.h"
#include "lamina/ops/trigonometry.h"
#include "lamina/ops/unary.h"

namespace lamina::onnx {
namespace {

Tensor gelu_by_erf(const Tensor& x) {
  return multiply(multiply(x, 0.5), add(lamina::erf(multiply(x, std::sqrt(0.5))), 1.0));
}

Tensor gelu_by_tanh(const Tensor& x) {
  const Tensor inner = multiply(add(x, multiply(multiply(x, square(x)), 0.044715)), std::sqrt(2 / M_PI));
  return multiply(multiply(x, 0.5), add(lamina::tanh(inner), 1.0));
}

Value with_added(const Call& call) {
  if (!call.has(1)) return call.value(0);
  return map(call.value(0), call.value(1), [](const Tensor& a, const Tensor& b) { return add(a, b); }, call.element());
}

const bool kMicrosoftGeluRegistered[] = {
    register_operator("Gelu", 1, [](Call& call) -> std::vector<Value> { return {map(call.value(0), gelu_by_erf, call.element())}; },
                      {}, kMicrosoft),
    register_operator("BiasGelu", 1,
                      [](Call& call) -> std::vector<Value> {
                        call.value(1);  // must be there
                        return {map(with_added(call), gelu_by_erf, call.element())};
                      },
                      {.trained = {1}}, kMicrosoft),
    register_operator("FastGelu", 1,
                      [](Call& call) -> std::vector<Value> { return {map(with_added(call), gelu_by_tanh, call.element())}; },
                      {.trained = {1}}, kMicrosoft),
    register_operator("QuickGelu", 1,
                      [](Call& call) -> std::vector<Value> {
                        const double alpha = call.number("alpha", 1.702);
                        return {map(call.value(0),
                                    [&](const Tensor& x) { return multiply(x, sigmoid(multiply(x, alpha))); }, call.element())};
                      },
                      {}, kMicrosoft)};

}  // namespace
}  // namespace lamina::onnx
