// Tensor handles: creation, laziness, reading, printing, errors.
#include "lamina/core/tensor.h"

#include <gtest/gtest.h>

#include "lamina/backend/backend.h"
#include "lamina/backend/registry.h"
#include "lamina/base/error.h"
#include "lamina/graph/op.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/unary.h"
#include "tests/support/allocations.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;

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
  const auto small = std::make_shared<Buffer>(Device{}, 8);
  EXPECT_THROW(Tensor::wrap(small, {DType::kFloat32, {3}}), InvalidArgument);
}

TEST(Tensor, NamesTheArgumentThatIsUndefined) {
  EXPECT_EQ(message_of<InvalidArgument>([] {
              apply(find_op("add"), {}, {Tensor(1.0f), Tensor()});
            }),
            "add: argument 1 is an undefined tensor");
}

TEST(Tensor, RefusesSizesBeyondAllMemory) {
  const int64_t many = int64_t{1} << 32;
  // 2^64 elements are not 0 elements.
  EXPECT_THROW(Tensor::from(std::vector<float>{}, {many, many}), InvalidArgument);
  EXPECT_THROW(zeros({many, many}), InvalidArgument);
  EXPECT_THROW(reshape(zeros({0}), {many, many}), InvalidArgument);
  EXPECT_THROW(matmul(zeros({many, 0}), zeros({0, many})), InvalidArgument);
  // 2^62 elements can be counted, their bytes cannot.
  const std::string message = message_of<InvalidArgument>([&] { zeros({many, many / 4}); });
  EXPECT_NE(message.find("full: a tensor float32(4294967296, 1073741824)"), std::string::npos) << message;
  // More than this machine has; sanitizers end the program at such a request.
  if (test::AllocationWatch::counts()) {
    EXPECT_THROW(zeros({many / 4, many / 8}).eval(), Unsupported);
  }
}

TEST(Tensor, PrintsAsNumpyDoes) {
  EXPECT_EQ(Tensor::from<int64_t>({INT64_MIN, (int64_t{1} << 53) + 1, INT64_MAX}).str(),
            "[-9223372036854775808, 9007199254740993, 9223372036854775807] int64(3,)");
  EXPECT_EQ(Tensor::from(std::vector<float>{1, 2.5, -3, 4}, {2, 2}).str(),
            "[[1., 2.5],\n [-3., 4.]] float32(2, 2)");
  EXPECT_EQ(Tensor::from(std::vector<uint8_t>{}, {0}).str(), "[] uint8(0,)");
}

TEST(Device, SaysClearlyWhatIsMissing) {
  const std::string message = message_of<Unsupported>([] {
    const DeviceScope scope(Device{DeviceKind::kGpu, 99});
  });
  EXPECT_NE(message.find("no device /GPU:99"), std::string::npos) << message;
  EXPECT_THROW(static_cast<void>(device("/TPU:0")), InvalidArgument);
  EXPECT_THROW(static_cast<void>(device("/CPU:1")), Unsupported);
}

// apps/doctor_test.cpp has the line that says so.
TEST(Device, AGpuIsTheCpuInABuildWithoutABackendForIt) {
  if (has_backend(DeviceKind::kGpu)) GTEST_SKIP() << "this build has a backend for GPUs";
  for (const char* name : {"/GPU:0", "gpu", "cuda", "cuda:1"}) {
    const auto scope = device(name);
    EXPECT_EQ(current_device().str(), "/CPU:0") << name;
    EXPECT_EQ((ones({2}) + 1.0).to_vector<float>(), (std::vector<float>{2, 2})) << name;
  }
}

}  // namespace
}  // namespace lamina
