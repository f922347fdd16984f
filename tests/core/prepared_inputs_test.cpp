// Steady arguments of a step: what follows from them is computed once, and anew when their contents change.
#include <gtest/gtest.h>

#include <cmath>

#include "lamina/backend/backend.h"
#include "lamina/core/compile.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/conv2d.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

Tensor waves(const Shape& shape, double scale) {
  std::vector<float> values(static_cast<size_t>(shape.size()));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(scale * std::sin(static_cast<double>(i) * 1.3));
  return Tensor::from(values, shape);
}

std::vector<Tensor> two_convolutions(const std::vector<Tensor>& a) {
  const Conv2DAttrs same{{1, 1}, "same", {1, 1}, 1};
  return {conv2d(conv2d(a[2], a[0], same), a[1], same)};
}

class SteadyArguments : public ::testing::Test {
 protected:
  Tensor first = waves({3, 3, 16, 32}, 0.1).eval(), second = waves({1, 1, 32, 16}, 0.2).eval();
  Step step{two_convolutions, 0, "predict", nullptr, 2};
  Step plain{two_convolutions, 0, "plain"};

  void expect_right(int64_t batch) {
    const std::vector<Tensor> arguments{first, second, waves({batch, 12, 12, 16}, 1).eval()};
    const auto now = step({}, arguments)[0].to_vector<float>();
    const auto expected = plain({}, arguments)[0].to_vector<float>();
    for (size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(now[i], expected[i], 1e-5) << i;
  }
};

TEST_F(SteadyArguments, ArePackedOnceForAllSignatures) {
  expect_right(8);
  const int packings = step.statistics().preparations;
  EXPECT_LE(packings, 2);
  if (packings == 0) GTEST_SKIP() << "oneDNN takes kernels as they are here";
  expect_right(8);
  expect_right(8);
  EXPECT_EQ(step.statistics().preparations, packings);
  EXPECT_LE(step.statistics().prepared_bytes, first.type().bytes() + second.type().bytes());
  expect_right(16);
  // Another batch may want another order; the same orders are shared.
  EXPECT_LE(step.statistics().preparations, 2 * packings);
  EXPECT_EQ(plain.statistics().preparations, 0);
}

TEST_F(SteadyArguments, ArePackedAnewWhenTheyChange) {
  expect_right(8);
  const int packings = step.statistics().preparations;
  Step twice([](const std::vector<Tensor>& a) { return std::vector{a[0] * 2.0}; }, 1);
  std::vector<Tensor> state;
  state.push_back(std::move(first));
  twice(state, std::vector<Tensor>{});  // in place
  first = std::move(state[0]);
  expect_right(8);
  second = waves({1, 1, 32, 16}, 0.7).eval();  // another tensor
  expect_right(8);
  EXPECT_LE(step.statistics().preparations, packings + 2);
  // What went is not kept.
  EXPECT_LE(step.statistics().prepared_bytes, first.type().bytes() + second.type().bytes());
}

TEST_F(SteadyArguments, LeaveTheGraphWithoutChangesOfTheirOrder) {
  const std::string graph = step.graph({}, std::vector<Tensor>{first, second, waves({8, 12, 12, 16}, 1)});
  for (const char* packing : {"reorder(%0)", "reorder(%1)"})
    EXPECT_EQ(graph.find(packing), std::string::npos) << graph;
}

// Four blocks of a recurrent layer's weights in another order, as ONNX's LSTM needs them.
std::vector<Tensor> turned_gates(const std::vector<Tensor>& a) {
  const int64_t units = a[0].shape()[0] / 2;
  const Tensor first = slice(a[0], {0, 0}, {units, a[0].shape()[1]});
  const Tensor second = slice(a[0], {units, 0}, {2 * units, a[0].shape()[1]});
  return {matmul(a[2], transpose(concatenate({second, first}, 0))) + a[1] * 2.0};
}

class SteadyParts : public ::testing::Test {
 protected:
  Tensor weights = waves({64, 48}, 0.1).eval(), bias = waves({64}, 0.3).eval();
  Step step{turned_gates, 0, "predict", nullptr, 2};
  Step plain{turned_gates, 0, "plain"};

  void expect_right(int64_t batch) {
    const std::vector<Tensor> arguments{weights, bias, waves({batch, 48}, 1).eval()};
    const auto now = step({}, arguments)[0].to_vector<float>();
    const auto expected = plain({}, arguments)[0].to_vector<float>();
    for (size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(now[i], expected[i], 1e-5) << i;
  }
};

TEST_F(SteadyParts, AreComputedOnce) {
  expect_right(3);
  EXPECT_EQ(step.statistics().preparations, 2);
  EXPECT_EQ(step.statistics().prepared_bytes, weights.type().bytes() + bias.type().bytes());
  expect_right(3);
  expect_right(5);  // another signature, the same parts
  EXPECT_EQ(step.statistics().preparations, 2);
  EXPECT_EQ(plain.statistics().preparations, 0);
  const std::string graph = step.graph({}, std::vector<Tensor>{weights, bias, waves({3, 48}, 1)});
  EXPECT_EQ(graph.find("concatenate"), std::string::npos) << graph;
}

TEST_F(SteadyParts, AreComputedAnewWhereContentsChange) {
  expect_right(3);
  weights = waves({64, 48}, 0.7).eval();
  expect_right(3);
  EXPECT_EQ(step.statistics().preparations, 3);  // the bias stayed
  EXPECT_EQ(step.statistics().prepared_bytes, weights.type().bytes() + bias.type().bytes());
}

TEST_F(SteadyParts, AreComputedEachTimeWhereSomebodyMayWriteUnseen) {
  std::vector<float> mine(64 * 48, 0.5f);
  weights = Tensor::view(mine.data(), {DType::kFloat32, {64, 48}});
  expect_right(3);
  mine[7] = -3;
  expect_right(3);
  EXPECT_EQ(step.statistics().preparations, 3);
  EXPECT_EQ(step.statistics().prepared_bytes, bias.type().bytes());
}

TEST_F(SteadyParts, OfAFileAreComputedOnce) {
  const std::vector<float> file(64 * 48, 0.5f);
  const TensorType type{DType::kFloat32, {64, 48}};
  weights = Tensor::wrap(
      std::make_shared<Buffer>(Device{}, file.data(), type.bytes(), [] {}, Buffer::Contents::kStay), type);
  expect_right(3);
  expect_right(3);
  EXPECT_EQ(step.statistics().preparations, 2);
}

// What grows would cost memory that nobody expects; what is handed back must be written anew.
TEST(SteadyPartsThatStay, AreThoseThatGrowOrAreHandedBack) {
  Step grows(
      [](const std::vector<Tensor>& a) {
        return std::vector{multiply(a[1], broadcast_to(exp(a[0]), {64, 8})), exp(a[0]) + 1.0};
      },
      0, "grows", nullptr, 1);
  const Tensor row = waves({8}, 1).eval();
  for (int i = 0; i < 2; ++i) {
    const auto results = grows({}, std::vector<Tensor>{row, waves({64, 8}, 2).eval()});
    EXPECT_NEAR(results[1].to_vector<float>()[3], std::exp(row.to_vector<float>()[3]) + 1, 1e-6);
  }
  EXPECT_LE(grows.statistics().prepared_bytes, row.type().bytes());
}

}  // namespace
}  // namespace lamina
