// What all optimizers take, in a training: averages, accumulated gradients, scaled losses.
#include <gtest/gtest.h>

#include "lamina/nn/layers/dense.h"
#include "lamina/nn/layers/input_layer.h"
#include "lamina/nn/model.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/nn/optimizers/sgd.h"
#include "lamina/ops/full.h"

namespace lamina {
namespace {

Sequential trained(const Choice<Optimizer>& optimizer, int epochs) {
  Sequential model({Input({2}), Dense(3)}, {.seed = 5});
  model.compile({.optimizer = optimizer, .loss = "mse"});
  model.fit(ones({4, 2}), ones({4, 3}), {.epochs = epochs, .verbose = 0});
  return model;
}

std::vector<float> kernel(const Model& model) { return model.weights()[0]->value.to_vector<float>(); }

TEST(OptimizerOptions, FitEndsWithTheAverages) {
  const Sequential model = trained(SGD(0.1, {.use_ema = true, .ema_momentum = 0.5}), 3);
  const WeightPtr average = model.optimizer_variables().at(2);
  EXPECT_TRUE(average->name.ends_with("average")) << average->name;
  EXPECT_EQ(kernel(model), average->value.to_vector<float>());
  EXPECT_NE(kernel(model), kernel(trained(SGD(0.1), 3)));
}

TEST(OptimizerOptions, AScaledLossChangesNothingThatFloat32CanHold) {
  EXPECT_EQ(kernel(trained(Adam(0.1, {.loss_scale_factor = 1024.0}), 3)), kernel(trained(Adam(0.1), 3)));
}

TEST(OptimizerOptions, BatchesOfOneUpdateCountTogether) {
  const SGD two(0.1, {.gradient_accumulation_steps = 2});
  const std::vector<float> first = kernel(trained(SGD(0.1), 0));
  EXPECT_EQ(kernel(trained(two, 1)), first);
  // The same batch twice has the gradient of one.
  EXPECT_EQ(kernel(trained(two, 2)), kernel(trained(SGD(0.1), 1)));
}

}  // namespace
}  // namespace lamina
