// Elementwise functions as users call them: accuracy, dtypes, plain numbers, gradients at kinks.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "lamina/base/error.h"
#include "lamina/core/grad.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/activations.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

using Floats = std::vector<float>;

/// Distance in units of the last place of the correctly rounded result.
double ulps(float actual, double expected) {
  const float rounded = static_cast<float>(expected);
  if (std::isnan(rounded) || std::isinf(rounded))
    return std::isnan(actual) == std::isnan(rounded) && !(actual < rounded) ? 0 : 1e9;
  const double unit =
      std::max<double>(std::nextafter(std::abs(rounded), INFINITY) - std::abs(rounded), 1e-45);
  return std::abs(actual - expected) / unit;
}

struct Accuracy {
  const char* name;
  Tensor (*function)(const Tensor&);
  double (*reference)(double);
  float lo, hi;
  double most;  // units in the last place
};

class AccuracyTest : public ::testing::TestWithParam<Accuracy> {};

TEST_P(AccuracyTest, IsAFewUnitsInTheLastPlace) {
  const Accuracy& a = GetParam();
  Floats x;
  for (int i = 0; i <= 100003; ++i) x.push_back(a.lo + (a.hi - a.lo) * (static_cast<float>(i) / 100003.0f));
  // As many points again that crowd around zero, where relative accuracy is hardest.
  for (float small = 1e-30f; small < a.hi; small *= 1.001f)
    x.insert(x.end(), {small, a.lo < 0 ? -std::min(small, -a.lo) : small});
  const Floats y = a.function(Tensor::from(x, {static_cast<int64_t>(x.size())})).to_vector<float>();
  double worst = 0;
  float where = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double error = ulps(y[i], a.reference(x[i]));
    if (error > worst) worst = error, where = x[i];
  }
  EXPECT_LE(worst, a.most) << a.name << " at " << where;
  ::testing::Test::RecordProperty("ulps", std::to_string(worst));
}

INSTANTIATE_TEST_SUITE_P(
    Elementwise, AccuracyTest,
    ::testing::Values(Accuracy{"exp", exp, [](double x) { return std::exp(x); }, -87, 88, 1.5},
                      Accuracy{"expm1", expm1, [](double x) { return std::expm1(x); }, -30, 88, 2},
                      Accuracy{"log", log, [](double x) { return std::log(x); }, 1e-30f, 1000, 1.5},
                      Accuracy{"log1p", log1p, [](double x) { return std::log1p(x); }, -0.99f, 1000, 2},
                      Accuracy{"tanh", tanh, [](double x) { return std::tanh(x); }, -12, 12, 3},
                      Accuracy{"sigmoid", sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }, -80, 80,
                               3},
                      Accuracy{"erf", erf, [](double x) { return std::erf(x); }, -5, 5, 2},
                      Accuracy{"sqrt", sqrt, [](double x) { return std::sqrt(x); }, 0, 1e6, 0.5},
                      Accuracy{"rsqrt", rsqrt, [](double x) { return 1 / std::sqrt(x); }, 1e-6f, 1e6, 1.5}),
    [](const auto& info) { return info.param.name; });

// Near a multiple of pi the error is relative to the argument, so sine and cosine are held to an absolute
// bound.
TEST(Elementwise, SineAndCosineAreExactToHalfAFloat) {
  Floats x;
  for (int i = -40000; i <= 40000; ++i) x.push_back(static_cast<float>(i) * 0.2f);
  const Tensor t = Tensor::from(x, {static_cast<int64_t>(x.size())});
  const Floats s = sin(t).to_vector<float>(), c = cos(t).to_vector<float>();
  for (size_t i = 0; i < x.size(); ++i) {
    ASSERT_NEAR(s[i], std::sin(static_cast<double>(x[i])), 1.2e-7) << x[i];
    ASSERT_NEAR(c[i], std::cos(static_cast<double>(x[i])), 1.2e-7) << x[i];
  }
}

TEST(Elementwise, EveryElementCountsUpToTheLast) {
  for (int64_t n : {0, 1, 2, 7, 8, 9, 31, 63, 64, 65, 127, 4095, 4096, 4097, 9001}) {
    const Floats y = (sqrt(cast(square(arange(n)), DType::kFloat32)) + 1.0).to_vector<float>();
    ASSERT_EQ(static_cast<int64_t>(y.size()), n);
    for (int64_t i = 0; i < n; ++i) ASSERT_EQ(y[static_cast<size_t>(i)], static_cast<float>(i + 1));
  }
}

TEST(Elementwise, PlainNumbersTakeTheDtypeOfTheTensor) {
  EXPECT_EQ((full({2}, 1, DType::kFloat16) * 2.5).dtype(), DType::kFloat16);
  EXPECT_EQ((full({2}, 1, DType::kFloat64) + 1).dtype(), DType::kFloat64);
  EXPECT_EQ((full({2}, 1, DType::kInt8) * 2).dtype(), DType::kInt8);
  EXPECT_EQ((full({2}, 1, DType::kInt32) * 0.5).dtype(), DType::kFloat32);
  EXPECT_EQ((full({2}, 1, DType::kBool) + 1).dtype(), DType::kInt32);
  EXPECT_EQ((full({2}, 7, DType::kInt32) / 2.0).to_vector<float>(), (Floats{3.5, 3.5}));
  EXPECT_EQ((2.0 - full({1}, 0.5)).item(), 1.5f);
  EXPECT_EQ((2.0 / full({1}, 0.5)).item(), 4.0f);
}

TEST(Elementwise, TensorsArePromoted) {
  const Tensor half = full({2}, 1, DType::kFloat16), brain = full({2}, 1, DType::kBFloat16);
  EXPECT_EQ((half + brain).dtype(), DType::kFloat32);
  EXPECT_EQ((half * full({2}, 1, DType::kInt64)).dtype(), DType::kFloat16);
  EXPECT_EQ(add(full({2}, true, DType::kBool), full({2}, true, DType::kBool)).to_vector<int32_t>(),
            (std::vector<int32_t>{2, 2}));
  EXPECT_EQ(sqrt(full({1}, 9, DType::kInt32)).dtype(), DType::kFloat32);
  EXPECT_EQ(greater(full({1}, 2, DType::kInt8), full({1}, 1.5)).dtype(), DType::kBool);
  EXPECT_EQ(where(full({1}, 1, DType::kBool), full({1}, 2, DType::kInt32), full({1}, 0.5)).dtype(),
            DType::kFloat32);
}

TEST(Elementwise, IntegersWrapAround) {
  EXPECT_EQ((full({1}, 127, DType::kInt8) + 1).item<int8_t>(), -128);
  EXPECT_EQ(negative(full({1}, -128, DType::kInt8)).item<int8_t>(), -128);
  EXPECT_EQ(power(full({1}, 3, DType::kInt32), 4).item<int32_t>(), 81);
}

TEST(Elementwise, ShapesThatDoNotFitAreNamed) {
  try {
    add(zeros({2, 3}), zeros({4, 3}));
    FAIL() << "no exception";
  } catch (const InvalidArgument& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("add"), std::string::npos) << message;
    EXPECT_NE(message.find("(2, 3)"), std::string::npos) << message;
    EXPECT_NE(message.find("(4, 3)"), std::string::npos) << message;
  }
}

Floats gradient(Tensor (*f)(const Tensor&), Floats at) {
  const Tensor x = Tensor::from(at, {static_cast<int64_t>(at.size())});
  return grad([f](const std::vector<Tensor>& a) { return sum(f(a[0])); })({x})[0].to_vector<float>();
}

// As TensorFlow has them: tf.GradientTape at these points gives the same.
TEST(Elementwise, GradientsAtKinksAreTensorFlows) {
  EXPECT_EQ(gradient(relu, {-1, 0, 1}), (Floats{0, 0, 1}));
  EXPECT_EQ(gradient(abs, {-2, 0, 2}), (Floats{-1, 0, 1}));
  EXPECT_EQ(gradient([](const Tensor& x) { return clip(x, -1, 1); }, {-2, -1, 0, 1, 2}),
            (Floats{0, 1, 1, 1, 0}));
  EXPECT_EQ(gradient(sign, {-2, 0, 2}), (Floats{0, 0, 0}));
  EXPECT_EQ(gradient([](const Tensor& x) { return power(x, 2.0); }, {-3, 0, 3}), (Floats{-6, 0, 6}));
  EXPECT_EQ(gradient(relu6, {-1, 0, 3, 7}), (Floats{0, 0, 1, 0}));
  EXPECT_FLOAT_EQ(gradient(selu, {0})[0], 1.0507009873554805F);
  EXPECT_EQ(gradient(hard_sigmoid, {-3, 4})[0], 0);
}

// As NumPy: whatever is compared with NaN.
TEST(Elementwise, NaNPassesLimits) {
  for (const DType dtype : {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBFloat16}) {
    const Tensor x = cast(Tensor::from<float>({NAN, -3, 3, INFINITY, -INFINITY}), dtype);
    for (const Tensor& y :
         {clip(x, -1, 1), minimum(maximum(x, -1.0), 1.0), maximum(full({5}, -1, dtype), x),
          minimum(full({5}, 1, dtype), x), relu(x), -relu(-x), abs(x), sign(x), relu6(x)}) {
      const Floats values = y.to_vector<float>();
      EXPECT_TRUE(std::isnan(values[0])) << name(dtype);
      for (size_t i = 1; i < 5; ++i) EXPECT_FALSE(std::isnan(values[i])) << name(dtype) << " " << i;
    }
    EXPECT_EQ(clip(x, -1, 1).to_vector<float>()[1], -1);
    EXPECT_EQ(clip(x, -1, 1).to_vector<float>()[3], 1);
  }
}

// Saturated to the tensor's dtype, -1 met uint8 as 0.
TEST(Elementwise, PlainNumbersOutOfRangeWidenTheResult) {
  const Tensor bytes = full({1}, 5, DType::kUInt8);
  EXPECT_EQ((bytes + (-1.0)).dtype(), DType::kInt32);
  EXPECT_EQ((bytes + (-1.0)).item<int>(), 4);
  EXPECT_EQ((bytes * -1.0).item<int>(), -5);
  EXPECT_EQ((bytes - 300.0).item<int>(), -295);
  EXPECT_EQ((bytes + 255.0).dtype(), DType::kUInt8);
  EXPECT_TRUE(less(full({1}, 127, DType::kInt8), 128.0).item<bool>());
  EXPECT_EQ((full({1}, 1, DType::kInt32) + 0x1p31).dtype(), DType::kInt64);
  EXPECT_EQ((full({1}, 1, DType::kInt32) + 0x1p31).item<int64_t>(), int64_t{1} + (int64_t{1} << 31));
  EXPECT_EQ((full({1}, 1, DType::kInt64) + -0x1p63).dtype(), DType::kInt64);
  EXPECT_EQ((full({1}, 1, DType::kInt64) + 0x1p63).dtype(), DType::kFloat32);
  EXPECT_EQ((bytes + INFINITY).item(), INFINITY);
}

// 255 is no -1.
TEST(Elementwise, RemaindersOfUnsignedIntegers) {
  const Tensor x = Tensor::from<uint8_t>({4, 254, 255}, {3});
  EXPECT_EQ(mod(x, full({1}, 255, DType::kUInt8)).to_vector<uint8_t>(), (std::vector<uint8_t>{4, 254, 0}));
  EXPECT_EQ(floor_divide(x, full({1}, 255, DType::kUInt8)).to_vector<uint8_t>(),
            (std::vector<uint8_t>{0, 0, 1}));
  EXPECT_EQ(mod(Tensor::from<int8_t>({-128, 5}, {2}), -1.0).to_vector<int8_t>(), (std::vector<int8_t>{0, 0}));
}

TEST(Elementwise, RoundLeavesIntegers) {
  const int64_t large = (int64_t{1} << 53) + 1;
  EXPECT_EQ(round(Tensor::from<int64_t>({large, -3}, {2})).to_vector<int64_t>(),
            (std::vector<int64_t>{large, -3}));
  EXPECT_EQ(round(full({1}, 1, DType::kBool)).dtype(), DType::kFloat32);
}

TEST(Elementwise, TiesSendTheGradientToTheFirstArgument) {
  for (auto* f : {static_cast<Tensor (*)(const Tensor&, const Tensor&)>(maximum),
                  static_cast<Tensor (*)(const Tensor&, const Tensor&)>(minimum)}) {
    const std::vector<Tensor> grads =
        grad([f](const std::vector<Tensor>& a) { return sum(f(a[0], a[1])); })({full({1}, 2), full({1}, 2)});
    EXPECT_EQ(grads[0].item(), 1.0f);
    EXPECT_EQ(grads[1].item(), 0.0f);
  }
}

TEST(Elementwise, GradientsOfBroadcastsAreSummed) {
  const auto f = [](const std::vector<Tensor>& a) { return sum(a[0] * a[1]); };
  const std::vector<Tensor> grads = grad(f)({full({4, 1, 3}, 2), full({5, 1}, 3)});
  EXPECT_EQ(grads[0].shape(), (Shape{4, 1, 3}));
  EXPECT_EQ(grads[1].shape(), (Shape{5, 1}));
  EXPECT_EQ(grads[0].to_vector<float>(), Floats(12, 15));
  EXPECT_EQ(grads[1].to_vector<float>(), Floats(5, 24));
}

}  // namespace
}  // namespace lamina
