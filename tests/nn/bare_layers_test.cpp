// Layers called by themselves: from several threads, beside models that have them, and with masks.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <thread>

#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/random.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

Tensor normal(const Shape& shape, int stream) { return random_normal(random_key(3), shape, stream).eval(); }

std::string complaint(const std::function<void()>& action) {
  return test::message_of<InvalidArgument>(action);
}

// The old code made its weights several times, or read members that another thread was about to set.
TEST(BareLayers, AreBuiltOnceAndAnsweredFromSeveralThreads) {
  for (int round = 0; round < 20; ++round) {
    const LSTM layer(4);
    const Tensor x = normal({2, 3, 5}, round);
    std::vector<Tensor> answers(4);
    std::vector<std::thread> threads;
    std::atomic<int> ready{0};
    for (Tensor& answer : answers) {
      threads.emplace_back([&] {
        for (++ready; ready < 4;) std::this_thread::yield();
        answer = layer(x).eval();
      });
    }
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(layer.weights().size(), 3u);
    for (const Tensor& answer : answers) EXPECT_EQ(answer.to_vector<float>(), answers[0].to_vector<float>());
  }
}

struct AtEachBatch : Callback {
  explicit AtEachBatch(std::function<void()> f) : action(std::move(f)) {}
  void on_batch_end(int64_t, const Logs&) override { action(); }
  std::function<void()> action;
};

TEST(BareLayers, AreNotCalledWhileAnotherThreadTrainsTheirModel) {
  const Dense shared(3, {.name = "shared"});
  const Tensor x = normal({4, 2}, 0), y = normal({4, 1}, 1);
  Sequential model({Input({2}), shared, Dense(1)}, {.seed = 1});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  std::string elsewhere, within, here = "not called";
  const auto action = [&] {
    std::thread([&] {
      elsewhere = complaint([&] { shared(x); });
      const TimeDistributed around(shared);
      within = complaint([&] { around(normal({4, 2, 2}, 2)); });
    }).join();
    here = std::to_string(shared(x).eval().size());
  };
  model.fit(x, y, {.batch_size = 4, .callbacks = {std::make_shared<AtEachBatch>(action)}, .verbose = 0});
  for (const std::string& text : {elsewhere, within}) {
    EXPECT_NE(text.find("another thread trains"), std::string::npos) << text;
    EXPECT_NE(text.find("model 'sequential'"), std::string::npos) << text;
    EXPECT_NE(text.find("'shared'"), std::string::npos) << text;
  }
  EXPECT_EQ(here, "12");  // the thread that trains may
}

TEST(BareLayers, ReluWithAThresholdLetsNaNThrough) {
  const Tensor x = Tensor::from({1.0f, std::nanf(""), 0.25f});
  const auto y = ReLU({.threshold = 0.5})(x).to_vector<float>();
  EXPECT_EQ(y[0], 1);
  EXPECT_TRUE(std::isnan(y[1]));
  EXPECT_EQ(y[2], 0);
}

TEST(SoftmaxMask, SharesOneAmongWhatIsNotMasked) {
  const Tensor x = Tensor::from({{1.0f, 2.0f, 3.0f}, {3.0f, 2.0f, 1.0f}});
  const Tensor mask = greater(Tensor::from({{1.0f, 1.0f, 0.0f}, {0.0f, 0.0f, 0.0f}}), 0.5);
  const float second = 1 / (1 + std::exp(-1.0f));
  for (const Tensor& given : {mask, Tensor::from({{1.0f, 1.0f, 0.0f}, {0.0f, 0.0f, 0.0f}})}) {
    for (const SoftmaxAxes& axes : {SoftmaxAxes(-1), SoftmaxAxes{0, 1}}) {
      const auto y = Softmax({.axis = axes})(x, {.tensors = {{"mask", {given}}}}).to_vector<float>();
      EXPECT_NEAR(y[0], 1 - second, 1e-6);
      EXPECT_NEAR(y[1], second, 1e-6);
      for (const size_t i : {2, 3, 4, 5}) EXPECT_EQ(y[i], 0) << i;
    }
  }
  EXPECT_NE(complaint([&] {
              Softmax()(x, {.tensors = {{"mask", {greater(normal({2, 2}, 0), 0.0)}}}});
            }).find("mask of shape (2, 2) does not broadcast to the input of shape (2, 3)"),
            std::string::npos);
}

TEST(SoftmaxMask, TravelsBesideTheInput) {
  const Tensor words = Input({3}, {.dtype = DType::kInt32});
  Model model({words}, {Softmax()(Embedding(5, 3, {.mask_zero = true})(words))}, {.seed = 1});
  const auto y = model.predict(Tensor::from(std::vector<int32_t>{1, 2, 0}, {1, 3})).to_vector<float>();
  for (const size_t i : {2, 5, 8}) EXPECT_EQ(y[i], 0) << i;
  EXPECT_NEAR(y[0] + y[1], 1, 1e-6);
  const Model again = Model::from_json(model.serialize());
  EXPECT_NE(again.serialize().dump().find("\"mask\""), std::string::npos);
}

}  // namespace
}  // namespace lamina
