// Products: MatMul, Gemm, Einsum, Det.
#include <fmt/format.h>

#include "lamina/formats/onnx/operators/elementwise.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/einsum.h"
#include "lamina/ops/linalg.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/transpose.h"

namespace lamina::onnx {
namespace {

std::vector<Value> matmul_operator(Call& call) {
  if (call.element(0) != call.element(1)) call.fail("its operands are of two types");
  return {Value(wrapped(cast(matmul(call[0], call[1]), storage(call.element())), call.element()), call.element())};
}

std::vector<Value> gemm(Call& call) {
  const double alpha = call.number("alpha", 1.0), beta = call.number("beta", 1.0);
  const bool turn_a = call.integer("transA", 0) != 0, turn_b = call.integer("transB", 0) != 0;
  call.ignore({"broadcast"});
  const ElementType type = call.element();
  const Tensor &a = call[0], &b = call[1];
  if (a.rank() != 2 || b.rank() != 2) call.fail("takes matrices, received " + a.shape().str() + " and " + b.shape().str());
  Tensor y = matmul(a, b, turn_a, turn_b);
  if (alpha != 1) y = multiply(y, alpha);
  if (call.has(2) && beta != 0) y = add(y, beta == 1 ? call[2] : multiply(call[2], beta));
  return {Value(wrapped(cast(y, storage(type)), type), type)};
}

std::vector<Value> einsum_operator(Call& call) {
  std::vector<Tensor> operands;
  for (size_t i = 0; i < call.size(); ++i) operands.push_back(call[i]);
  std::string equation;
  for (const char letter : call.text("equation")) {
    if (letter != ' ') equation.push_back(letter);
  }
  return {Value(einsum(equation, operands), call.element())};
}

const bool kProductsRegistered[] = {
    register_operator("MatMul", 1, matmul_operator, {.trained = {0, 1}, .weighs = true}),
    register_operator("Gemm", 1, gemm, {.trained = {1, 2}, .weighs = true}),
    register_operator("Einsum", 12, einsum_operator),
    register_operator("Det", 11, [](Call& call) -> std::vector<Value> { return {Value(linalg::det(call[0]), call.element())}; })};

}  // namespace
}  // namespace lamina::onnx
