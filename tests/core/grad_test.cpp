// Derivatives of the engine itself; those of each op are checked by the op harness.
#include "lamina/core/grad.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/core/compile.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/random.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;

// As tf.gradients and torch.autograd.grad: asking for one more does not change what the others are.
TEST(Grad, InputsMayBeMadeOfEachOther) {
  for (const bool looked : {false, true}) {
    const Tensor x = Tensor::from<float>({1, 2, 3});
    const Tensor y = x * 2.0f;
    const Tensor w = y + x;
    if (looked) y.eval();
    const Tensor z = sum(y * y + w);
    const std::vector<Tensor> got = gradients(z, {w, y, x});
    EXPECT_EQ(got[0].to_vector<float>(), (std::vector<float>{1, 1, 1}));
    EXPECT_EQ(got[1].to_vector<float>(), (std::vector<float>{5, 9, 13}));
    EXPECT_EQ(got[2].to_vector<float>(), (std::vector<float>{11, 19, 27}));
    EXPECT_EQ(gradients(z, {x})[0].to_vector<float>(), got[2].to_vector<float>());
    EXPECT_EQ(gradients(z, {x, w})[0].to_vector<float>(), got[2].to_vector<float>());
  }
}

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
  has(refusal([&] { gradients(Tensor(1.0f), {x}); }), "data without history");
  has(refusal([&] { vjp({x + x}, {x}, {}); }), "1 outputs, but 0 cotangents");
  has(refusal([&] { vjp({x + x}, {x}, {sum(x)}); }), "the cotangent of output float32(2,) is float32()");
  const Tensor key = cast(x, DType::kInt64);
  has(refusal([&] { gradients(sum(random_uniform(key, {3})), {x}); }),
      "no gradient flows through op 'random_uniform'");
}

// z = x * x * x, whatever was looked at in between.
TEST(Grad, DoesNotMindLooking) {
  const Tensor x = Tensor::from<double>({1, 2, 3});
  const std::vector<double> expected{3, 12, 27};
  {
    const Tensor y = x * x, z = sum(y * x);
    EXPECT_EQ((y + 1.0).str(), "[2., 5., 10.] float64(3,)");
    EXPECT_EQ(gradients(z, {x})[0].to_vector<double>(), expected);
  }
  {
    const Tensor y = (x * x).eval();
    EXPECT_EQ(gradients(sum(y * x), {x})[0].to_vector<double>(), expected);
  }
  {
    const Tensor z = sum(x * x * x);
    EXPECT_EQ(z.item<double>(), 36);
    EXPECT_EQ(gradients(z, {x})[0].to_vector<double>(), expected);
  }
  {
    const Tensor y = (x * x).eval();
    EXPECT_EQ(gradients(sum(y * x), {y})[0].to_vector<double>(), x.to_vector<double>());
    EXPECT_EQ(gradients(sum(stop_gradient(y) * x), {x})[0].to_vector<double>(), y.to_vector<double>());
  }
}

TEST(Grad, PassesValuesOfCompiledFunctions) {
  const Tensor x = Tensor::from<double>({1, 2, 3}), w = Tensor::from<double>({2, 2, 2});
  const Function f = compile([&](const std::vector<Tensor>& a) { return std::vector{a[0] * a[1] * w}; });
  const Tensor y = f({x, x})[0];
  EXPECT_TRUE(y.computed());
  const std::vector<Tensor> both = gradients(sum(y * x), {x, w});
  EXPECT_EQ(both[0].to_vector<double>(), (std::vector<double>{6, 24, 54}));
  EXPECT_EQ(both[1].to_vector<double>(), (std::vector<double>{1, 8, 27}));
  EXPECT_EQ(gradients(sum(both[0]), {x})[0].to_vector<double>(), (std::vector<double>{12, 24, 36}));
}

TEST(Grad, ThrowsWhereItWouldPassWhatIsForgotten) {
  const auto refusal = [](auto action) { return message_of<InvalidArgument>(action); };
  const auto has = [](const std::string& message, const char* words) {
    EXPECT_NE(message.find(words), std::string::npos) << message;
  };
  const Tensor w = full({2000}, 3.0).eval();
  {
    const Tensor x = full({2000}, 2.0).eval();  // too large to be kept for the gradient's sake alone
    const Tensor y = (x * w).eval();
    EXPECT_EQ(gradients(sum(y), {w})[0].to_vector<float>()[0], 2);
  }
  Tensor y;
  {
    const Tensor x = full({2000}, 2.0).eval();
    y = (x * w).eval();
  }
  has(refusal([&] { gradients(sum(y), {w}); }), "one of its arguments is no longer there");
  EXPECT_EQ(gradients(sum(y * w), {y})[0].to_vector<float>()[0], 3);
  // What does not depend on it is a constant all the same.
  const Tensor v = full({2000}, 5.0);
  EXPECT_EQ(gradients(sum(y * v), {v})[0].to_vector<float>()[0], 6);

  Tensor chain = sum(w);
  for (int i = 0; i < 2000; ++i) chain = (chain * 0.999).eval();
  EXPECT_EQ(gradients(chain, {v})[0].to_vector<float>()[0], 0);
  Tensor old = sum(w).eval();
  for (int i = 0; i < 40000; ++i) chain = chain * 0.999;
  chain.eval();
  has(refusal([&] { gradients(old, {w}); }), "was computed long ago");
  std::thread([&] { has(refusal([&] { gradients(chain, {w}); }), "computed by another thread"); }).join();
}

TEST(Grad, ThrowsWhereItWouldPassWhatAStepOverwrote) {
  const Tensor x = full({2000}, 2.0).eval();
  std::vector<Tensor> state{full({2000}, 3.0)};
  Step step([](const std::vector<Tensor>& a) { return std::vector<Tensor>{a[0] * 2.0}; }, 1);
  step(state, {});
  EXPECT_EQ(gradients(sum((x * state[0]).eval()), {x})[0].to_vector<float>()[0], 6);
  const Tensor z = (x * state[0]).eval();
  step(state, {});  // in place: z, being computed, does not read it any more
  EXPECT_EQ(z.to_vector<float>()[0], 12);
  const std::string message = message_of<InvalidArgument>([&] { gradients(sum(z), {x}); });
  EXPECT_NE(message.find("float32(2000,) was overwritten since"), std::string::npos) << message;
}

TEST(Grad, KeepsNoMemoryForLoopsThatLook) {
  Tensor x = full({100000}, 1.0).eval();  // 400 kB
  for (int i = 0; i < 200; ++i) (x = x * 0.9).eval();
  const int64_t first = buffer_bytes();
  for (int i = 0; i < 2000; ++i) (x = x * 0.9).eval();
  EXPECT_LE(buffer_bytes(), first + (1 << 20));
}

TEST(Grad, WorksInsideCompile) {
  const Function df = compile(grad([](const std::vector<Tensor>& x) { return sum(exp(x[0])); }), "df");
  EXPECT_NEAR(df({Tensor::from<double>({1.0})})[0].item<double>(), std::exp(1.0), 1e-12);
}

}  // namespace
}  // namespace lamina
