// Random numbers: known answers, independence of splits, moments.
#include "lamina/ops/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "lamina/base/error.h"
#include "lamina/graph/op.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

/// Elements first ... first + n - 1 of random_bits, straight from the instruction.
std::vector<uint32_t> bits(uint64_t seed, uint64_t counter, int64_t stream, int64_t first, int64_t n) {
  const int64_t key[2] = {static_cast<int64_t>(seed), static_cast<int64_t>(counter)};
  const void* in[] = {key};
  const Attrs attrs = RandomAttrs{{}, stream};
  std::vector<uint32_t> out(static_cast<size_t>(n));
  const DType dtype = DType::kInt64;
  find_op("random_bits").tile({&dtype, 1}, DType::kInt32)({in, out.data(), n, first, &attrs});
  return out;
}

// The three vectors of philox4x32 with 10 rounds in Random123's tests/kat_vectors (Salmon, Moraes, Dror,
// Shaw).
TEST(Random, PhiloxGivesItsKnownAnswers) {
  using Words = std::vector<uint32_t>;
  EXPECT_EQ(bits(0, 0, 0, 0, 4), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(bits(~0ull, ~0ull, 0xffffffff, 4 * 0xffffffffll, 4),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(bits(0x299f31d0a4093822, 0x0370734413198a2e, 0x85a308d3, 4 * 0x243f6a88ll, 4),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, AnElementDoesNotDependOnWhereATileBegins) {
  const std::vector<uint32_t> all = bits(5, 6, 7, 0, 300);
  for (int64_t first : {1, 2, 3, 5, 64, 201}) {
    for (int64_t n : {1, 2, 7, 33, 99}) {
      const std::vector<uint32_t> part = bits(5, 6, 7, first, n);
      EXPECT_TRUE(std::equal(part.begin(), part.end(), all.begin() + first)) << first << " " << n;
    }
  }
}

TEST(Random, KeysAndStreamsDiffer) {
  std::set<std::vector<int32_t>> seen;
  for (int64_t seed : {0, 1}) {
    for (int64_t counter : {0, 1}) {
      for (int64_t stream : {0, 1})
        seen.insert(random_bits(random_key(seed, counter), {3}, stream).to_vector<int32_t>());
    }
  }
  EXPECT_EQ(seen.size(), 8u);
}

TEST(Random, UniformLiesInItsIntervalAndIsUniform) {
  const int64_t n = 1 << 20;
  std::vector<int> bins(64, 0);
  double sum = 0;
  for (float u : random_uniform(random_key(11), {n}).to_vector<float>()) {
    ASSERT_GE(u, 0.0f);
    ASSERT_LT(u, 1.0f);
    ++bins[static_cast<size_t>(u * 64)];
    sum += u;
  }
  EXPECT_NEAR(sum / n, 0.5, 4 * std::sqrt(1.0 / 12 / n));
  double chi_square = 0;
  const double expected = n / 64.0;
  for (int count : bins) chi_square += (count - expected) * (count - expected) / expected;
  EXPECT_LT(chi_square, 63 + 4 * std::sqrt(2 * 63.0));
}

TEST(Random, NormalHasTheMomentsOfTheNormalDistribution) {
  const int64_t n = 1 << 20;
  double power[5] = {};
  double neighbours = 0;
  float last = 0;
  for (float z : random_normal(random_key(12), {n}).to_vector<float>()) {
    ASSERT_TRUE(std::isfinite(z));
    for (int k = 1; k <= 4; ++k) power[k] += std::pow(z, k) / n;
    neighbours += static_cast<double>(z) * last / n;
    last = z;
  }
  const double sigma = 1 / std::sqrt(static_cast<double>(n));
  EXPECT_NEAR(power[1], 0, 4 * sigma);
  EXPECT_NEAR(power[2], 1, 4 * std::sqrt(2.0) * sigma);
  EXPECT_NEAR(power[3], 0, 4 * std::sqrt(15.0) * sigma);
  EXPECT_NEAR(power[4], 3, 4 * std::sqrt(96.0) * sigma);
  EXPECT_NEAR(neighbours, 0, 4 * sigma);
}

TEST(Random, DropoutFusesWithItsMask) {
  const Tensor x = Tensor::from(std::vector<float>(1000, 1.0f), {10, 100});
  const Tensor key = random_key(1);
  const Tensor y = where(less(random_uniform(key, {10, 100}), 0.25), 0.0, x * (1 / 0.75));
  const std::vector<float> u = random_uniform(key, {10, 100}).to_vector<float>();
  const std::vector<float> dropped = y.to_vector<float>();
  for (size_t i = 0; i < u.size(); ++i) ASSERT_FLOAT_EQ(dropped[i], u[i] < 0.25f ? 0.0f : 1 / 0.75f);
}

TEST(Random, DrawsNothingWhenAskedTo) {
  EXPECT_EQ(random_bits(random_key(1), {0, 3}).to_vector<int>().size(), 0u);
  EXPECT_EQ(random_uniform(random_key(1), {0}).to_vector<float>().size(), 0u);
  EXPECT_EQ(random_normal(random_key(1), {}).to_vector<float>().size(), 1u);
}

TEST(Random, SaysWhatAKeyIs) {
  EXPECT_THROW(random_uniform(Tensor::from({1.0f, 2.0f}), {3}), InvalidArgument);
  EXPECT_THROW(random_uniform(Tensor::from<int64_t>({1, 2, 3}), {3}), InvalidArgument);
  EXPECT_THROW(random_uniform(random_key(1), {3}, -1), InvalidArgument);
}

}  // namespace
}  // namespace lamina
