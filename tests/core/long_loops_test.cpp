// Loops of tensors that nobody looks at: time and memory in proportion to the work, whatever the length.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdio>

#include "lamina/core/compile.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

class LongLoop : public ::testing::TestWithParam<int> {
 protected:
  // Times are printed, not promised: machines differ.
  template <class F>
  static void timed(const char* what, F&& f) {
    const auto start = std::chrono::steady_clock::now();
    f();
    const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
    std::printf("%s: %d steps, %.3f ms a step\n", what, GetParam(), elapsed.count() / GetParam());
  }
};

TEST_P(LongLoop, OfElementwiseOps) {
  timed("elementwise", [] {
    Tensor x = full({8}, 2.0);
    for (int i = 0; i < GetParam(); ++i) x = x * 0.999 + 0.001;
    EXPECT_NEAR(x.to_vector<float>()[0], 1 + std::pow(0.999, GetParam()), 1e-3);
  });
}

TEST_P(LongLoop, OfReductions) {
  timed("reductions", [] {
    Tensor x = full({8}, 1.0);
    for (int i = 0; i < GetParam(); ++i) x = x - sum(x) * 0.001;
    EXPECT_NEAR(x.to_vector<float>()[0], std::pow(0.992, GetParam()), 1e-3);
  });
}

TEST_P(LongLoop, OfTwoThatMeet) {
  timed("two chains", [] {
    Tensor x = full({8}, 2.0), y = full({8}, 1.0);
    for (int i = 0; i < GetParam(); ++i) {
      y = y * 0.5 + x * 0.25;
      x = tanh(x + y);
    }
    EXPECT_TRUE(std::isfinite(x.to_vector<float>()[0]));
  });
}

// Inside a trace nothing is computed unasked: the whole chain is one graph.
TEST_P(LongLoop, UnderGradAndCompile) {
  const Tensor start = full({8}, 1.0, DType::kFloat64).eval();
  const ScalarFunction f = [](const std::vector<Tensor>& a) {
    Tensor x = a[0];
    for (int i = 0; i < GetParam() / 5; ++i) x = x * 0.999 + 0.001;
    return sum(x);
  };
  const double expected = std::pow(0.999, GetParam() / 5);
  timed("grad", [&] { EXPECT_NEAR(grad(f)({start})[0].to_vector<double>()[0], expected, 1e-9); });
  timed("compiled grad",
        [&] { EXPECT_NEAR(compile(grad(f))({start})[0].to_vector<double>()[0], expected, 1e-9); });
}

INSTANTIATE_TEST_SUITE_P(Steps, LongLoop, ::testing::Values(3000, 5000, 20000));

TEST(LongChain, IsReleasedWithoutDeepRecursion) {
  const Tensor start = full({4}, 1.0).eval();
  // Under the watch of grad() every value that was looked at keeps its history.
  const auto f = [](const std::vector<Tensor>& a) {
    Tensor x = a[0];
    for (int i = 0; i < 30000; ++i) {
      x = x + 1.0;
      if (i % 100 == 0) x.eval();
    }
    return sum(x);
  };
  EXPECT_EQ(grad(f)({start})[0].to_vector<float>()[0], 1);
}

}  // namespace
}  // namespace lamina
