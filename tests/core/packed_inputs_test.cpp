// Steady arguments of a step: put into the order that kernels want once, and anew when their contents change.
#include <gtest/gtest.h>

#include <cmath>

#include "lamina/core/compile.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/conv2d.h"

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
  const int packings = step.statistics().packings;
  EXPECT_LE(packings, 2);
  if (packings == 0) GTEST_SKIP() << "oneDNN takes kernels as they are here";
  expect_right(8);
  expect_right(8);
  EXPECT_EQ(step.statistics().packings, packings);
  EXPECT_LE(step.statistics().packed_bytes, first.type().bytes() + second.type().bytes());
  expect_right(16);
  // Another batch may want another order; the same orders are shared.
  EXPECT_LE(step.statistics().packings, 2 * packings);
  EXPECT_EQ(plain.statistics().packings, 0);
}

TEST_F(SteadyArguments, ArePackedAnewWhenTheyChange) {
  expect_right(8);
  const int packings = step.statistics().packings;
  Step twice([](const std::vector<Tensor>& a) { return std::vector{a[0] * 2.0}; }, 1);
  std::vector<Tensor> state;
  state.push_back(std::move(first));
  twice(state, std::vector<Tensor>{});  // in place
  first = std::move(state[0]);
  expect_right(8);
  second = waves({1, 1, 32, 16}, 0.7).eval();  // another tensor
  expect_right(8);
  EXPECT_LE(step.statistics().packings, packings + 2);
  // What went is not kept.
  EXPECT_LE(step.statistics().packed_bytes, first.type().bytes() + second.type().bytes());
}

TEST_F(SteadyArguments, LeaveTheGraphWithoutChangesOfTheirOrder) {
  const std::string graph = step.graph({}, std::vector<Tensor>{first, second, waves({8, 12, 12, 16}, 1)});
  for (const char* packing : {"reorder(%0)", "reorder(%1)"})
    EXPECT_EQ(graph.find(packing), std::string::npos) << graph;
}

}  // namespace
}  // namespace lamina
