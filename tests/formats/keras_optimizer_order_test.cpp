// The state of an optimizer in the order that Keras wrote it in.
#include <gtest/gtest.h>

#include "lamina/formats/keras/weights.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/nn/optimizers/loss_scale_optimizer.h"

namespace lamina {
namespace {

using detail::Hdf5Tree;

Sequential trained_by_nadam() {
  Sequential model({Input({3}), Dense(2)}, {.seed = 4});
  model.compile({.optimizer = "nadam", .loss = "mse"});
  const Tensor x = Tensor::from(std::vector<float>{1, -2, 3, 0.5f, 4, -1}, {2, 3});
  model.fit(x, Tensor::from(std::vector<float>{1, 2, -1, 0}, {2, 2}), {.epochs = 3, .verbose = 0});
  return model;
}

std::string place(size_t i) { return "optimizer/vars/" + std::to_string(i); }

TEST(KerasOptimizerOrder, OfTheFirstVersionsIsTaken) {
  const Sequential model = trained_by_nadam();
  const Hdf5Tree now = detail::keras_weights(model);
  const size_t count = model.optimizer_variables().size();
  ASSERT_EQ(count, 7u);
  ASSERT_EQ(now.arrays.at(place(6)).shape(), Shape{}) << "the product of the momenta";
  Hdf5Tree then = now;  // Keras 3.0: iteration, learning rate, product, and then the slots
  then.arrays.insert_or_assign(place(2), now.arrays.at(place(6)));
  for (size_t i = 3; i < count; ++i) then.arrays.insert_or_assign(place(i), now.arrays.at(place(i - 1)));

  Sequential other({Input({3}), Dense(2)}, {.seed = 9});
  other.compile({.optimizer = "nadam", .loss = "mse"});
  const LoadReport report = detail::apply_keras_weights(other, then);
  EXPECT_TRUE(report.skipped.empty()) << report.skipped.at(0);
  for (size_t i = 0; i < count; ++i) {
    EXPECT_EQ(other.optimizer_variables()[i]->value.to_vector<double>(),
              model.optimizer_variables()[i]->value.to_vector<double>())
        << i;
  }
}

TEST(KerasOptimizerOrder, OfNoVersionIsTold) {
  const Sequential model = trained_by_nadam();
  Hdf5Tree tree = detail::keras_weights(model);
  std::swap(tree.arrays.at(place(2)), tree.arrays.at(place(4)));
  Sequential other({Input({3}), Dense(2)}, {.seed = 9});
  other.compile({.optimizer = "nadam", .loss = "mse"});
  const LoadReport report = detail::apply_keras_weights(other, tree);
  ASSERT_EQ(report.skipped.size(), 1u);
  EXPECT_NE(report.skipped[0].find("optimizer/vars/2 (sequential_dense_kernel_momentum"), std::string::npos) << report.skipped[0];
  EXPECT_NE(report.skipped[0].find("starts anew"), std::string::npos) << report.skipped[0];
}

// The state of an optimizer around another one: Keras's files hold the inner one twice.
TEST(KerasOptimizerOrder, OfAnOptimizerInsideIsWrittenTwice) {
  const auto compiled = [](const Choice<Optimizer>& optimizer, uint64_t seed) {
    Sequential model({Input({3}), Dense(2)}, {.seed = seed});
    model.compile({.optimizer = optimizer, .loss = "mse"});
    const Tensor x = Tensor::from(std::vector<float>{1, -2, 3, 0.5f, 4, -1}, {2, 3});
    model.fit(x, Tensor::from(std::vector<float>{1, 2, -1, 0}, {2, 2}), {.epochs = 3, .verbose = 0});
    return model;
  };
  const Sequential model = compiled(LossScaleOptimizer("adam"), 4);
  const Hdf5Tree tree = detail::keras_weights(model);
  ASSERT_TRUE(tree.arrays.contains(place(9)));
  for (size_t i = 4; i < 10; ++i) {
    EXPECT_EQ(tree.arrays.at("optimizer/inner_optimizer/vars/" + std::to_string(i - 4)).to_vector<double>(),
              tree.arrays.at(place(i)).to_vector<double>())
        << i;
  }
  Sequential same = compiled(LossScaleOptimizer("adam"), 9);
  const LoadReport report = detail::apply_keras_weights(same, tree);
  EXPECT_TRUE(report.skipped.empty());
  EXPECT_TRUE(report.unused.empty()) << report.unused.at(0);
  EXPECT_EQ(same.optimizer_variables()[7]->value.to_vector<float>(), model.optimizer_variables()[7]->value.to_vector<float>());

  // The file of a training without the optimizer around it.
  const Sequential plain = compiled("adam", 6);
  EXPECT_TRUE(detail::apply_keras_weights(same, detail::keras_weights(plain)).skipped.empty());
  EXPECT_EQ(same.optimizer_variables()[4]->value.item<int64_t>(), 3);
  EXPECT_EQ(same.optimizer_variables()[7]->value.to_vector<float>(), plain.optimizer_variables()[3]->value.to_vector<float>());
}

}  // namespace
}  // namespace lamina
