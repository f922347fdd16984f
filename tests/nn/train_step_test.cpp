// Training steps of one's own: a GAN, distillation and contrastive learning, each in a few lines over
// TrainStep.
#include <gtest/gtest.h>

#include "lamina/nn/layers/layers.h"
#include "lamina/nn/losses/crossentropy.h"
#include "lamina/nn/model.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/nn/optimizers/sgd.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/random.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

Tensor normal(const Shape& shape, int stream) { return random_normal(random_key(3), shape, stream).eval(); }

// Goodfellow et al., 2014: two networks, each with an optimizer of its own.
class Gan : public LayerOf<Gan, Model> {
 public:
  Gan(const Sequential& generator, const Sequential& discriminator)
      : LayerOf<Gan, Model>(ModelOptions{.seed = 5}), generator_(generator), discriminator_(discriminator) {
    track("generator", std::make_shared<Sequential>(generator));
    track("discriminator", std::make_shared<Sequential>(discriminator));
  }
  std::string class_name() const override { return "Gan"; }

  void train_step(TrainStep& step) override {
    const Tensor& real = step.x()[0];
    const auto noise = [&] {
      const CallContext::Random random = step.context().random();
      return random_normal(random.key, {step.batch_size(), 2}, random.stream);
    };
    const BinaryCrossentropy loss({.from_logits = true});
    const Shape labels{step.batch_size(), 1};
    const Tensor fake = step.call(generator_, noise());
    const Tensor d_loss = loss(ones(labels), step.call(discriminator_, real)) +
                          loss(zeros(labels), step.call(discriminator_, fake));
    step.minimize(d_loss, discriminator_.weights(true), "discriminator", Adam(0.01));
    const Tensor g_loss = loss(ones(labels), step.call(discriminator_, step.call(generator_, noise())));
    step.minimize(g_loss, generator_.weights(true), "generator", Adam(0.01));
    step.log("d_loss", d_loss);
    step.log("g_loss", g_loss);
  }

 private:
  Sequential generator_, discriminator_;
};

TEST(TrainStep, TrainsAGan) {
  Sequential generator({Input({2}), Dense(16, {.activation = "relu"}), Dense(1)}, {.seed = 1});
  Sequential discriminator({Input({1}), Dense(16, {.activation = "relu"}), Dense(1)}, {.seed = 2});
  Gan gan(generator, discriminator);
  gan.compile({});
  const Tensor real = (normal({512, 1}, 0) * 0.5 + 3.0).eval();
  const auto mean_of_fakes = [&] { return mean(generator.predict(normal({256, 2}, 7))).item<double>(); };
  const double before = mean_of_fakes();
  const History history = gan.fit(real, {}, {.epochs = 30, .batch_size = 64, .verbose = 0});
  EXPECT_EQ(history.names(), (std::vector<std::string>{"d_loss", "g_loss"}));
  EXPECT_LT(std::abs(mean_of_fakes() - 3.0), std::abs(before - 3.0) / 2) << "began at " << before;
}

// Hinton et al., 2015: a student learns what a teacher says.
class Distiller : public LayerOf<Distiller, Model> {
 public:
  Distiller(const Sequential& student, const Sequential& teacher)
      : LayerOf<Distiller, Model>(ModelOptions()), student_(student), teacher_(teacher) {
    track("student", std::make_shared<Sequential>(student));
  }
  std::string class_name() const override { return "Distiller"; }
  Tensor call(const Tensor& x, CallContext& context) const override { return student_(x, context); }

  void train_step(TrainStep& step) override {
    const Tensor soft = softmax(step.call(teacher_, step.x()[0]) / 2.0);
    const Tensor student = step.forward()[0];
    const Tensor loss = CategoricalCrossentropy({.from_logits = true})(soft, student / 2.0);
    step.minimize(loss);
    step.log("loss", loss);
  }

 private:
  Sequential student_, teacher_;
};

TEST(TrainStep, DistilsATeacherWithoutChangingIt) {
  Sequential teacher({Input({4}), Dense(8, {.activation = "tanh"}), Dense(3)}, {.seed = 1});
  Sequential student({Input({4}), Dense(3)}, {.seed = 2});
  const std::vector<float> kept = teacher.get_weights()[0].to_vector<float>();
  Distiller distiller(student, teacher);
  distiller.compile({.optimizer = Adam(0.05)});
  const History history = distiller.fit(normal({128, 4}, 0), {}, {.epochs = 15, .verbose = 0});
  EXPECT_LT(history["loss"].back(), history["loss"].front());
  EXPECT_EQ(teacher.get_weights()[0].to_vector<float>(), kept);
  EXPECT_EQ(distiller.optimizer_variables().size(), 2u + 2u * 2u);
}

// Chen et al., 2020 (SimCLR): two views of one sample shall be nearer than views of others.
class Contrastive : public LayerOf<Contrastive, Model> {
 public:
  explicit Contrastive(const Sequential& encoder)
      : LayerOf<Contrastive, Model>(ModelOptions()), encoder_(encoder) {
    track("encoder", std::make_shared<Sequential>(encoder));
  }
  std::string class_name() const override { return "Contrastive"; }
  Tensor call(const Tensor& x, CallContext& context) const override { return encoder_(x, context); }

  void train_step(TrainStep& step) override {
    const auto view = [&] {
      const CallContext::Random random = step.context().random();
      const Tensor noisy = step.x()[0] + random_normal(random.key, step.x()[0].shape(), random.stream) * 0.1;
      const Tensor z = step.call(encoder_, noisy);
      return z * rsqrt(sum(square(z), {-1}, true) + 1e-6);
    };
    const Tensor a = view(), b = view();
    const Tensor similarity = matmul(a, b, false, true) * 5.0;
    const Tensor loss =
        SparseCategoricalCrossentropy({.from_logits = true})(arange(step.batch_size()), similarity);
    step.minimize(loss);
    step.log("loss", loss);
  }

 private:
  Sequential encoder_;
};

TEST(TrainStep, LearnsByContrast) {
  Sequential encoder({Input({6}), Dense(8)}, {.seed = 3});
  Contrastive model(encoder);
  model.compile({.optimizer = Adam(0.02)});
  const History history = model.fit(normal({64, 6}, 0), {}, {.epochs = 20, .batch_size = 16, .verbose = 0});
  EXPECT_LT(history["loss"].back(), history["loss"].front());
}

// a <- a - (b * b * a)' and then b <- b - (a * b)': the second gradient is a, whatever made it.
class InTurns : public LayerOf<InTurns, Model> {
 public:
  InTurns() : LayerOf<InTurns, Model>(ModelOptions()) {}
  std::string class_name() const override { return "InTurns"; }
  Tensor call(const Tensor& x, CallContext& context) const override {
    return x * context.value(a_) * context.value(b_);
  }
  void train_step(TrainStep& step) override {
    CallContext& now = step.context();
    step.minimize(sum(square(now.value(*b_)) * now.value(*a_)), {a_}, "a", SGD(1.0));
    step.minimize(sum(now.value(*a_) * now.value(*b_)), {b_}, "b", SGD(1.0));
  }

 protected:
  void create_weights(const Shape&) override {
    a_ = add_weight("a", {1}, "ones");
    b_ = add_weight("b", {1}, "ones");
  }
  void create_weights_for(const TensorSpecs& inputs) override {
    create_weights(inputs[0].shape);
    LayerOf<InTurns, Model>::create_weights_for(inputs);
  }

 private:
  WeightPtr a_, b_;
};

TEST(TrainStep, AnUpdateEndsTheHistory) {
  InTurns model;
  model.compile({});
  model.fit(normal({1, 1}, 0), {}, {.verbose = 0});
  EXPECT_EQ(model.weights()[0]->value.item<float>(), 0.0f);  // 1 - 1 * 1
  EXPECT_EQ(model.weights()[1]->value.item<float>(), 1.0f);  // 1 - 0, not through a's dependence on b
}

TEST(TrainStep, SaysWhatIsWrongWithAStep) {
  struct Twice : LayerOf<Twice, Model> {
    explicit Twice(const Sequential& inner) : LayerOf<Twice, Model>(ModelOptions()), net(inner) {
      track("net", std::make_shared<Sequential>(inner));
    }
    std::string class_name() const override { return "Twice"; }
    void train_step(TrainStep& step) override {
      const Tensor loss = mean(step.call(net, step.x()[0]));
      step.minimize(loss);
      step.minimize(loss);
    }
    Sequential net;
  };
  struct Vector : LayerOf<Vector, Model> {
    explicit Vector(const Sequential& inner) : LayerOf<Vector, Model>(ModelOptions()), net(inner) {
      track("net", std::make_shared<Sequential>(inner));
    }
    std::string class_name() const override { return "Vector"; }
    void train_step(TrainStep& step) override { step.log("loss", step.call(net, step.x()[0])); }
    Sequential net;
  };
  const Sequential net({Input({2}), Dense(2)}, {.seed = 1});
  const auto message = [&](Model& model) {
    model.compile({});
    try {
      model.fit(normal({4, 2}, 0), {}, {.verbose = 0});
    } catch (const InvalidArgument& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  Twice twice(net);
  EXPECT_NE(message(twice).find("used twice"), std::string::npos);
  Vector vector(net);
  EXPECT_NE(message(vector).find("scalar"), std::string::npos);
}

TEST(Losses, OfLayersAndRegularizersAreAdded) {
  class Penalised : public LayerOf<Penalised> {
   public:
    Penalised() : LayerOf<Penalised>("", true) {}
    std::string class_name() const override { return "Penalised"; }
    Shape compute_output_shape(const Shape& input) const override { return input; }
    Tensor call(const Tensor& x, CallContext& context) const override {
      context.add_loss(mean(square(x)) * 0.5);
      return x;
    }
  };
  Sequential model({Input({3}), Penalised(), Dense(1)}, {.seed = 1});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor x = normal({8, 3}, 0), y = model.predict(x);
  EXPECT_NEAR(model.evaluate(x, y, {.verbose = 0})["loss"], mean(square(x)).item<double>() * 0.5, 1e-5);
}

}  // namespace
}  // namespace lamina
