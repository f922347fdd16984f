// Expressions of symbolic tensors: reductions over the batch, constants among operands and in lists of them,
// in files too.
#include <gtest/gtest.h>

#include "lamina/formats/keras/keras.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/random.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/where.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

Tensor normal(const Shape& shape, int stream) { return random_normal(random_key(3), shape, stream).eval(); }

// `f` on symbolic tensors and on values, before and after a file.
void expect_same(const std::function<Tensor(const Tensor&)>& f, const Shape& sample) {
  const Tensor x = Input(sample);
  Model model({x}, {f(x)}, {.seed = 1});
  Shape shape{4};
  for (const int64_t extent : sample) shape.push_back(extent);
  const Tensor data = normal(shape, 0);
  const std::vector<float> expected = f(data).to_vector<float>();
  EXPECT_EQ(model.predict_on_batch(data).to_vector<float>(), expected);
  const test::TemporaryFolder folder;
  const std::string path = folder.path() + "/expression.keras";
  model.save(path);
  Model loaded = load_model(path);
  EXPECT_EQ(loaded.predict_on_batch(data).to_vector<float>(), expected);
  EXPECT_EQ(loaded.output_shape(), model.output_shape());
}

TEST(SymbolicExpressions, ReduceOverTheBatch) {
  expect_same([](const Tensor& i) { return i - mean(i, 0); }, {4});
  expect_same([](const Tensor& i) { return i / (max(i, 0, true) + 3.0); }, {4});
  expect_same([](const Tensor& i) { return i * sum(i); }, {2, 3});
  expect_same([](const Tensor& i) { return concatenate({i, i - mean(i, {0, 1})}, 1); }, {2, 3});
  expect_same([](const Tensor& i) { return stack({mean(i, 0), max(i, 0)}, 0); }, {5});
  expect_same([](const Tensor& i) { return matmul(i, i, true, false); }, {3});
}

TEST(SymbolicExpressions, ReductionsKeepTheirShape) {
  const Tensor i = Input({4});
  EXPECT_EQ(mean(i, 0).shape(), (Shape{4}));
  EXPECT_EQ((i - mean(i, 0)).shape(), (Shape{-1, 4}));
  EXPECT_EQ(sum(i).shape(), Shape{});
}

TEST(SymbolicExpressions, HoldConstantsInLists) {
  const Tensor fixed = normal({4, 2}, 5), row = normal({4, 3}, 6);
  expect_same([&](const Tensor& i) { return concatenate({i, fixed}, 1); }, {3});
  expect_same([&](const Tensor& i) { return concatenate({fixed, i, fixed, i}, 1); }, {3});
  expect_same([&](const Tensor& i) { return stack({i, row}, 1); }, {3});
  expect_same([&](const Tensor& i) { return stack({row, i, i * 2.0}, 0); }, {3});
  const Tensor ids = Tensor::from(std::vector<int64_t>{1, int64_t{1} << 53}, {2});
  const Tensor x = Input({}, {.dtype = DType::kInt64});
  Model model({x}, {concatenate({x, ids}, 0)}, {.seed = 1});
  const Tensor data = Tensor::from(std::vector<int64_t>{7, 8, 9}, {3});
  EXPECT_EQ(model.predict_on_batch(data).to_vector<int64_t>(),
            (std::vector<int64_t>{7, 8, 9, 1, int64_t{1} << 53}));
}

TEST(SymbolicExpressions, HoldConstantsAsOperands) {
  const Tensor fixed = normal({3}, 5), matrix = normal({3, 2}, 6);
  expect_same([&](const Tensor& i) { return where(i > 0.0, i, fixed); }, {3});
  expect_same([&](const Tensor& i) { return where(greater(fixed, 0.0), i, 1.0f); }, {3});
  expect_same([&](const Tensor& i) { return maximum(fixed, i) - fixed; }, {3});
  expect_same([&](const Tensor& i) { return matmul(i, matrix); }, {3});
}

TEST(SymbolicExpressions, ConstantsThatDoNotFitAreRefused) {
  const Tensor i = Input({3});
  const auto message = test::message_of<InvalidArgument>([&] { concatenate({i, normal({4, 2, 2}, 0)}, 1); });
  EXPECT_EQ(message.find("9973"), std::string::npos) << message;
  EXPECT_NE(message.find("concatenate"), std::string::npos) << message;
}

TEST(SymbolicExpressions, LayersTakeDataThroughInput) {
  const auto message = test::message_of<InvalidArgument>([&] {
    Concatenate()({Input({3}), normal({4, 2}, 0)});
  });
  EXPECT_NE(message.find("through Input"), std::string::npos) << message;
}

}  // namespace
}  // namespace lamina
