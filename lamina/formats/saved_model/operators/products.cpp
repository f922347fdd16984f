// Products of matrices, and what else mixes axes: MatMul, BatchMatMul, Einsum, matrices by themselves.
#include <fmt/format.h>

#include "lamina/formats/saved_model/operators/results.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/einsum.h"
#include "lamina/ops/full.h"
#include "lamina/ops/linalg.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/where.h"

namespace lamina::tensorflow {
namespace {

std::vector<Value> product(Call& call, const char* turn_a, const char* turn_b) {
  const bool a = call.integer(turn_a, 0) != 0, b = call.integer(turn_b, 0) != 0;
  call.ignore({"grad_a", "grad_b", "grad_x", "grad_y"});
  if (call.has_attribute("a_is_sparse")) call.ignore({"a_is_sparse", "b_is_sparse"});
  return {like(matmul(call[0], call[1], a, b), call.element())};
}

std::vector<Value> einsum_operator(Call& call) {
  std::vector<Tensor> operands;
  for (size_t i = 0; i < call.size(); ++i) operands.push_back(call[i]);
  std::string equation;
  for (const char letter : call.text("equation")) {
    if (letter != ' ') equation.push_back(letter);
  }
  return {like(einsum(equation, operands), call.element())};
}

// Elements at most so many places below and above the diagonal; -1: all of them.
std::vector<Value> band(Call& call) {
  const Tensor& x = call[0];
  if (x.rank() < 2) call.fail("takes matrices, received " + x.shape().str());
  const int64_t below = call.known_integer(1), above = call.known_integer(2);
  const Tensor row = reshape(arange(x.shape()[-2], DType::kInt64), {x.shape()[-2], 1});
  const Tensor column = arange(x.shape()[-1], DType::kInt64);
  Tensor inside = full({x.shape()[-2], x.shape()[-1]}, 1, DType::kBool);
  if (below >= 0) inside = logical_and(inside, less_equal(subtract(row, column), static_cast<double>(below)));
  if (above >= 0) inside = logical_and(inside, less_equal(subtract(column, row), static_cast<double>(above)));
  return {like(where(inside, x, zeros({}, x.dtype())), call.element())};
}

const bool kRegistered[] = {
    register_operator("MatMul", [](Call& call) { return product(call, "transpose_a", "transpose_b"); }),
    register_operator("BatchMatMul", [](Call& call) { return product(call, "adj_x", "adj_y"); }),
    register_operator("BatchMatMulV2", [](Call& call) { return product(call, "adj_x", "adj_y"); }),
    register_operator("BatchMatMulV3", [](Call& call) { return product(call, "adj_x", "adj_y"); }),
    register_operator("Einsum", einsum_operator),
    register_operator("MatrixBandPart", band),
    register_operator("MatrixDeterminant",
                      [](Call& call) -> std::vector<Value> { return {like(linalg::det(call[0]), call.element())}; }),
    register_operator("MatrixInverse",
                      [](Call& call) -> std::vector<Value> {
                        if (call.integer("adjoint", 0) != 0) throw Unsupported("is turned: attribute 'adjoint'");
                        return {like(linalg::inv(call[0]), call.element())};
                      }),
    register_operator("Cholesky", [](Call& call) -> std::vector<Value> {
      return {like(linalg::cholesky(call[0]), call.element())};
    })};

}  // namespace
}  // namespace lamina::tensorflow
