// Layers that call layers: without handing their context on, without tracking them, through compiled
// functions, and in training steps of one's own. Nothing of a model may silently be a constant of it.
#include <gtest/gtest.h>

#include <functional>

#include "lamina/core/compile.h"
#include "lamina/core/grad.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/losses/loss.h"
#include "lamina/nn/model.h"
#include "lamina/nn/optimizers/sgd.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/random.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/unary.h"
#include "tests/support/words.h"

namespace lamina {
namespace {

Tensor normal(const Shape& shape, int stream) { return random_normal(random_key(3), shape, stream).eval(); }

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "nothing was thrown";
}

using test::expect_words;

// A layer around another: which it may track, and to which it may hand its context on.
class Around : public LayerOf<Around> {
 public:
  Around(const AnyLayer& inner, bool tracked, bool handed_on)
      : LayerOf<Around>("around", true), inner_(inner.get()), handed_on_(handed_on) {
    if (tracked) track("inner", inner_);
  }
  std::string class_name() const override { return "Around"; }
  Tensor call(const Tensor& x, CallContext& context) const override {
    return handed_on_ ? (*inner_)(x, context) : (*inner_)(x);
  }

 private:
  std::shared_ptr<Layer> inner_;
  bool handed_on_;
};

Tensor dense_by_hand(const Tensor& x, const std::vector<WeightPtr>& weights) {
  return sum(reshape(x, {x.shape()[0], -1, 1}) * weights[0]->value, {1}) + weights[1]->value;
}

TEST(LayersInLayers, TrainWithoutTheContextAsWithIt) {
  const Tensor x = normal({8, 3}, 0), y = normal({8, 2}, 1);
  std::vector<std::vector<float>> trained;
  for (const bool handed_on : {true, false}) {
    Sequential model({Input({3}), Around(Dense(2), true, handed_on)}, {.seed = 1});
    model.compile({.optimizer = SGD(0.1), .loss = "mse"});
    EXPECT_EQ(model.weights(true).size(), 2u);
    model.predict(x);
    model.fit(x, y, {.epochs = 3, .shuffle = false, .verbose = 0});
    trained.push_back(model.predict(x).to_vector<float>());
    trained.push_back(model.get_weights()[0].to_vector<float>());
  }
  EXPECT_EQ(trained[0], trained[2]);
  EXPECT_EQ(trained[1], trained[3]);
}

TEST(LayersInLayers, ReadNewWeightsWithoutTheContext) {
  Sequential model({Input({3}), Around(Dense(2), true, false)}, {.seed = 1});
  const Tensor x = normal({4, 3}, 0);
  const auto check = [&] {
    const std::vector<float> expected = dense_by_hand(x, model.weights()).to_vector<float>();
    const std::vector<float> predicted = model.predict(x).to_vector<float>();
    const std::vector<float> called = model(x).to_vector<float>();
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_NEAR(predicted[i], expected[i], 1e-5);
      EXPECT_NEAR(called[i], expected[i], 1e-5);
    }
  };
  check();
  const int programs = model.programs_built();
  model.set_weights({normal({3, 2}, 5), normal({2}, 6)});
  check();
  EXPECT_EQ(model.programs_built(), programs) << "the weights were constants of the program";
}

TEST(LayersInLayers, FollowTheModeOfThePassAround) {
  const Around around(BatchNormalization(), true, false);
  const Tensor x = normal({16, 3}, 0) * 4.0 + 7.0;
  EXPECT_NEAR(mean(around(x, true)).item<float>(), 0.0f, 1e-4)
      << "training takes the statistics of the batch";
  EXPECT_GT(mean(around(x)).item<float>(), 1.0f) << "prediction those that were learned";

  Sequential model({Input({3}), around}, {.seed = 1});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor before = model.weights(false)[0]->read();
  model.fit(x, x, {.verbose = 0});
  EXPECT_NE(model.weights(false)[0]->read().to_vector<float>(), before.to_vector<float>())
      << "the moving mean did not move";
}

TEST(LayersInLayers, AModeThatIsSaidCounts) {
  class Fixed : public LayerOf<Fixed> {
   public:
    Fixed() : LayerOf<Fixed>("", true) { track("inner", inner_.share()); }
    std::string class_name() const override { return "Fixed"; }
    Tensor call(const Tensor& x, CallContext&) const override { return inner_(x, false); }

   private:
    BatchNormalization inner_;
  };
  Sequential model({Input({3}), Fixed()}, {.seed = 1});
  model.compile({.optimizer = SGD(0.1), .loss = "mse"});
  const Tensor x = normal({16, 3}, 0), y = normal({16, 3}, 1);
  const std::vector<float> mean_before = model.weights(false)[0]->read().to_vector<float>();
  const std::vector<float> gamma_before = model.weights(true)[0]->read().to_vector<float>();
  model.fit(x, y, {.verbose = 0});
  EXPECT_EQ(model.weights(false)[0]->read().to_vector<float>(), mean_before);
  EXPECT_NE(model.weights(true)[0]->read().to_vector<float>(), gamma_before);
}

TEST(LayersInLayers, DropoutWithoutTheContextDrawsFromTheStep) {
  Sequential model({Input({400}), Around(Dropout(0.5), true, false), Dense(1, {.use_bias = false})},
                   {.seed = 1});
  model.compile({.optimizer = SGD(0.0), .loss = "mse"});
  const Tensor x = ones({1, 400}), y = zeros({1, 1});
  const double first = model.train_on_batch(x, y)["loss"], second = model.train_on_batch(x, y)["loss"];
  EXPECT_NE(first, second) << "every step dropped the same";
}

TEST(LayersInLayers, AreRefusedWhereTheyAreNotTracked) {
  for (const bool handed_on : {true, false}) {
    Sequential model({Input({3}), Around(Dense(2, {.name = "hidden"}), false, handed_on)}, {.seed = 1});
    model.compile({.optimizer = SGD(0.1), .loss = "mse"});
    const Tensor x = normal({8, 3}, 0), y = normal({8, 2}, 1);
    for (const std::string& message :
         {error_of([&] { model.predict(x); }), error_of([&] { model(x); }),
          error_of([&] { model.fit(x, y, {.verbose = 0}); }), error_of([&] { model.evaluate(x, y); }),
          error_of([&] { model.value_and_grad(x, y); })}) {
      expect_words(message, {"'hidden'", "Dense", "kernel", "sequential", "track()", "set_trainable(false)"});
    }
  }
}

TEST(LayersInLayers, MayBeConstantsOnPurpose) {
  Dense features(2, {.name = "features"});
  features.build(Shape{-1, 3});
  features.set_trainable(false);
  Sequential model({Input({3}), Around(features, false, true), Dense(1)}, {.seed = 1});
  model.compile({.optimizer = SGD(0.1), .loss = "mse"});
  const Tensor x = normal({8, 3}, 0), y = normal({8, 1}, 1);
  model.fit(x, y, {.verbose = 0});
  const auto by_hand = [&] { return (*model.layers()[1])(features(x)).to_vector<float>(); };
  EXPECT_EQ(model.predict(x).to_vector<float>(), by_hand());
  features.weights()[0]->assign(normal({3, 2}, 9));  // constants, but not those of yesterday
  EXPECT_EQ(model.predict(x).to_vector<float>(), by_hand());
}

TEST(LayersInLayers, WorkByThemselves) {
  const Around around(Dense(2), false, false);  // eager: whoever calls it knows what it does
  const Tensor x = normal({4, 3}, 0);
  const std::vector<float> once = around(x).to_vector<float>();
  EXPECT_EQ(around(x).to_vector<float>(), once);
  const Dense dense(2);
  dense.build(Shape{-1, 3});
  const auto loss = [&](const std::vector<Tensor>& args) { return sum(square(dense(args[0]))); };
  const Tensor by_kernel = gradients(sum(square(dense(x))), {dense.weights()[0]->value})[0];
  EXPECT_GT(sum(abs(by_kernel)).item<float>(), 0.0f);
  EXPECT_GT(sum(abs(grad(loss)({x})[0])).item<float>(), 0.0f);
}

TEST(LayersInLayers, CompiledFunctionsReadTheWeightsOfNow) {
  const Dense dense(2);
  dense.build(Shape{-1, 3});
  const Function f =
      compile([&](const std::vector<Tensor>& args) { return std::vector<Tensor>{dense(args[0])}; });
  const Tensor x = normal({4, 3}, 0);
  const auto check = [&] {
    const std::vector<float> now = f({x})[0].to_vector<float>();
    const std::vector<float> expected = dense(x).to_vector<float>();
    for (size_t i = 0; i < now.size(); ++i) EXPECT_NEAR(now[i], expected[i], 1e-5);
  };
  check();
  dense.weights()[0]->assign(normal({3, 2}, 9));
  check();
  Sequential model({Input({3}), dense}, {.seed = 1});
  model.compile({.optimizer = SGD(0.1), .loss = "mse"});
  model.fit(x, normal({4, 2}, 1), {.verbose = 0});
  check();
}

// A compiled function inside a layer was called before, alone; in a model it reads the model's weights.
TEST(LayersInLayers, CompiledFunctionsInsideBelongToTheModel) {
  class Prepared : public LayerOf<Prepared> {
   public:
    Prepared() : LayerOf<Prepared>("", true) { track("inner", inner_.share()); }
    std::string class_name() const override { return "Prepared"; }
    Shape compute_output_shape(const Shape& input) const override { return {input[0], 2}; }
    Tensor call(const Tensor& x, CallContext&) const override { return f_({x})[0] + f_({ones({1, 3})})[0]; }

   protected:
    void create_weights(const Shape& input) override { build_sublayer(inner_, {{input, DType::kFloat32}}); }

   private:
    Dense inner_{2};
    Function f_ = compile(
        [inner = inner_](const std::vector<Tensor>& args) { return std::vector<Tensor>{inner(args[0])}; });
  };
  const Prepared layer;
  const Tensor x = normal({4, 3}, 0), y = normal({4, 2}, 1);
  layer(x).eval();
  Sequential model({Input({3}), layer}, {.seed = 1});
  model.compile({.optimizer = SGD(0.1), .loss = "mse"});
  const auto check = [&] {
    const std::vector<WeightPtr> weights = model.weights();
    const std::vector<float> expected =
        (dense_by_hand(x, weights) + dense_by_hand(ones({1, 3}), weights)).to_vector<float>();
    const std::vector<float> predicted = model.predict(x).to_vector<float>();
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(predicted[i], expected[i], 1e-5);
  };
  check();
  const std::vector<float> kernel = model.get_weights()[0].to_vector<float>();
  model.fit(x, y, {.verbose = 0});
  EXPECT_NE(model.get_weights()[0].to_vector<float>(), kernel);
  check();
}

TEST(ModelsInLayers, TakePartInTheModelAround) {
  for (const bool handed_on : {true, false}) {
    Sequential inner({Input({3}), Dense(4, {.activation = "tanh"}), Dense(2)}, {.seed = 5});
    Sequential model({Input({3}), Around(inner, true, handed_on)}, {.seed = 1});
    model.compile({.optimizer = SGD(0.1), .loss = "mse"});
    const Tensor x = normal({8, 3}, 0), y = normal({8, 2}, 1);
    model.predict(x);
    const double before = model.evaluate(x, y, {.verbose = 0})["loss"];
    model.fit(x, y, {.epochs = 20, .verbose = 0});
    EXPECT_LT(model.evaluate(x, y, {.verbose = 0})["loss"], before * 0.95);
    EXPECT_EQ(model.predict(x).to_vector<float>(), inner.predict(x).to_vector<float>());
  }
}

// ---- Training steps of one's own ----

// Learns b * x + c, the scale by a layer that the model may have forgotten.
class OwnStep : public LayerOf<OwnStep, Model> {
 public:
  OwnStep(const Dense& scale, bool tracked)
      : LayerOf<OwnStep, Model>(ModelOptions{.seed = 1}), scale_(scale) {
    track("shift", shift_.share());
    if (tracked) track("scale", scale_.share());
  }
  std::string class_name() const override { return "OwnStep"; }
  Tensor call(const Tensor& x, CallContext& context) const override { return shift_(x, context); }
  void train_step(TrainStep& step) override {
    const Tensor loss = mean(square(scale_(step.x()[0]) - step.y()[0]));  // no step.call
    step.minimize(loss, scale_.weights(), "scale", SGD(0.1));
    step.log("loss", loss);
  }

 private:
  Dense shift_{1, {.name = "shift"}};
  Dense scale_;
};

TEST(TrainStepWeights, AreTheStepsWithoutStepCall) {
  const Dense scale(1, {.name = "scale"});
  scale.build(Shape{-1, 1});
  OwnStep model(scale, true);
  model.compile({});
  const Tensor x = normal({32, 1}, 0);
  const History history = model.fit(x, x * 3.0 + 1.0, {.epochs = 40, .verbose = 0});
  EXPECT_LT(history["loss"].back(), history["loss"].front() * 0.01);
  EXPECT_NEAR(scale.weights()[0]->value.item<float>(), 3.0f, 0.1f);
}

TEST(TrainStepWeights, ThatTheModelLacksAreRefused) {
  const Dense scale(1, {.name = "scale"});
  scale.build(Shape{-1, 1});
  OwnStep model(scale, false);
  model.compile({});
  const Tensor x = normal({8, 1}, 0);
  expect_words(error_of([&] { model.fit(x, x, {.verbose = 0}); }), {"scale/kernel", "minimised", "track()"});
}

// Two models, each compiled for itself; the combined one holds the discriminator still.
TEST(TrainStepWeights, AGanOfTwoModelsSeesTheDiscriminatorOfNow) {
  Sequential generator({Input({2}), Dense(4, {.activation = "tanh"}), Dense(1)}, {.seed = 1});
  Sequential discriminator({Input({1}), Dense(4, {.activation = "tanh"}), Dense(1)}, {.seed = 2});
  discriminator.compile({.optimizer = SGD(0.1), .loss = "mse"});
  discriminator.set_trainable(false);
  const Tensor z = Input({2});
  Model gan({z}, {discriminator(generator(z))}, {.seed = 3});
  gan.compile({.optimizer = SGD(0.1), .loss = "mse"});
  discriminator.set_trainable(true);

  const Tensor noise = normal({8, 2}, 0), real = normal({8, 1}, 1), yes = ones({8, 1}), no = zeros({8, 1});
  for (int step = 0; step < 3; ++step) {
    discriminator.train_on_batch(real, yes);
    discriminator.train_on_batch(generator.predict_on_batch(noise), no);
    const std::vector<float> held = discriminator.get_weights()[0].to_vector<float>();
    const std::vector<float> moved = generator.get_weights()[0].to_vector<float>();
    const double expected = mean(square(discriminator(generator(noise)) - 1.0)).item<double>();
    EXPECT_NEAR(gan.train_on_batch(noise, yes)["loss"], expected, 1e-5) << "step " << step;
    EXPECT_EQ(discriminator.get_weights()[0].to_vector<float>(), held);
    EXPECT_NE(generator.get_weights()[0].to_vector<float>(), moved);
  }
  EXPECT_EQ(gan.programs_built(), 1);
  EXPECT_EQ(discriminator.programs_built(), 1);
}

// The teacher of a step is another model, which goes on learning meanwhile.
TEST(TrainStepWeights, ATeacherIsTheTeacherOfNow) {
  class Follows : public LayerOf<Follows, Model> {
   public:
    Follows(const Sequential& student, const Sequential& teacher)
        : LayerOf<Follows, Model>(ModelOptions{.seed = 1}), student_(student), teacher_(teacher) {
      track("student", student_.share());
    }
    std::string class_name() const override { return "Follows"; }
    Tensor call(const Tensor& x, CallContext& context) const override { return student_(x, context); }
    void train_step(TrainStep& step) override {
      const Tensor loss = mean(square(step.forward()[0] - step.call(teacher_, step.x()[0])));
      step.minimize(loss);
      step.log("loss", loss);
    }

   private:
    Sequential student_, teacher_;
  };
  Sequential teacher({Input({2}), Dense(1)}, {.seed = 1}), student({Input({2}), Dense(1)}, {.seed = 2});
  teacher.compile({.optimizer = SGD(0.5), .loss = "mse"});
  Follows model(student, teacher);
  model.compile({.optimizer = SGD(0.1)});
  const Tensor x = normal({8, 2}, 0);
  for (int round = 0; round < 3; ++round) {
    const double expected = mean(square(student(x) - teacher(x))).item<double>();
    EXPECT_NEAR(model.train_on_batch(x, {})["loss"], expected, 1e-5) << "round " << round;
    teacher.train_on_batch(x, normal({8, 1}, 5));
  }
}

}  // namespace
}  // namespace lamina
