// einsum and split: values by hand, and what does not fit.
#include "lamina/ops/einsum.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/core/grad.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/random.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/split.h"
#include "lamina/ops/tensordot.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/where.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

Tensor normal(const Shape& shape, int stream) { return random_normal(random_key(2), shape, stream).eval(); }

void expect_close(const Tensor& actual, const Tensor& expected) {
  ASSERT_EQ(actual.shape(), expected.shape());
  const auto a = actual.to_vector<float>(), b = expected.to_vector<float>();
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-4) << i;
}

std::string complaint(const std::function<void()>& action) {
  return test::message_of<InvalidArgument>(action);
}

TEST(Einsum, IsProductsSumsAndTransposes) {
  const Tensor a = normal({2, 3, 4}, 0), b = normal({2, 4, 5}, 1), c = normal({5, 3}, 2), v = normal({4}, 3);
  expect_close(einsum("bij,bjk->bik", {a, b}), matmul(a, b));
  expect_close(einsum("bij, bjk", {a, b}), einsum("bij,bjk->ik", {a, b}));
  expect_close(einsum("bij,bjk->ik", {a, b}), sum(matmul(a, b), {0}));
  expect_close(einsum("bij->jbi", {a}), transpose(a, {2, 0, 1}));
  expect_close(einsum("bij->i", {a}), sum(a, {0, 2}));
  expect_close(einsum("j,bij->bi", {v, a}), sum(a * v, {2}));
  expect_close(einsum("...j,j->...", {a, v}), sum(a * v, {2}));
  expect_close(einsum("i,j->ij", {v, v}), transpose(einsum("i,j->ji", {v, v}), {1, 0}));
  expect_close(einsum("bij,bjk,kl->bil", {a, b, c}), matmul(matmul(a, b), c));
  expect_close(einsum("bij,bjk,kl->", {a, b, c}), sum(matmul(matmul(a, b), c)));
  expect_close(einsum("bij,kl->l", {a, c}), sum(a) * sum(c, {0}));
}

TEST(Einsum, HasGradientsAndOneDtype) {
  const Tensor a = normal({3, 4}, 0), b = normal({4, 2}, 1);
  const auto gradients_of = grad([](const std::vector<Tensor>& x) { return sum(einsum("ij,jk->ik", x)); });
  expect_close(gradients_of({a, b})[0], matmul(ones({3, 2}), b, false, true));
  EXPECT_EQ(einsum("i,i->i", {ones({2}, DType::kInt32), ones({2})}).dtype(), DType::kFloat32);
  EXPECT_EQ(einsum("i,i->", {ones({2}, DType::kInt32), ones({2}, DType::kInt32)}).item<int32_t>(), 2);
}

TEST(Einsum, TakesDiagonals) {
  const Tensor a = normal({3, 3}, 0), b = normal({3, 2, 3, 3}, 1), v = normal({3}, 2);
  expect_close(einsum("ii->i", {a}), a.reshape({9})[Slice{0, 9, 4}]);
  expect_close(einsum("ii", {a}), sum(a.reshape({9})[Slice{0, 9, 4}]));
  expect_close(einsum("iii->i", {normal({2, 2, 2}, 1)}), normal({2, 2, 2}, 1).reshape({8})[Slice{0, 8, 7}]);
  expect_close(einsum("ijki,ii->jk", {b, a}),
               sum(einsum("ijki->ijk", {b}) * einsum("ii->i", {a}).reshape({3, 1, 1}), 0));
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 2; ++j)
      expect_close(einsum("ijki->kij", {b})[{Slice{}, i, j}], b[{i, j, Slice{}, i}]);
  }
  expect_close(grad([](const std::vector<Tensor>& x) { return einsum("ii,i->", x); })({a, v})[0],
               einsum("i,ij->ij", {v, where(equal(expand_dims(arange(3), 1), arange(3)), ones({3, 3}), 0)}));
}

TEST(Einsum, BroadcastsOpenAxes) {
  const Tensor a = normal({2, 1, 3, 4}, 0), b = normal({5, 4, 2}, 1), c = normal({1, 2, 3}, 2);
  expect_close(einsum("...ij,...jk->...ik", {a, b}), matmul(a, b));
  expect_close(einsum("...ij,...jk,...kl", {a, b, c}), matmul(matmul(a, b), c));
  expect_close(einsum("...ij,jk->...ik", {a, normal({4, 2}, 1)}), matmul(a, normal({4, 2}, 1)));
  expect_close(einsum("...ij->...ji", {c}), transpose(c, {0, 2, 1}));
  EXPECT_EQ(einsum("...i,...i->...", {ones({0, 3}), ones({1, 3})}).shape(), (Shape{0}));
}

// Whether a letter is summed over before the product or by it does not show.
TEST(Einsum, KeepsTheDtypeOfIntegers) {
  const Tensor x = full({4}, 100, DType::kInt8);
  for (const Tensor& result : {einsum("i->", {x}), einsum("i,i->", {x, ones({4}, DType::kInt8)})}) {
    EXPECT_EQ(result.dtype(), DType::kInt8);
    EXPECT_EQ(result.item<int>(), 400 - 512);  // modulo 256
  }
}

TEST(Einsum, NamesWhatDoesNotFit) {
  const Tensor a = normal({2, 3}, 0);
  const auto says = [&](const std::string& subscripts, const std::vector<Tensor>& operands,
                        const char* words) {
    const std::string text = complaint([&] { einsum(subscripts, operands); });
    EXPECT_NE(text.find(words), std::string::npos) << text;
    EXPECT_NE(text.find(subscripts), std::string::npos) << text;
  };
  says("ij,jk->ik", {a}, "names 2 operands, received 1");
  says("ijk->i", {a}, "does not fit operand 0 of shape (2, 3)");
  says("ii->i", {a}, "'i' for axes of different extents in shape (2, 3)");
  says("ij->ii", {a}, "'i' twice in the result");
  says("...j,...j->...", {a, normal({3, 3}, 1)}, "does not fit shapes");
  says("ij->k", {a}, "in the result and in no operand");
  says("ij,ij->i", {a, normal({2, 4}, 1)}, "does not fit shapes");
  says("i?->i", {a}, "expected letters");
  EXPECT_NE(complaint([] { einsum("->", {}); }).find("at least one"), std::string::npos);
}

TEST(Split, CutsEvenlyOrAtPlaces) {
  const Tensor x = normal({2, 6}, 0);
  const std::vector<Tensor> halves = split(x, 2, 1);
  ASSERT_EQ(halves.size(), 2u);
  expect_close(halves[1], x[{Slice{}, Slice{3, 6}}]);
  const std::vector<Tensor> parts = split(x, {1, 1, 4}, -1);
  ASSERT_EQ(parts.size(), 4u);
  EXPECT_EQ(parts[1].shape(), (Shape{2, 0}));
  expect_close(parts[3], x[{Slice{}, Slice{4, 6}}]);
  EXPECT_EQ(split(x, {1}).size(), 2u);  // a place, not a number of parts
  EXPECT_EQ(split(x, 1).size(), 1u);
  EXPECT_NE(complaint([&] { split(x, 4, 1); }).find("4 parts"), std::string::npos);
  EXPECT_NE(complaint([&] { split(x, 0, 1); }).find("0 parts"), std::string::npos);
  EXPECT_NE(complaint([&] { split(x, {3, 2}, 1); }).find("ascend"), std::string::npos);
  EXPECT_NE(complaint([&] { split(x, {7}, 1); }).find("from 0 to 6"), std::string::npos);
}

TEST(Tensordot, SumsOverTheAxesOfNumPy) {
  const Tensor a = reshape(arange(24, DType::kFloat32), {2, 3, 4}),
               b = reshape(arange(12, DType::kFloat32), {3, 4});
  EXPECT_EQ(tensordot(a, b).to_vector<float>(), (std::vector<float>{506, 1298}));  // np.tensordot
  EXPECT_EQ(tensordot(a, b, {1, -1}, {0, 1}).to_vector<float>(), tensordot(a, b).to_vector<float>());
  EXPECT_EQ(tensordot(a, b, {2}, {1}).shape(), (Shape{2, 3, 3}));
  EXPECT_EQ(tensordot(b, a, 0).shape(), (Shape{3, 4, 2, 3, 4}));
  const Tensor yes = ones({2, 2}, DType::kBool);
  EXPECT_EQ(tensordot(yes, yes, 1).type().str(), "bool(2, 2)");
  EXPECT_NE(complaint([&] { tensordot(a, b, 1); }).find("one extent"), std::string::npos);
  EXPECT_NE(complaint([&] { tensordot(a, b, 3); }).find("received 3"), std::string::npos);
  EXPECT_NE(complaint([&] { tensordot(a, b, {1, 2}, {0}); }).find("received 2 and 1"), std::string::npos);
  EXPECT_NE(complaint([&] { tensordot(a, a, {1, 1}, {1, 1}); }).find("twice"), std::string::npos);
}

}  // namespace
}  // namespace lamina
