// What an update costs: one kernel for each weight, whatever the equation, and one for the scalars that all
// share.
#include <gtest/gtest.h>

#include "lamina/core/compile.h"
#include "lamina/nn/optimizers/adadelta.h"
#include "lamina/nn/optimizers/adagrad.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/nn/optimizers/adamax.h"
#include "lamina/nn/optimizers/ftrl.h"
#include "lamina/nn/optimizers/nadam.h"
#include "lamina/nn/optimizers/rmsprop.h"
#include "lamina/nn/optimizers/sgd.h"
#include "lamina/ops/full.h"

namespace lamina {
namespace {

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(OptimizerFusion, MakesOneKernelAWeight) {
  const std::vector<Optimizer::Target> targets = {{"a/kernel", {DType::kFloat32, {30, 20}}},
                                                  {"a/bias", {DType::kFloat32, {20}}},
                                                  {"b/kernel", {DType::kFloat32, {3, 3, 2, 4}}}};
  const std::vector<std::shared_ptr<Optimizer>> optimizers = {
      std::make_shared<SGD>(),
      std::make_shared<SGD>(0.1, SGDOptions{.momentum = 0.9, .nesterov = true, .weight_decay = 0.01}),
      std::make_shared<Adam>(),
      std::make_shared<Adam>(AdamOptions{.amsgrad = true, .clipvalue = 1.0}),
      std::make_shared<RMSprop>(),
      std::make_shared<RMSprop>(0.1, RMSpropOptions{.momentum = 0.5, .centered = true}),
      std::make_shared<Adagrad>(),
      std::make_shared<Adadelta>(),
      std::make_shared<Adamax>(),
      std::make_shared<Nadam>(),
      std::make_shared<Ftrl>()};
  for (const std::shared_ptr<Optimizer>& optimizer : optimizers) {
    std::vector<Tensor> args;  // weights, gradients, state
    for (int part = 0; part < 2; ++part) {
      for (const Optimizer::Target& target : targets) args.push_back(ones(target.type.shape).eval());
    }
    for (const Optimizer::Variable& variable : optimizer->variables(targets))
      args.push_back(variable.initial.eval());
    const size_t n = targets.size();
    const Function update = compile([&](const std::vector<Tensor>& all) {
      const std::span<const Tensor> view(all);
      Optimizer::Update made = optimizer->update(view.first(n), view.subspan(n, n), view.subspan(2 * n));
      made.weights.insert(made.weights.end(), made.state.begin(), made.state.end());
      return made.weights;
    });
    const std::string graph = update.graph(args);
    EXPECT_EQ(count(graph, " = fused_elementwise("), static_cast<int>(n) + 1)
        << optimizer->class_name() << "\n"
        << graph;
    const int lines = count("\n" + graph, "\n%");
    EXPECT_EQ(lines, count(graph, " = input ") + static_cast<int>(n) + 1) << graph;
  }
}

}  // namespace
}  // namespace lamina
