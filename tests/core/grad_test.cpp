// Derivatives of the engine itself; those of each op are checked by the op harness.
#include "lamina/core/grad.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/core/compile.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/random.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;

TEST(Grad, GivesDerivativesOfHigherOrder) {
  // d/dx x^4 = 4 x^3, then 12 x^2, then 24 x.
  const ScalarFunction f = [](const std::vector<Tensor>& x) { return sum(x[0] * x[0] * x[0] * x[0]); };
  const auto derived = [](const ScalarFunction& g) -> ScalarFunction {
    return [g](const std::vector<Tensor>& x) { return sum(grad(g)(x)[0]); };
  };
  const std::vector<Tensor> x{Tensor::from<double>({2.0})};
  EXPECT_DOUBLE_EQ(grad(f)(x)[0].item<double>(), 32);
  EXPECT_DOUBLE_EQ(grad(derived(f))(x)[0].item<double>(), 48);
  EXPECT_DOUBLE_EQ(grad(derived(derived(f)))(x)[0].item<double>(), 48);
}

TEST(Grad, SumsOverAllPaths) {
  const auto f = [](const std::vector<Tensor>& x) { return sum(x[0] * x[1] + sin(x[0])); };
  const auto results = value_and_grad(f)({Tensor::from<double>({0.5}), Tensor::from<double>({3.0})});
  EXPECT_DOUBLE_EQ(results[0].item<double>(), 1.5 + std::sin(0.5));
  EXPECT_DOUBLE_EQ(results[1].item<double>(), 3 + std::cos(0.5));
  EXPECT_DOUBLE_EQ(results[2].item<double>(), 0.5);
}

TEST(Grad, IsThatOfTheArgumentNotOfACapturedTwin) {
  const Tensor x = Tensor::from<double>({3.0});
  const auto f = [&](const std::vector<Tensor>& a) { return sum(a[0] * x); };
  EXPECT_DOUBLE_EQ(grad(f)({x})[0].item<double>(), 3);
}

TEST(Grad, SurvivesLookingAtValuesOnTheWay) {
  const auto f = [](const std::vector<Tensor>& x) {
    const Tensor y = sum(x[0] * x[0]);
    EXPECT_DOUBLE_EQ(y.item<double>(), 9);
    return y;
  };
  EXPECT_DOUBLE_EQ(grad(f)({Tensor::from<double>({3.0})})[0].item<double>(), 6);
}

TEST(Grad, IsZeroWhereNothingDepends) {
  const auto f = [](const std::vector<Tensor>& x) { return sum(x[0]); };
  const auto g = grad(f)({Tensor::from<float>({1}), Tensor::from<float>({1, 2})});
  EXPECT_EQ(g[1].to_vector<float>(), (std::vector<float>{0, 0}));
}

TEST(Grad, StopsAtStopGradient) {
  const auto f = [](const std::vector<Tensor>& x) { return sum(x[0] * stop_gradient(x[0])); };
  EXPECT_DOUBLE_EQ(grad(f)({Tensor::from<double>({5.0})})[0].item<double>(), 5);
}

TEST(Grad, RefusesWhatHasNoGradient) {
  const Tensor x = Tensor::from<float>({1, 2});
  const auto refusal = [](auto action) { return message_of<InvalidArgument>(action); };
  const auto has = [](const std::string& message, const char* words) {
    EXPECT_NE(message.find(words), std::string::npos) << message;
  };
  has(refusal([&] { gradients(x + x, {x}); }), "this output is float32(2,): reduce it");
  has(refusal([&] { gradients(sum(x), {Tensor::from<int32_t>({1})}); }), "floating tensors, not int32");
  const Tensor computed = sum(x * x).eval();
  has(refusal([&] { gradients(computed, {x}); }), "its history is gone");
  has(refusal([&] { vjp({x + x}, {x}, {}); }), "1 outputs, but 0 cotangents");
  has(refusal([&] { vjp({x + x}, {x}, {sum(x)}); }), "the cotangent of output float32(2,) is float32()");
  const Tensor key = cast(x, DType::kInt64);
  has(refusal([&] { gradients(sum(random_uniform(key, {3})), {x}); }),
      "no gradient flows through op 'random_uniform'");
}

TEST(Grad, TakesWhatWasLookedAtForAConstant) {
  const Tensor x = Tensor::from<double>({3.0});
  const Tensor y = (x * x).eval();
  EXPECT_DOUBLE_EQ(gradients(sum(y * x), {x})[0].item<double>(), 9);
}

TEST(Grad, WorksInsideCompile) {
  const Function df = compile(grad([](const std::vector<Tensor>& x) { return sum(exp(x[0])); }), "df");
  EXPECT_NEAR(df({Tensor::from<double>({1.0})})[0].item<double>(), std::exp(1.0), 1e-12);
}

}  // namespace
}  // namespace lamina
