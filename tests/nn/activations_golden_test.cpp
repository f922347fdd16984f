// Every activation by name against Keras: value and gradient, far out and around kinks.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/core/grad.h"
#include "lamina/nn/activations/activation.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/reduce.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::expect_close;
using test::Golden;

Tensor twice(const Tensor& x) { return x + x; }

// One row at a time, so that large values do not widen what is allowed for small ones.
void expect_rows_close(const Tensor& actual, const Tensor& expected, const std::string& what,
                       double scale = 0) {
  const std::vector<float> a = actual.to_vector<float>(), e = expected.to_vector<float>();
  ASSERT_EQ(actual.shape().str(), expected.shape().str()) << what;
  const auto width = static_cast<std::ptrdiff_t>(expected.shape()[1]);
  for (std::ptrdiff_t row = 0; row < expected.shape()[0]; ++row) {
    const auto part = [&](const std::vector<float>& all) {
      return Tensor::from(std::vector<float>(all.begin() + row * width, all.begin() + (row + 1) * width),
                          {width});
    };
    expect_close(part(a), part(e), what + ", row " + std::to_string(row), test::kFloat32Tolerance, scale);
  }
}

TEST(Activations, ComputeWhatKerasComputes) {
  const Golden golden("nn/activations");
  const Json names = golden.json("names");
  const Tensor &x = golden.at("x"), &upstream = golden.at("upstream");
  EXPECT_GE(names.size(), 30u);
  // Saturated, a gradient is what 1 - y * y and the like leave of 1, times the upstream gradient, which is of
  // this size.
  constexpr double kUpstream = 1;
  for (const Json& element : names.as_list()) {
    const std::string& name = element.as_string();
    const Tensor y = find_activation(name).function(x);
    const Tensor gradient = vjp({y}, {x}, {upstream})[0];  // before the value is looked at
    expect_rows_close(y, golden.at(name + "_output"), name);
    expect_rows_close(gradient, golden.at(name + "_gradient"), "gradient of " + name, kUpstream);
  }
}

TEST(Activations, TakeTensorFlowsDerivativesAtKinks) {
  const Golden golden("nn/activation_kinks");
  const Json names = golden.json("names");
  const Tensor& x = golden.at("x");
  EXPECT_GE(names.size(), 27u);
  for (const Json& element : names.as_list()) {
    const std::string& name = element.as_string();
    const Tensor gradient = gradients(sum(find_activation(name).function(x)), {x})[0];
    expect_close(gradient, golden.at(name + "_gradient"), "gradient of " + name);
  }
}

TEST(Activations, AreSmoothAtZero) {
  // At 0, where the formula for large magnitudes changes sides.
  const Tensor x(0.0f);
  EXPECT_EQ(gradients(find_activation("softplus").function(x), {x})[0].item(), 0.5f);
  EXPECT_EQ(gradients(find_activation("elu").function(x), {x})[0].item(), 1.0f);
}

TEST(Activations, HaveOneProperName) {
  EXPECT_EQ(find_activation("swish").name, "silu");
  EXPECT_EQ(find_activation("").name, "linear");
  const auto message = test::message_of<InvalidArgument>([] { find_activation("rellu"); });
  EXPECT_NE(message.find("did you mean 'relu'?"), std::string::npos) << message;
}

TEST(Activations, CanBeAdded) {
  ASSERT_TRUE(register_activation("twice_of_test", twice));
  EXPECT_EQ(find_activation("twice_of_test").function, &twice);
  EXPECT_THROW(register_activation("relu", twice), InvalidArgument);
  EXPECT_THROW(register_activation("swish", twice), InvalidArgument);
}

}  // namespace
}  // namespace lamina
