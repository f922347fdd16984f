// Values of kernels beside sums in double precision, of few columns and of many, which go different ways.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "lamina/classic/detail/kernel_rows.h"

namespace lamina::classic::detail {
namespace {

TEST(KernelRows, AreThoseOfTheirRowsAlone) {
  for (const int64_t columns : {int64_t{1}, int64_t{11}, int64_t{64}, int64_t{65}, int64_t{200}}) {
    constexpr int64_t kRows = 37, kAsked = 5;
    std::mt19937 engine(7);
    std::normal_distribution<float> draw;
    std::vector<float> values(static_cast<size_t>(kRows * columns)),
        asked(static_cast<size_t>(kAsked * columns));
    for (float& value : values) value = draw(engine);
    for (float& value : asked) value = draw(engine);
    const Matrix b{kRows, columns, values.data(), {}};
    for (const double gamma : {0.0, 1.0 / static_cast<double>(columns)}) {
      const KernelRows kernel(b, gamma);
      std::vector<float> all(kAsked * kRows), one(kRows);
      kernel.compute(asked.data(), kAsked, all.data());
      for (int64_t i = 0; i < kAsked; ++i) {
        kernel.compute(asked.data() + i * columns, 1, one.data());
        for (int64_t j = 0; j < kRows; ++j) {
          double product = 0, distance = 0;
          for (int64_t k = 0; k < columns; ++k) {
            const double x = asked[static_cast<size_t>(i * columns + k)], y = b.row(j)[k];
            product += x * y;
            distance += (x - y) * (x - y);
          }
          const double expected = gamma == 0 ? product : std::exp(-gamma * distance);
          const float value = all[static_cast<size_t>(i * kRows + j)];
          EXPECT_NEAR(value, expected, 2e-6 * (gamma == 0 ? static_cast<double>(columns) : 1)) << columns;
          EXPECT_EQ(value, one[static_cast<size_t>(j)]) << columns;
        }
      }
    }
  }
}

}  // namespace
}  // namespace lamina::classic::detail
