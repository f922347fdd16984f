// Losses of models of mixed_float16 that compile scales.
#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/nn/optimizers/loss_scale_optimizer.h"
#include "lamina/nn/optimizers/sgd.h"
#include "lamina/nn/train_step.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/random.h"

namespace lamina {
namespace {

Tensor inputs() { return random_normal(random_key(3), {16, 4}); }
Tensor targets() { return random_normal(random_key(4), {16, 1}); }

Sequential mixed(const Choice<Optimizer>& optimizer, bool scaled = true) {
  Sequential model({Input({4}), Dense(8, {.activation = "relu", .dtype = "mixed_float16"}),
                    Dense(1, {.dtype = "float32"})},
                   {.seed = 5});
  model.compile({.optimizer = optimizer, .loss = "mse", .auto_scale_loss = scaled});
  return model;
}

TEST(LossScale, IsAddedByCompile) {
  Sequential model = mixed(Adam(0.01));
  EXPECT_EQ(model.compile_options().optimizer.get()->class_name(), "LossScaleOptimizer");
  EXPECT_EQ(mixed(Adam(0.01), false).compile_options().optimizer.get()->class_name(), "Adam");
  EXPECT_EQ(mixed(Adam({.loss_scale_factor = 8.0})).compile_options().optimizer.get()->class_name(), "Adam");
  EXPECT_FLOAT_EQ(static_cast<float>(model.learning_rate()), 0.01f);
  model.set_learning_rate(0.5);
  EXPECT_EQ(model.learning_rate(), 0.5);
  model.set_learning_rate(0.001);
  // Small enough for float16 times the scale.
  const History history = model.fit(inputs() * 0.125, targets() * 0.125, {.epochs = 3, .verbose = 0});
  EXPECT_TRUE(std::isfinite(history["loss"].back()));
  const std::vector<WeightPtr> state = model.optimizer_variables();
  ASSERT_EQ(state.size(), 4u + 2 + 8);
  EXPECT_EQ(state[2]->value.item<int64_t>(), 3);       // steps without overflow
  EXPECT_EQ(state[3]->value.item<float>(), 32768.0f);  // the scale
  EXPECT_EQ(state[4]->value.item<int64_t>(), 3);       // iterations of Adam
}

TEST(LossScale, MakesNoDifferenceBeyondRounding) {
  const auto trained = [](bool scaled) {
    Sequential model = mixed(SGD(0.125), scaled);
    const History history =
        model.fit(inputs(), targets(), {.epochs = 4, .verbose = 0, .log_gradient_norm = true});
    return std::pair(history["loss"].back(), history["gradient_norm"].back());
  };
  const auto with = trained(true), without = trained(false);
  EXPECT_NEAR(with.first, without.first, 2e-2 * without.first);
  EXPECT_NEAR(with.second, without.second, 2e-2 * without.second);
}

TEST(LossScale, RecoversFromOverflow) {
  Sequential model = mixed(LossScaleOptimizer(SGD(0.125), {.initial_scale = 1e30}));
  model.fit(inputs(), targets(), {.epochs = 1, .verbose = 0});
  EXPECT_EQ(model.optimizer_variables()[3]->value.item<float>(), static_cast<float>(1e30) / 2);
  EXPECT_EQ(model.optimizer_variables()[4]->value.item<int64_t>(), 0);  // no step was taken
}

// Takes gradients and applies them in two calls, as programs do that change them in between.
class InTwoCalls : public Sequential {
 public:
  using Sequential::Sequential;
  void train_step(TrainStep& step) override {
    const Tensor loss = step.compute_loss(step.forward());
    step.apply_gradients(step.gradients(loss));
  }
};

TEST(LossScale, DividesOnlyWhatItMultiplied) {
  const auto after = [](auto model) {
    model.compile({.optimizer = LossScaleOptimizer(SGD(0.25)), .loss = "mse"});
    model.fit(inputs(), targets(), {.epochs = 1, .verbose = 0});
    return model.weights()[0]->value.template to_vector<float>();
  };
  const std::vector<float> usual = after(Sequential({Input({4}), Dense(1)}, {.seed = 5}));
  const std::vector<float> own = after(InTwoCalls({Input({4}), Dense(1)}, {.seed = 5}));
  for (size_t i = 0; i < usual.size(); ++i) EXPECT_NEAR(own[i], usual[i], 1e-6);
}

}  // namespace
}  // namespace lamina
