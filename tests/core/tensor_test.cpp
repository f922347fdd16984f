// Tensor handles: creation, laziness, reading, printing, errors.
#include "lamina/core/tensor.h"

#include <gtest/gtest.h>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

TEST(Tensor, KnowsItsTypeBeforeItIsComputed) {
  const Tensor x = Tensor::from<float>({1, 2, 3});
  const Tensor y = x + x;
  EXPECT_FALSE(y.computed());
  EXPECT_EQ(y.type().str(), "float32(3,)");
  EXPECT_EQ(y.to_vector<float>(), (std::vector<float>{2, 4, 6}));
  EXPECT_TRUE(y.computed());
}

TEST(Tensor, ConvertsWhenRead) {
  EXPECT_EQ(Tensor::from<float>({1.5f, -2}).to_vector<int32_t>(), (std::vector<int32_t>{1, -2}));
  EXPECT_EQ(Tensor::from<int64_t>({7}).item<double>(), 7.0);
}

TEST(Tensor, ComputesAlongWhatIsStillHeld) {
  const Tensor x = Tensor::from<float>({4, 9});
  const Tensor root = sqrt(x);
  const Tensor result = root + root;
  result.eval();
  EXPECT_TRUE(root.computed());
}

TEST(Tensor, SurvivesLongChains) {
  Tensor x = Tensor::from<float>({0});
  for (int i = 0; i < 20000; ++i) x = x + x;
  EXPECT_EQ(x.size(), 1);  // and its destruction needs no deep stack
}

TEST(Tensor, RefusesShapesThatDoNotFit) {
  EXPECT_THROW(Tensor::from(std::vector<float>{1, 2, 3}, {2, 2}), InvalidArgument);
  EXPECT_THROW(Tensor::from(std::vector<float>{}, {-1}), InvalidArgument);
  EXPECT_THROW(Tensor().shape(), InvalidArgument);
  EXPECT_THROW(Tensor::from<float>({1, 2}).item(), InvalidArgument);
  EXPECT_THROW(Tensor::from<float>({1}).data<double>(), InvalidArgument);
}

TEST(Tensor, PrintsAsNumpyDoes) {
  EXPECT_EQ(Tensor::from(std::vector<float>{1, 2.5, -3, 4}, {2, 2}).str(),
            "[[1., 2.5],\n [-3., 4.]] float32(2, 2)");
  EXPECT_EQ(Tensor::from(std::vector<uint8_t>{}, {0}).str(), "[] uint8(0,)");
}

TEST(Device, SaysClearlyWhatIsMissing) {
  std::string message;
  try {
    const auto scope = device("/GPU:99");
  } catch (const Unsupported& error) {
    message = error.what();
  }
  EXPECT_NE(message.find("no device /GPU:99"), std::string::npos) << message;
  EXPECT_THROW(static_cast<void>(device("/TPU:0")), InvalidArgument);
  EXPECT_THROW(static_cast<void>(device("/CPU:1")), Unsupported);
}

TEST(DType, RoundsHalfPrecisionToNearestEven) {
  EXPECT_EQ(static_cast<float>(Float16(1.0f + 0x1p-11f)), 1.0f);
  EXPECT_EQ(static_cast<float>(Float16(1.0f + 3 * 0x1p-11f)), 1.0f + 0x1p-9f);
  EXPECT_EQ(static_cast<float>(Float16(65504.0f)), 65504.0f);
  EXPECT_EQ(static_cast<float>(Float16(0x1p-24f)), 0x1p-24f);
  EXPECT_EQ(static_cast<float>(BFloat16(1.0f + 0x1p-8f)), 1.0f);
  EXPECT_EQ(promote(DType::kFloat16, DType::kBFloat16), DType::kFloat32);
  EXPECT_EQ(promote(DType::kUInt8, DType::kInt8), DType::kInt16);
}

}  // namespace
}  // namespace lamina
  EXPECT_EQ(Tensor::from<int64_t>({INT64_MIN, (int64_t{1} << 53) + 1, INT64_MAX}).str(),
            "[-9223372036854775808, 9007199254740993, 9223372036854775807] int64(3,)");
