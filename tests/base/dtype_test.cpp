// Dtypes: names, promotion, the 16-bit floats; names of devices.
#include "lamina/base/dtype.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/device.h"
#include "lamina/base/error.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;

constexpr DType kAll[] = {DType::kBool,  DType::kInt8,    DType::kInt16,    DType::kInt32,   DType::kInt64,
                          DType::kUInt8, DType::kFloat16, DType::kBFloat16, DType::kFloat32, DType::kFloat64};

TEST(DType, NamesReadBack) {
  for (DType dtype : kAll) EXPECT_EQ(dtype_from_name(name(dtype)), dtype);
  EXPECT_EQ(message_of<InvalidArgument>([] { dtype_from_name("float_32"); }),
            "unknown dtype 'float_32'; did you mean 'float32'?");
}

TEST(DType, PromotionIsSymmetric) {
  for (DType a : kAll) {
    EXPECT_EQ(promote(a, a), a);
    for (DType b : kAll) {
      const DType both = promote(a, b);
      EXPECT_EQ(both, promote(b, a)) << name(a) << ", " << name(b);
      EXPECT_EQ(is_floating(both), is_floating(a) || is_floating(b)) << name(a) << ", " << name(b);
      EXPECT_EQ(promote(both, a), both) << name(a) << ", " << name(b);
    }
  }
  EXPECT_EQ(promote(DType::kFloat16, DType::kBFloat16), DType::kFloat32);
  EXPECT_EQ(promote(DType::kUInt8, DType::kInt8), DType::kInt16);
  EXPECT_EQ(promote(DType::kInt64, DType::kFloat16), DType::kFloat16);
}

// Every value of 16 bits is a float, and that float rounds to it.
TEST(DType, SixteenBitFloatsGoThereAndBack) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    Float16 half;
    half.bits = static_cast<uint16_t>(bits);
    const auto value = static_cast<float>(half);
    if (std::isnan(value)) {
      ASSERT_TRUE(std::isnan(static_cast<float>(Float16(value)))) << bits;
    } else {
      ASSERT_EQ(Float16(value).bits, bits);
    }
    BFloat16 brain;
    brain.bits = static_cast<uint16_t>(bits);
    const auto wide = static_cast<float>(brain);
    if (std::isnan(wide)) {
      ASSERT_TRUE(std::isnan(static_cast<float>(BFloat16(wide)))) << bits;
    } else {
      ASSERT_EQ(BFloat16(wide).bits, bits);
    }
  }
}

TEST(DType, RoundsToNearestEven) {
  EXPECT_EQ(static_cast<float>(Float16(1.0f + 0x1p-11f)), 1.0f);
  EXPECT_EQ(static_cast<float>(Float16(1.0f + 3 * 0x1p-11f)), 1.0f + 0x1p-9f);
  EXPECT_EQ(static_cast<float>(Float16(0x1p-25f)), 0.0f);  // a tie between 0 and the least number
  EXPECT_EQ(static_cast<float>(Float16(3 * 0x1p-25f)), 0x1p-23f);
  EXPECT_EQ(static_cast<float>(Float16(65519.0f)), 65504.0f);
  EXPECT_TRUE(std::isinf(static_cast<float>(Float16(65520.0f))));
  EXPECT_EQ(static_cast<float>(BFloat16(1.0f + 0x1p-8f)), 1.0f);
  EXPECT_EQ(static_cast<float>(BFloat16(1.0f + 3 * 0x1p-8f)), 1.0f + 0x1p-6f);
  EXPECT_TRUE(std::isinf(static_cast<float>(BFloat16(3.4e38f))));
}

TEST(Device, NamesAreKerass) {
  EXPECT_EQ(parse_device("cpu").str(), "/CPU:0");
  EXPECT_EQ(parse_device("cuda:1").str(), "/GPU:1");
  EXPECT_EQ(parse_device("/gpu:2"), (Device{DeviceKind::kGpu, 2}));
  for (const char* wrong : {"", "/", "tpu", "cpu:", "cpu:x", "cpu:-1", "gpu:99999", "cpu:0:0"}) {
    EXPECT_NE(message_of<InvalidArgument>([&] { parse_device(wrong); }).find("is not a device; write"),
              std::string::npos)
        << wrong;
  }
}

}  // namespace
}  // namespace lamina
