// Convolutions of one image, whose filters are shared out: numbers beside those of several images, and the
// same bits for any number of threads.
#include <gtest/gtest.h>

#include <vector>

#include "lamina/base/threads.h"
#include "lamina/core/compile.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/conv2d.h"
#include "lamina/ops/random.h"
#include "lamina/ops/unary.h"

namespace lamina::testing {
namespace {

/// Three convolutions in a row, so that the ones amid them keep their blocks of channels.
std::vector<Tensor> network(const std::vector<Tensor>& a) {
  Tensor x = a[0];
  for (size_t i = 1; i + 1 < a.size(); i += 2)
    x = relu(conv2d(x, a[i], {.strides = {i == 3 ? 2 : 1, i == 3 ? 2 : 1}, .padding = "same"}) + a[i + 1]);
  return {x};
}

std::vector<Tensor> arguments(int64_t filters) {
  const auto drawn = [](int64_t seed, const Shape& shape) {
    return (0.1f * random_normal(random_key(seed), shape)).eval();
  };
  return {drawn(1, {1, 24, 20, 32}),
          drawn(2, {3, 3, 32, filters}),
          drawn(3, {filters}),
          drawn(4, {3, 3, filters, filters}),
          drawn(5, {filters}),
          drawn(6, {3, 3, filters, 64}),
          drawn(7, {64})};
}

std::vector<float> answer(const std::vector<Tensor>& given, int threads) {
  const int before = num_threads();
  set_num_threads(threads);
  std::vector<float> found = compile(network)(given)[0].to_vector<float>();
  set_num_threads(before);
  return found;
}

TEST(ConvOfOneImage, HasTheNumbersOfSeveralAndTheSameBitsWithAnyNumberOfThreads) {
  for (const int64_t filters : {64, 96, 160, 48, 20}) {
    SCOPED_TRACE(filters);
    const std::vector<Tensor> one = arguments(filters);
    std::vector<Tensor> three = one;
    three[0] = concatenate({one[0], 2.0f * one[0], one[0]}, 0).eval();
    const std::vector<float> alone = answer(one, 1), together = answer(three, 2);
    EXPECT_EQ(alone, answer(one, 2));
    EXPECT_EQ(alone, answer(one, 5));
    ASSERT_EQ(together.size(), 3 * alone.size());
    for (size_t i = 0; i < alone.size(); ++i) {
      ASSERT_NEAR(alone[i], together[i], 1e-5) << i;
      ASSERT_NEAR(alone[i], together[2 * alone.size() + i], 1e-5) << i;
    }
  }
}

}  // namespace
}  // namespace lamina::testing
