// Random numbers of further distributions: goodness of fit with fixed keys, independence of threads, what is
// refused.
#include "lamina/ops/random_distributions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/ops/detail/philox.h"
#include "lamina/ops/full.h"
#include "lamina/ops/random.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

const OpWithoutRows integers("random_randint",
                             "tests/ops/random_distributions_test.cpp checks its distribution");
const OpWithoutRows truncated("random_truncated_normal",
                              "tests/ops/random_distributions_test.cpp checks its distribution");
const OpWithoutRows gammas("random_gamma", "tests/ops/random_distributions_test.cpp checks its distribution");
const OpWithoutRows betas("random_beta", "tests/ops/random_distributions_test.cpp checks its distribution");
const OpWithoutRows binomials("random_binomial",
                              "tests/ops/random_distributions_test.cpp checks its distribution");
const OpWithoutRows categories("random_categorical",
                               "tests/ops/random_distributions_test.cpp checks its distribution");

constexpr int64_t kDraws = 40000;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Tensor number(double x) { return full(Shape{}, x, DType::kFloat64); }

/// The largest distance from a distribution function (Kolmogorov and Smirnov), below what one draw of a
/// thousand exceeds.
void expect_fits(std::vector<float> draws, const std::function<double(double)>& below,
                 const std::string& what) {
  std::sort(draws.begin(), draws.end());
  const auto n = static_cast<double>(draws.size());
  double distance = 0;
  for (size_t i = 0; i < draws.size(); ++i) {
    const double expected = below(draws[i]);
    distance = std::max(
        {distance, expected - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - expected});
  }
  EXPECT_LT(distance * std::sqrt(n), 1.95) << what;
}

/// The integral of a density from `low` to each of so many places up to `high`, as a function: Simpson's
/// rule.
std::function<double(double)> integral(const std::function<double(double)>& density, double low,
                                       double high) {
  const int steps = 20000;
  std::vector<double> sums{0};
  const double width = (high - low) / steps;
  for (int i = 0; i < steps; ++i) {
    const double at = low + i * width;
    sums.push_back(sums.back() +
                   width / 6 * (density(at) + 4 * density(at + width / 2) + density(at + width)));
  }
  return [=](double x) {
    const double place = std::clamp((x - low) / width, 0.0, static_cast<double>(steps) - 1e-9);
    const auto i = static_cast<size_t>(place);
    return sums[i] + (place - static_cast<double>(i)) * (sums[i + 1] - sums[i]);
  };
}

/// Counts against expected shares, those of less than five joined: below what one draw of a thousand exceeds.
void expect_shares(const std::map<int64_t, int64_t>& counts, const std::function<double(int64_t)>& share,
                   int64_t last, const std::string& what) {
  int64_t n = 0;
  for (const auto& [value, count] : counts) n += count;
  double chi = 0, joined = 0, rest = 0;
  int freedom = -1;
  for (int64_t value = 0; value <= last; ++value) {
    const auto found = counts.find(value);
    joined += share(value) * static_cast<double>(n);
    rest += found == counts.end() ? 0 : static_cast<double>(found->second);
    if (joined < 5 && value < last) continue;
    if (joined > 0) {
      chi += (rest - joined) * (rest - joined) / joined;
      ++freedom;
    } else {
      EXPECT_EQ(rest, 0) << what << ": " << value << " has no probability";
    }
    joined = rest = 0;
  }
  ASSERT_GT(freedom, 0) << what;
  EXPECT_LT(chi, freedom + 3.3 * std::sqrt(2.0 * freedom) + 5) << what;
}

template <class T>
std::map<int64_t, int64_t> counted(const Tensor& x) {
  std::map<int64_t, int64_t> counts;
  for (const T value : x.to_vector<T>()) ++counts[static_cast<int64_t>(value)];
  return counts;
}

TEST(ElementRandom, IsPhilox) {
  // The vector of ones of Random123's tests/kat_vectors.
  EXPECT_EQ(detail::philox({~0u, ~0u, ~0u, ~0u}, ~0u, ~0u),
            (detail::PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
}

TEST(RandomGamma, Fits) {
  for (const double alpha : {0.7, 1.0, 2.5, 30.0}) {
    const auto density = [=](double t) {  // of the square root, which has no pole at 0
      return t <= 0 ? 0 : 2 * std::exp((2 * alpha - 1) * std::log(t) - t * t - std::lgamma(alpha));
    };
    const auto below = integral(density, 0, std::sqrt(alpha + 12 * std::sqrt(alpha) + 12));
    expect_fits(
        random_gamma(random_key(3), {kDraws}, number(alpha)).to_vector<float>(),
        [&](double x) { return below(std::sqrt(x)); }, "alpha " + std::to_string(alpha));
  }
}

TEST(RandomBeta, FitsAndKeepsToItsInterval) {
  for (const auto& [a, b] : {std::pair{2.0, 3.0}, {1.0, 1.0}, {0.9, 20.0}}) {
    const double scale = std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b);
    const auto density = [=, a = a, b = b](double t) {  // of the square root
      if (t <= 0 || t >= 1) return 0.0;
      return 2 * std::exp((2 * a - 1) * std::log(t) + (b - 1) * std::log1p(-t * t) + scale);
    };
    const auto below = integral(density, 0, 1);
    expect_fits(
        random_beta(random_key(4), {kDraws}, number(a), number(b)).to_vector<float>(),
        [&](double x) { return below(std::sqrt(x)); }, std::to_string(a));
  }
  // Both underflow as gamma variates; the ratio does not.
  double sum = 0;
  for (const float x :
       random_beta(random_key(4), {kDraws}, number(0.001), number(0.001)).to_vector<float>()) {
    ASSERT_TRUE(x >= 0 && x <= 1) << x;
    sum += x;
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 4 * 0.5 / std::sqrt(static_cast<double>(kDraws)));
}

TEST(RandomTruncatedNormal, Fits) {
  const double inside = std::erf(std::sqrt(2.0));
  const auto draws = random_truncated_normal(random_key(5), {kDraws}, 1, 2).to_vector<float>();
  for (const float x : draws) ASSERT_TRUE(x >= -3 && x <= 5) << x;
  expect_fits(
      draws, [&](double x) { return (std::erf((x - 1) / 2 / std::sqrt(2.0)) / inside + 1) / 2; }, "normal");
}

TEST(RandomBinomial, Fits) {
  for (const auto& [n, p] :
       {std::pair{20.0, 0.3}, {10.0, 0.9}, {1000.0, 0.004}, {200.0, 0.5}, {5000.0, 0.97}}) {
    const auto share = [n = n, p = p](int64_t k) {
      const auto x = static_cast<double>(k);
      return std::exp(std::lgamma(n + 1) - std::lgamma(x + 1) - std::lgamma(n - x + 1) + x * std::log(p) +
                      (n - x) * std::log1p(-p));
    };
    const Tensor draws = random_binomial(random_key(6), {kDraws}, number(n), number(p));
    expect_shares(counted<float>(draws), share, static_cast<int64_t>(n), std::to_string(n));
  }
}

TEST(RandomBinomial, OfCertainties) {
  const Tensor p = Tensor::from<double>({0, 1, 0.5});
  EXPECT_EQ(random_binomial(random_key(1), {3}, Tensor::from<double>({7, 7, 0}), p).to_vector<float>(),
            (std::vector<float>{0, 7, 0}));
}

TEST(RandomRandint, IsUniform) {
  for (const int64_t range : {2, 7, 100}) {
    const Tensor draws = random_randint(random_key(7), {kDraws}, -3, range - 3);
    std::map<int64_t, int64_t> counts;
    for (const auto& [value, count] : counted<int32_t>(draws)) counts[value + 3] = count;
    expect_shares(
        counts, [&](int64_t) { return 1.0 / static_cast<double>(range); }, range - 1, std::to_string(range));
    EXPECT_GE(counts.begin()->first, 0);
    EXPECT_LT(counts.rbegin()->first, range);
  }
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min(), kMost = std::numeric_limits<int64_t>::max();
  int negative = 0;
  for (const int64_t x :
       random_randint(random_key(8), {1000}, kLeast, kMost, DType::kInt64).to_vector<int64_t>())
    negative += x < 0;
  EXPECT_NEAR(negative, 500, 70);
  EXPECT_EQ(random_randint(random_key(8), {3}, 255, 256, DType::kUInt8).to_vector<uint8_t>(),
            (std::vector<uint8_t>{255, 255, 255}));
}

TEST(RandomCategorical, Fits) {
  const double none = -std::numeric_limits<double>::infinity();
  const Tensor logits =
      Tensor::from(std::vector<double>{0, 1, none, 2, -1, none, 300, none, 301, none}, {2, 5});
  const auto drawn = random_categorical(random_key(9), logits, kDraws).to_vector<int64_t>();
  for (size_t row = 0; row < 2; ++row) {
    std::map<int64_t, int64_t> counts;
    for (size_t i = 0; i < kDraws; ++i) ++counts[drawn[row * kDraws + i]];
    const std::vector<double> weights =
        row == 0 ? std::vector<double>{1, std::exp(1.0), 0, std::exp(2.0), std::exp(-1.0)}
                 : std::vector<double>{0, 1, 0, std::exp(1.0), 0};
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    expect_shares(
        counts, [&](int64_t k) { return weights[static_cast<size_t>(k)] / total; }, 4, std::to_string(row));
  }
}

TEST(RandomPermutation, EveryOrderIsAsLikely) {
  std::map<int64_t, int64_t> counts;
  for (int seed = 0; seed < 600; ++seed) {
    const auto order = random_permutation(random_key(seed), 3).to_vector<int32_t>();
    ++counts[order[0] * 2 + (order[1] > order[2])];
  }
  expect_shares(
      counts, [](int64_t) { return 1.0 / 6; }, 5, "orders");
  auto order = random_permutation(random_key(1), 1000).to_vector<int32_t>();
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(order[static_cast<size_t>(i)], i);
  EXPECT_EQ(random_permutation(random_key(1), 0).shape(), (Shape{0}));
}

TEST(RandomShuffle, MovesWholeSlices) {
  const Tensor x = Tensor::from(std::vector<int32_t>{0, 1, 2, 3, 10, 11, 12, 13}, {2, 4});
  const auto y = random_shuffle(random_key(2), x, 1).to_vector<int32_t>();
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(y[4 + i], y[i] + 10);
  EXPECT_THROW(random_shuffle(random_key(2), x, 2), InvalidArgument);
}

TEST(RandomDistributions, AnElementFollowsFromItsPlaceAlone) {
  const int before = num_threads();
  std::vector<std::vector<float>> results;
  for (const int threads : {1, 4}) {
    set_num_threads(threads);
    for (const int64_t n : {5000, 3000})
      results.push_back(random_gamma(random_key(1), {n}, number(0.5)).to_vector<float>());
  }
  set_num_threads(before);
  EXPECT_EQ(results[0], results[2]);
  results[0].resize(3000);
  EXPECT_EQ(results[0], results[1]);
  EXPECT_NE(results[1], random_gamma(random_key(1), {3000}, number(0.5), 1).to_vector<float>());
  EXPECT_NE(results[1], random_gamma(random_key(1, 1), {3000}, number(0.5)).to_vector<float>());
}

TEST(RandomDistributions, RefuseWhatNoDistributionHas) {
  const Tensor key = random_key(1), one = number(1);
  const auto message = [](const Tensor& x) -> std::string {
    try {
      x.eval();
    } catch (const InvalidArgument& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_NE(message(random_gamma(key, {2}, Tensor::from<double>({1, 0})))
                .find("alpha must be above 0, received 0.000000 at place"),
            std::string::npos);
  EXPECT_NE(message(random_beta(key, {2}, one, number(kNaN))).find("beta must be above 0"),
            std::string::npos);
  EXPECT_NE(message(random_binomial(key, {2}, number(1.5), one)).find("counts must be whole"),
            std::string::npos);
  EXPECT_NE(message(random_binomial(key, {2}, one, number(1.5))).find("probabilities must be"),
            std::string::npos);
  EXPECT_NE(
      message(random_categorical(key, Tensor::from(std::vector<double>{0, kNaN}, {1, 2}), 2)).find("row 0"),
      std::string::npos);
  EXPECT_THROW(random_categorical(key, zeros({2, 0}), 1), InvalidArgument);
  EXPECT_THROW(random_categorical(key, zeros({2}), 1), InvalidArgument);
  EXPECT_THROW(random_gamma(key, {2}, zeros({3})), InvalidArgument);
  EXPECT_THROW(random_gamma(one, {2}, one), InvalidArgument);
  EXPECT_THROW(random_gamma(key, {2}, one, -1), InvalidArgument);
  EXPECT_THROW(random_randint(key, {2}, 3, 3), InvalidArgument);
  EXPECT_THROW(random_randint(key, {2}, 0, 300, DType::kUInt8), InvalidArgument);
  EXPECT_THROW(random_randint(key, {2}, 0, 3, DType::kFloat32), InvalidArgument);
  EXPECT_THROW(random_permutation(key, -1), InvalidArgument);
}

}  // namespace
}  // namespace lamina::testing
