// FitOptions::log_gradient_norm: the norm that is logged is that of the gradients, and costs nothing unasked.
#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/nn/optimizers/sgd.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"
#include "tests/support/samples.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

double norm_of(const std::vector<Tensor>& gradients) {
  double squares = 0;
  for (const Tensor& gradient : gradients) {
    for (const double value : gradient.to_vector<double>()) squares += value * value;
  }
  return std::sqrt(squares);
}

TEST(GradientNorm, IsTheNormOfAllGradientsBeforeClipping) {
  const Samples data = test::corners(48);
  Sequential model = test::small_dense(3);
  model.compile({.optimizer = SGD({.learning_rate = 0.1, .global_clipnorm = 0.01}),
                 .loss = "sparse_categorical_crossentropy",
                 .metrics = {"accuracy"}});
  const double expected = norm_of(model.value_and_grad(data.x, data.y).second.values());
  ASSERT_GT(expected, 0.01);
  const History history =
      model.fit(data.x, data.y, {.batch_size = 48, .verbose = 0, .log_gradient_norm = true});
  EXPECT_EQ(history.names(), (std::vector<std::string>{"loss", "accuracy", "gradient_norm"}));
  EXPECT_NEAR(history["gradient_norm"].at(0), expected, 1e-6 * expected);
}

// 48 samples in steps of 32 and 16 with a learning rate of 0: the mean of both norms, by their samples.
TEST(GradientNorm, IsAMeanOverTheStepsOfAnEpoch) {
  const Samples data = test::corners(48);
  Sequential model = test::small_dense(3);
  model.compile({.optimizer = SGD(0.0), .loss = "sparse_categorical_crossentropy"});
  const auto part = [&](int64_t first, int64_t end) {
    std::vector<float> x = data.x.to_vector<float>();
    std::vector<int32_t> y = data.y.to_vector<int32_t>();
    return norm_of(
        model
            .value_and_grad(
                Tensor::from(std::vector<float>(x.begin() + 2 * first, x.begin() + 2 * end),
                             {end - first, 2}),
                Tensor::from(std::vector<int32_t>(y.begin() + first, y.begin() + end), {end - first}))
            .second.values());
  };
  const double expected = (32 * part(0, 32) + 16 * part(32, 48)) / 48;
  const History history =
      model.fit(data.x, data.y, {.shuffle = false, .verbose = 0, .log_gradient_norm = true});
  EXPECT_NEAR(history["gradient_norm"].at(0), expected, 1e-6 * expected);
}

TEST(GradientNorm, CostsNothingUnasked) {
  const Samples data = test::corners(32);
  Sequential model = test::small_dense(3);
  const std::string plain = model.train_graph(data.x, data.y);
  model.fit(data.x, data.y, {.verbose = 0, .log_gradient_norm = true});
  EXPECT_EQ(model.train_graph(data.x, data.y), plain);
  EXPECT_FALSE(model.fit(data.x, data.y, {.verbose = 0}).contains("gradient_norm"));
  EXPECT_FALSE(model.train_on_batch(data.x, data.y).find("gradient_norm"));
}

// What is asked for beside must not change what is learned.
TEST(GradientNorm, ChangesNoWeight) {
  const Samples data = test::corners(64);
  Sequential one = test::small_dense(3), other = test::small_dense(3);
  one.fit(data.x, data.y, {.epochs = 2, .verbose = 0, .seed = 1});
  other.fit(data.x, data.y, {.epochs = 2, .verbose = 0, .seed = 1, .log_gradient_norm = true});
  for (size_t i = 0; i < one.weights().size(); ++i)
    EXPECT_EQ(one.weights()[i]->value.to_vector<float>(), other.weights()[i]->value.to_vector<float>());
}

class OwnStep : public LayerOf<OwnStep, Model> {
 public:
  OwnStep() : LayerOf<OwnStep, Model>(ModelOptions{.seed = 5}), network_({Input({2}), Dense(1)}) {
    track("network", std::make_shared<Sequential>(network_));
  }
  std::string class_name() const override { return "OwnStep"; }
  void train_step(TrainStep& step) override {
    const Tensor loss = mean(square(step.call(network_, step.x()[0])));
    step.minimize(loss, network_.weights(true), "mine", SGD(0.1));
    step.log("loss", loss);
  }

 private:
  Sequential network_;
};

TEST(GradientNorm, OfANamedOptimizerHasItsName) {
  OwnStep model;
  model.compile({});
  const Tensor x = test::corners(32).x;
  EXPECT_EQ(model.fit(x, {}, {.verbose = 0, .log_gradient_norm = true}).names(),
            (std::vector<std::string>{"loss", "mine_gradient_norm"}));
}

TEST(GradientNorm, CanBeAskedForWhenATrainingGoesOnBetweenEpochs) {
  const Samples data = test::corners(64);
  Sequential model = test::small_dense(3);
  model.fit(data.x, data.y, {.epochs = 1, .verbose = 0});
  const TrainingSnapshot between = model.snapshot();
  Sequential later = test::small_dense(3);
  const History history =
      later.fit(data.x, data.y, {.epochs = 2, .verbose = 0, .log_gradient_norm = true, .resume = &between});
  ASSERT_EQ(history["gradient_norm"].size(), 2u);
  EXPECT_TRUE(std::isnan(history["gradient_norm"][0]));
  EXPECT_GT(history["gradient_norm"][1], 0);

  std::atomic<bool> stop{true};
  model.fit(data.x, data.y, {.epochs = 1, .verbose = 0, .stop_flag = &stop});
  const TrainingSnapshot amid = model.snapshot();
  ASSERT_EQ(amid.step(), 1);
  EXPECT_NE(test::message_of<InvalidArgument>([&] {
              later.fit(data.x, data.y,
                        {.epochs = 1, .verbose = 0, .log_gradient_norm = true, .resume = &amid});
            }).find("other logs"),
            std::string::npos);
}

}  // namespace
}  // namespace lamina
