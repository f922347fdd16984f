// Models that share layers, in several threads: whoever comes at the wrong time is told which model and which
// layer are the reason.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/ops/random.h"
#include "tests/support/words.h"

namespace lamina {
namespace {

Tensor normal(const Shape& shape, int stream) { return random_normal(random_key(3), shape, stream).eval(); }

std::string in_another_thread(const std::function<void()>& action) {
  std::string message = "nothing was thrown";
  std::thread([&] {
    try {
      action();
    } catch (const InvalidArgument& error) {
      message = error.what();
    }
  }).join();
  return message;
}

using test::expect_words;

// Does something at each batch of a fit.
struct AtEachBatch : Callback {
  explicit AtEachBatch(std::function<void()> f) : action(std::move(f)) {}
  void on_batch_end(int64_t, const Logs&) override { action(); }
  std::function<void()> action;
};

struct Twins {
  Dense shared{4, {.activation = "tanh", .name = "shared"}};
  Sequential left{{Input({3}), shared, Dense(1)}, {.name = "left", .seed = 1}};
  Sequential right{{Input({3}), shared, Dense(2)}, {.name = "right", .seed = 2}};
  Tensor x = normal({6, 3}, 0), y = normal({6, 1}, 1), z = normal({6, 2}, 2);

  Twins() {
    left.compile({.optimizer = "sgd", .loss = "mse"});
    right.compile({.optimizer = "sgd", .loss = "mse"});
  }
  void while_left_trains(const std::function<void()>& action) {
    left.fit(x, y, {.batch_size = 6, .callbacks = {std::make_shared<AtEachBatch>(action)}, .verbose = 0});
  }
};

TEST(SharedLayers, TheOtherModelIsNotAskedWhileOneTrains) {
  Twins twins;
  std::string predicted, called, read;
  twins.while_left_trains([&] {
    predicted = in_another_thread([&] { twins.right.predict(twins.x); });
    called = in_another_thread([&] { twins.right(twins.x).eval(); });
    read = in_another_thread([&] { twins.right.get_weights(); });
  });
  for (const std::string& message : {predicted, called, read})
    expect_words(message, {"model 'right'", "model 'left'", "layer 'shared'", "another thread"});
  EXPECT_NO_THROW(twins.right.predict(twins.x));
}

TEST(SharedLayers, TheOtherModelIsNotTrainedWhileOneTrains) {
  Twins twins;
  std::string fitted, set;
  twins.while_left_trains([&] {
    fitted = in_another_thread([&] { twins.right.train_on_batch(twins.x, twins.z); });
    set = in_another_thread([&] { twins.right.set_weights(twins.right.get_weights()); });
  });
  for (const std::string& message : {fitted, set})
    expect_words(message, {"model 'right'", "model 'left'", "layer 'shared'"});
  EXPECT_NO_THROW(twins.right.train_on_batch(twins.x, twins.z));
}

TEST(SharedLayers, NoneTrainsWhileTheOtherIsAsked) {
  Twins twins;
  struct Ask : Callback {
    explicit Ask(std::function<void()> f) : action(std::move(f)) {}
    void on_predict_batch_end(int64_t, const Logs&) override { action(); }
    std::function<void()> action;
  };
  std::string message;
  twins.right.predict(twins.x, {.callbacks = {std::make_shared<Ask>([&] {
                                  message =
                                      in_another_thread([&] { twins.left.train_on_batch(twins.x, twins.y); });
                                })}});
  expect_words(message, {"model 'left'", "model 'right'", "layer 'shared'"});
}

TEST(SharedLayers, TheSameThreadMayAskTheOtherModel) {
  Twins twins;
  int asked = 0;
  twins.while_left_trains([&] {
    twins.right.predict(twins.x);
    twins.right.train_on_batch(twins.x, twins.z);
    ++asked;
  });
  EXPECT_EQ(asked, 1);
}

TEST(SharedLayers, AModelMadeMeanwhileIsNoWayAround) {
  Twins twins;
  std::string message;
  twins.while_left_trains([&] {
    message = in_another_thread([&] { Sequential({Input({3}), twins.shared}).predict(twins.x); });
  });
  expect_words(message, {"model 'left'", "layer 'shared'"});
}

TEST(SharedLayers, ModelsInsideAModelAreGuardedWithIt) {
  Sequential inner({Input({3}), Dense(4), Dense(2)}, {.name = "inner", .seed = 1});
  Sequential outer({Input({3}), inner, Dense(1)}, {.name = "outer", .seed = 2});
  outer.compile({.optimizer = "sgd", .loss = "mse"});
  inner.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor x = normal({6, 3}, 0), y = normal({6, 1}, 1), z = normal({6, 2}, 2);
  std::string below, above;
  const auto ask_inner =
      std::make_shared<AtEachBatch>([&] { below = in_another_thread([&] { inner.predict(x); }); });
  const auto ask_outer =
      std::make_shared<AtEachBatch>([&] { above = in_another_thread([&] { outer.predict(x); }); });
  outer.fit(x, y, {.callbacks = {ask_inner}, .verbose = 0});
  inner.fit(x, z, {.callbacks = {ask_outer}, .verbose = 0});
  expect_words(below, {"model 'inner'", "model 'outer'"});
  expect_words(above, {"model 'outer'", "model 'inner'"});
}

TEST(SharedLayers, ModelsThatShareNothingAreLeftAlone) {
  Twins twins;
  const Tensor input = twins.left.input();  // an Input holds no weights
  Model apart({input}, {Dense(2, {.name = "apart"})(input)}, {.seed = 4});
  std::string message;
  twins.while_left_trains([&] { message = in_another_thread([&] { apart.predict(twins.x); }); });
  EXPECT_EQ(message, "nothing was thrown");
}

TEST(SharedLayers, PredictionsOfBothRunAtOnceAndAreRight) {
  Twins twins;
  const std::vector<float> left = twins.left.predict_on_batch(twins.x).to_vector<float>();
  const std::vector<float> right = twins.right.predict_on_batch(twins.x).to_vector<float>();
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        Sequential& model = t % 2 ? twins.left : twins.right;
        if (model.predict_on_batch(twins.x).to_vector<float>() != (t % 2 ? left : right)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace lamina
