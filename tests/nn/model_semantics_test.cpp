// What a model promises whoever uses it in ways that no room foresaw: inside grad, from several threads, in
// callbacks.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "lamina/base/log.h"
#include "lamina/core/grad.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/metrics/mean.h"
#include "lamina/nn/model.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/nn/optimizers/sgd.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/random.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

Tensor normal(const Shape& shape, int stream) { return random_normal(random_key(3), shape, stream).eval(); }

Sequential small(uint64_t seed = 1) {
  return Sequential({Input({3}), Dense(4, {.activation = "tanh"}), Dense(1)}, {.seed = seed});
}

void expect_near(const Tensor& a, const Tensor& b) {
  const auto x = a.to_vector<float>(), y = b.to_vector<float>();
  ASSERT_EQ(x.size(), y.size());
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    EXPECT_NEAR(x[i], y[i], 1e-5);
    sum += std::abs(y[i]);
  }
  EXPECT_GT(sum, 0) << "nothing was compared but zeros";
}

TEST(ModelCall, GradientsFlowThroughToInputsAndWeights) {
  Sequential model = small();
  const Tensor x = normal({5, 3}, 0);
  const auto by_layers = [&](const std::vector<Tensor>& a) {
    return mean(model.layers()[1]->operator()(model.layers()[0]->operator()(a[0])));
  };
  expect_near(grad([&](const std::vector<Tensor>& a) { return mean(model(a[0])); })({x})[0],
              grad(by_layers)({x})[0]);

  const Tensor kernel = model.weights()[0]->value;
  const Tensor y = model(x);
  EXPECT_TRUE(y.computed());
  const Tensor direct = gradients(mean(square(y)), {kernel})[0];
  const auto loss = [&](const std::vector<Tensor>& a) {
    std::vector<Tensor> weights = model.get_weights();
    weights[0] = a[0];
    return mean(square(model.call_with_weights(weights, x)[0]));
  };
  expect_near(direct, grad(loss)({kernel})[0]);
}

TEST(ModelCall, SetWeightsInsideGradIsRefused) {
  Sequential model = small();
  const Tensor x = normal({5, 3}, 0);
  const auto f = [&](const std::vector<Tensor>& a) {
    model.weights()[0]->assign(a[0]);
    return mean(model(x));
  };
  EXPECT_THROW(grad(f)({model.weights()[0]->read()}), InvalidArgument);
}

TEST(ModelCall, ValueAndGradAgreesWithOneStep) {
  Sequential model = small();
  model.compile({.optimizer = SGD(0.1), .loss = "mse"});
  const Tensor x = normal({6, 3}, 0), y = normal({6, 1}, 1);
  const std::vector<Tensor> before = model.get_weights();
  const auto [loss, gradients] = model.value_and_grad(x, y);
  const Logs logs = model.train_on_batch(x, y);
  EXPECT_NEAR(logs["loss"], loss.item<double>(), 1e-6);
  const std::vector<Tensor> after = model.get_weights();
  for (size_t i = 0; i < after.size(); ++i) expect_near(before[i] - after[i], gradients[i] * 0.1);
}

TEST(ModelState, AReaderKeepsTheValueOfItsTime) {
  Sequential model = small();
  model.compile({.optimizer = SGD(0.5), .loss = "mse"});
  const Tensor x = normal({6, 3}, 0), y = normal({6, 1}, 1);
  const Layer& layer = *model.layers()[0];
  const std::vector<float> expected = layer(x).to_vector<float>();
  const Tensor pending = layer(x), handle = model.weights()[0]->value;
  const std::vector<float> kernel = handle.to_vector<float>();
  model.fit(x, y, {.epochs = 3, .verbose = 0});
  EXPECT_EQ(pending.to_vector<float>(), expected);
  EXPECT_EQ(handle.to_vector<float>(), kernel);
  EXPECT_NE(model.weights()[0]->value.to_vector<float>(), kernel);
  EXPECT_EQ(model.train_statistics().state_copies, 0);
}

TEST(ModelBuild, BindsOnlyWhatTheWeightsNeed) {
  Dense dense(2);
  dense(normal({4, 5}, 0));
  EXPECT_EQ(dense(normal({4, 2, 5}, 1)).shape(), (Shape{4, 2, 2}));
  EXPECT_THROW(dense(normal({4, 6}, 0)), InvalidArgument);
  Conv2D conv(2, {3, 3});
  conv(normal({1, 8, 8, 3}, 0));
  EXPECT_EQ(conv(normal({1, 9, 9, 3}, 1)).shape(), (Shape{1, 7, 7, 2}));
  Sequential open({Input({-1, -1, 3}), Conv2D(2, {3, 3}), GlobalAveragePooling2D()});
  EXPECT_EQ(open.predict(normal({2, 8, 8, 3}, 0)).shape(), open.predict(normal({2, 11, 7, 3}, 0)).shape());
}

TEST(ModelBuild, AFailedBuildLeavesNothingBehind) {
  Sequential model({Dense(4), Conv2D(2, {3, 3})}, {.seed = 1});
  EXPECT_THROW(model.predict(normal({2, 5}, 0)), InvalidArgument);
  EXPECT_FALSE(model.built());
  EXPECT_EQ(model.predict(normal({2, 6, 6, 5}, 0)).shape(), (Shape{2, 4, 4, 2}));
  EXPECT_EQ(model.weights().size(), 4u);
}

TEST(ModelTrainable, TakesEffectAtTheNextCompile) {
  std::vector<std::string> messages;
  const LogSink before = set_log_sink([&](LogLevel, const std::string& text) { messages.push_back(text); });
  Sequential model({Input({3}), Dense(4), BatchNormalization(), Dense(1)}, {.seed = 1});
  model.compile({.optimizer = SGD(0.1), .loss = "mse"});
  const Tensor x = normal({8, 3}, 0), y = normal({8, 1}, 1);
  model.layers()[0]->set_trainable(false);
  const auto kernel = [&] { return model.weights()[0]->read().to_vector<float>(); };
  auto now = kernel();
  model.fit(x, y, {.epochs = 1, .batch_size = 5, .verbose = 0});  // two signatures: the last batch is smaller
  EXPECT_NE(kernel(), now);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_NE(messages[0].find("next compile"), std::string::npos);
  model.compile({.optimizer = SGD(0.1), .loss = "mse"});
  now = kernel();
  model.fit(x, y, {.epochs = 1, .batch_size = 5, .verbose = 0});
  EXPECT_EQ(kernel(), now);
  set_log_sink(before);
}

TEST(ModelSteps, EvaluateInACallbackLeavesTheEpochAlone) {
  const Tensor x = normal({12, 3}, 0), y = normal({12, 1}, 1), column = normal({12}, 2);
  struct Asks : Callback {
    Asks(const Tensor& samples, const Tensor& targets) : x(samples), y(targets) {}
    void on_batch_end(int64_t, const Logs&) override { model().evaluate(x, y, {.verbose = 0}); }
    Tensor x, y;
  };
  const auto train = [&](bool ask) {
    Sequential model = small();
    model.compile({.optimizer = SGD(0.1), .loss = "mse", .metrics = {"mae"}});
    Asks asks(x, column);
    std::vector<AnyCallback> callbacks;
    if (ask) callbacks.emplace_back(&asks);
    return model.fit(x, y, {.epochs = 2, .batch_size = 4, .callbacks = callbacks, .verbose = 0});
  };
  const History alone = train(false), asked = train(true);
  EXPECT_EQ(alone["loss"], asked["loss"]);
  EXPECT_EQ(alone["mae"], asked["mae"]);
}

TEST(ModelSteps, NothingIsCompiledTwice) {
  Sequential model = small();
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor x = normal({6, 3}, 0), y = normal({6, 1}, 1);
  for (int i = 0; i < 10; ++i) {
    model.train_on_batch(x, y);
    model.predict_on_batch(x);
    model.set_weights(model.get_weights());
  }
  EXPECT_EQ(model.programs_built(), 2);
}

TEST(ModelInput, KeepsIntegersThatFloatsCannotHold) {
  const Tensor x = Input({2}, {.dtype = DType::kInt64});
  Model model({x}, {Flatten()(x)});
  const Tensor ids = Tensor::from<int64_t>({16777217, 3}, Shape{1, 2});
  const Tensor y = model.predict(ids);
  EXPECT_EQ(y.dtype(), DType::kInt64);
  EXPECT_EQ(y.to_vector<int64_t>()[0], 16777217);
}

TEST(ModelInput, RefusesIntegersThatItsDtypeCannotHold) {
  const Tensor x = Input({1}, {.dtype = DType::kInt32, .name = "ids"});
  Model model({x}, {Flatten()(x)});
  const Tensor ids = Tensor::from<int64_t>({3, (int64_t{1} << 32) + 3}, Shape{2, 1});
  try {
    model.predict(ids);
    FAIL() << "nothing was thrown";
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("4294967299"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("'ids'"), std::string::npos) << error.what();
  }
  EXPECT_THROW(model.predict_on_batch(ids), InvalidArgument);
}

TEST(ModelThreads, PredictionsFromSeveralThreadsAreRight) {
  const Sequential model = small();
  std::vector<Tensor> inputs;
  std::vector<std::vector<float>> expected;
  Sequential asked = model;
  for (int i = 0; i < 8; ++i) {
    inputs.push_back(normal({1 + i % 3, 3}, i));
    expected.push_back(asked.predict_on_batch(inputs.back()).to_vector<float>());
  }
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Sequential mine = model;
      for (int i = 0; i < 300; ++i) {
        const auto which = static_cast<size_t>((i + t) % 8);
        if (mine.predict_on_batch(inputs[which]).to_vector<float>() != expected[which]) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(ModelThreads, TrainingFromASecondThreadIsRefused) {
  Sequential model = small();
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor x = normal({6, 3}, 0), y = normal({6, 1}, 1);
  struct Intrudes : Callback {
    explicit Intrudes(const Tensor& samples) : x(samples) {}
    void on_batch_end(int64_t, const Logs&) override {
      std::thread([&] {
        try {
          model().predict_on_batch(x);
        } catch (const InvalidArgument& error) {
          message = error.what();
        }
      }).join();
    }
    Tensor x;
    std::string message;
  } intrudes(x);
  model.fit(x, y, {.callbacks = {&intrudes}, .verbose = 0});
  EXPECT_NE(intrudes.message.find("another thread"), std::string::npos) << intrudes.message;
}

// Who is refused leaves no trace: the others go on asking as if he had not come.
TEST(ModelThreads, ARefusedChangeDisturbsNoReader) {
  Sequential model = small();
  const Tensor x = normal({6, 3}, 0);
  const std::vector<float> expected = model.predict_on_batch(x).to_vector<float>();
  const std::vector<Tensor> weights = model.get_weights();
  std::atomic<bool> inside{false}, done{false};
  std::atomic<int> wrong{0};
  std::thread holder([&] {
    struct Wait : Callback {
      void on_predict_batch_begin(int64_t, const Logs&) override {
        *inside = true;
        while (!*done) std::this_thread::yield();
      }
      std::atomic<bool>*inside, *done;
    } wait;
    wait.inside = &inside;
    wait.done = &done;
    Sequential mine = model;
    mine.predict(x, {.callbacks = {&wait}});
  });
  while (!inside) std::this_thread::yield();
  std::vector<std::thread> readers;
  for (int t = 0; t < 2; ++t) {
    readers.emplace_back([&] {
      Sequential mine = model;
      while (!done) {
        if (mine.predict_on_batch(x).to_vector<float>() != expected) ++wrong;
      }
    });
  }
  for (int attempt = 0; attempt < 2000; ++attempt) EXPECT_THROW(model.set_weights(weights), InvalidArgument);
  done = true;
  holder.join();
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_NO_THROW(model.set_weights(weights));
}

TEST(ModelMove, AMovedFromModelSaysSo) {
  Sequential model = small();
  const Sequential taken = std::move(model);
  EXPECT_THROW(model.predict(normal({2, 3}, 0)), InvalidArgument);
  EXPECT_THROW(model.name(), InvalidArgument);
  EXPECT_EQ(taken.count_params(), 3 * 4 + 4 + 4 + 1);
}

TEST(ModelFunctions, StandAsLossesAndMetrics) {
  Sequential model = small();
  const auto squared = [](const Tensor& y_true, const Tensor& y_pred) {
    return mean(square(y_true - y_pred), {-1});
  };
  model.compile(
      {.optimizer = "sgd", .loss = squared, .metrics = {metrics::MetricFunction("again", squared)}});
  const Tensor x = normal({6, 3}, 0), y = normal({6, 1}, 1);
  const Logs logs = model.evaluate(x, y, {.verbose = 0});
  EXPECT_NEAR(logs["loss"], logs["again"], 1e-6);
  model.compile({.optimizer = "sgd", .loss = "mse"});
  EXPECT_NEAR(model.evaluate(x, y, {.verbose = 0})["loss"], logs["loss"], 1e-6);
}

TEST(ModelWeights, SampleAndClassWeightsCount) {
  Sequential model = small();
  model.compile({.optimizer = "sgd", .loss = "mse", .metrics = {"mae"}, .weighted_metrics = {"mse"}});
  const Tensor x = normal({4, 3}, 0), y = Tensor::from<float>({0, 1, 1, 0}, Shape{4, 1});
  const Tensor weights = Tensor::from<float>({1, 2, 2, 1}, Shape{4});
  const double by_sample = model.evaluate(x, y, {.verbose = 0, .sample_weight = weights})["loss"];
  const Logs by_class = model.test_on_batch(x, y, {.class_weight = {{0, 1.0}, {1, 2.0}}});
  EXPECT_NEAR(by_sample, by_class["loss"], 1e-6);
  EXPECT_NE(by_sample, model.evaluate(x, y, {.verbose = 0})["loss"]);
  EXPECT_THROW(model.fit(x, y, {.verbose = 0, .sample_weight = weights, .class_weight = {{0, 1.0}}}),
               InvalidArgument);
  EXPECT_THROW(model.fit(x, y, {.verbose = 0, .sample_weight = normal({3}, 0)}), InvalidArgument);
}

}  // namespace
}  // namespace lamina
