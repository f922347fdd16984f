// Casts of many halves at once give what the conversions of one give: every half, and floats at, next to and
// between halves.
#include "lamina/ops/detail/half_casts.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

namespace lamina::detail {
namespace {

template <class Half>
class HalfCasts : public ::testing::Test {};
using Halves = ::testing::Types<Float16, BFloat16>;
TYPED_TEST_SUITE(HalfCasts, Halves);

template <class Half>
std::vector<Half> every_half() {
  std::vector<Half> all(1 << 16);
  for (size_t i = 0; i < all.size(); ++i) all[i].bits = static_cast<uint16_t>(i);
  return all;
}

TYPED_TEST(HalfCasts, WidenEveryHalf) {
  const auto halves = every_half<TypeParam>();
  std::vector<float> wide(halves.size());
  widen_halves(halves.data(), halves.size(), wide.data());
  for (size_t i = 0; i < halves.size(); ++i) {
    const auto expected = static_cast<float>(halves[i]);
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(wide[i])) << i;
    } else {
      ASSERT_EQ(std::bit_cast<uint32_t>(wide[i]), std::bit_cast<uint32_t>(expected)) << i;
    }
  }
}

TYPED_TEST(HalfCasts, NarrowToTheNearestTiesToEven) {
  std::vector<float> floats = {3e38f,      -3e38f,   1e-45f,        -0.0f,
                               65519.996f, 65520.0f, 5.9604645e-8f, 2.9802322e-8f};
  for (const TypeParam half : every_half<TypeParam>()) {
    const auto bits = std::bit_cast<uint32_t>(static_cast<float>(half));
    TypeParam next = half;
    ++next.bits;
    const uint32_t middle = bits + (std::bit_cast<uint32_t>(static_cast<float>(next)) - bits) / 2;
    for (const uint32_t near : {bits, bits + 1, bits - 1, middle, middle + 1, middle - 1})
      floats.push_back(std::bit_cast<float>(near));
  }
  std::vector<TypeParam> halves(floats.size());
  narrow_halves(floats.data(), floats.size(), halves.data());
  for (size_t i = 0; i < floats.size(); ++i) {
    const TypeParam expected(floats[i]);
    if (std::isnan(floats[i])) {
      ASSERT_TRUE(std::isnan(static_cast<float>(halves[i]))) << i;
    } else if (std::abs(floats[i]) >= std::numeric_limits<float>::min()) {
      ASSERT_EQ(halves[i].bits, expected.bits) << floats[i];
    } else {
      // What is subnormal even as a float32 may count as zero.
      ASSERT_TRUE(halves[i].bits == expected.bits || (halves[i].bits & 0x7fff) == 0) << floats[i];
    }
  }
}

TYPED_TEST(HalfCasts, OfAnyNumber) {
  for (size_t count = 0; count < 70; ++count) {
    std::vector<float> floats(count + 1, 7.0f);
    std::vector<TypeParam> halves(count + 1, TypeParam(5.0f));
    narrow_halves(floats.data(), count, halves.data());
    for (size_t i = 0; i <= count; ++i) ASSERT_EQ(static_cast<float>(halves[i]), i < count ? 7.0f : 5.0f);
    std::fill(floats.begin(), floats.end(), 3.0f);
    widen_halves(halves.data(), count, floats.data());
    for (size_t i = 0; i <= count; ++i) ASSERT_EQ(floats[i], i < count ? 7.0f : 3.0f);
  }
}

}  // namespace
}  // namespace lamina::detail
