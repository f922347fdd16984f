// Products of matrices, and what else mixes axes: MatMul, BatchMatMul, Einsum, matrices by themselves.
#include <algorithm>
#include <cstdlib>

#include "lamina/formats/saved_model/operators/results.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/einsum.h"
#include "lamina/ops/full.h"
#include "lamina/ops/linalg.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/take.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/where.h"

namespace lamina::tensorflow {
namespace {

std::vector<Value> product(Call& call, const char* turn_a, const char* turn_b) {
  const bool a = call.integer(turn_a, 0) != 0, b = call.integer(turn_b, 0) != 0;
  call.ignore({"grad_a", "grad_b", "grad_x", "grad_y"});
  if (call.has_attribute("a_is_sparse")) call.ignore({"a_is_sparse", "b_is_sparse"});
  // Small integers have products in larger ones.
  const ElementType type =
      call.has_attribute("Tout") ? static_cast<ElementType>(call.integer("Tout")) : call.element();
  const DType dtype = onnx::storage(type);
  return {like(matmul(cast(call[0], dtype), cast(call[1], dtype), a, b), type)};
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

// The places of diagonal k of matrices (rows, columns): one flat index for each of its elements.
std::vector<int64_t> places_of_diagonal(int64_t rows, int64_t columns, int64_t k) {
  std::vector<int64_t> places;
  for (int64_t row = std::max<int64_t>(0, -k); row < rows && row + k < columns; ++row)
    places.push_back(row * columns + row + k);
  return places;
}

int64_t one_diagonal(Call& call, size_t input) {
  call.ignore({"align"});  // of several
  if (call.size() <= input) return 0;
  const std::vector<int64_t> k = call.known_integers(input);
  if (k.size() == 2 && k[0] != k[1]) throw Unsupported("takes a band of diagonals");
  constexpr int64_t kMost = 1 << 24;
  if (k.empty() || k.size() > 2 || std::abs(k[0]) > kMost)
    call.fail("its number of a diagonal is out of range");
  return k[0];
}

// Matrices whose diagonal k is the last axis of x.
std::vector<Value> matrix_of_diagonal(Call& call) {
  const Tensor& x = call[0];
  if (x.rank() < 1) call.fail("takes diagonals, received a number");
  const int64_t k = one_diagonal(call, 1), n = x.shape()[-1];
  const auto extent = [&](size_t input, int64_t least) {
    const int64_t given = call.size() > input ? call.known_integer(input) : -1;
    if (given != -1 && given < least) call.fail("its matrices are smaller than their diagonals");
    return given == -1 ? least : given;
  };
  const int64_t rows = extent(2, n + std::max<int64_t>(0, -k)),
                columns = extent(3, n + std::max<int64_t>(0, k));
  constexpr int64_t kMost = int64_t{1} << 31;
  if (rows > 0 && columns > kMost / rows) call.fail("its matrices are too large");
  const double rest = call.size() > 4 ? call.known_number(4) : 0;
  std::vector<int64_t> sources(static_cast<size_t>(rows * columns), n);  // one behind the last: the rest
  const std::vector<int64_t> places = places_of_diagonal(rows, columns, k);
  for (size_t i = 0; i < places.size() && static_cast<int64_t>(i) < n; ++i)
    sources[static_cast<size_t>(places[i])] = static_cast<int64_t>(i);
  std::vector<std::pair<int64_t, int64_t>> pads(static_cast<size_t>(x.rank()), {0, 0});
  pads.back() = {0, 1};
  Shape shape(x.shape());
  shape.set(-1, rows);
  shape.push_back(columns);
  return {
      like(reshape(take(pad(x, pads, rest), Tensor::from(sources), x.rank() - 1), shape), call.element())};
}

std::vector<Value> diagonal_of_matrix(Call& call) {
  const Tensor& x = call[0];
  if (x.rank() < 2) call.fail("takes matrices, received " + x.shape().str());
  const std::vector<int64_t> places = places_of_diagonal(x.shape()[-2], x.shape()[-1], one_diagonal(call, 1));
  Shape flat;
  for (int i = 0; i < x.rank() - 2; ++i) flat.push_back(x.shape()[i]);
  flat.push_back(x.shape()[-2] * x.shape()[-1]);
  return {like(take(reshape(x, flat), integers_value(places).tensor(), flat.rank() - 1), call.element())};
}

const bool kProductsRegistered[] = {
    register_operator("MatrixDiag", matrix_of_diagonal),
    register_operator("MatrixDiagV2", matrix_of_diagonal),
    register_operator("MatrixDiagV3", matrix_of_diagonal),
    register_operator("MatrixDiagPart", diagonal_of_matrix),
    register_operator("MatrixDiagPartV2", diagonal_of_matrix),
    register_operator("MatrixDiagPartV3", diagonal_of_matrix),
    register_operator("MatMul", [](Call& call) { return product(call, "transpose_a", "transpose_b"); }),
    register_operator("BatchMatMul", [](Call& call) { return product(call, "adj_x", "adj_y"); }),
    register_operator("BatchMatMulV2", [](Call& call) { return product(call, "adj_x", "adj_y"); }),
    register_operator("BatchMatMulV3", [](Call& call) { return product(call, "adj_x", "adj_y"); }),
    register_operator("Einsum", einsum_operator),
    register_operator("MatrixBandPart", band),
    register_operator(
        "MatrixDeterminant",
        [](Call& call) -> std::vector<Value> { return {like(linalg::det(call[0]), call.element())}; }),
    register_operator("MatrixInverse",
                      [](Call& call) -> std::vector<Value> {
                        if (call.integer("adjoint", 0) != 0)
                          throw Unsupported("is turned: attribute 'adjoint'");
                        return {like(linalg::inv(call[0]), call.element())};
                      }),
    register_operator("Cholesky", [](Call& call) -> std::vector<Value> {
      return {like(linalg::cholesky(call[0]), call.element())};
    })};

}  // namespace
}  // namespace lamina::tensorflow
