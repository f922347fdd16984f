// Models on a device: training, asking and restoring without a host access, and without waiting for a step.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/nn/callbacks/early_stopping.h"
#include "lamina/nn/callbacks/lambda_callback.h"
#include "lamina/nn/finite.h"
#include "lamina/nn/snapshot.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "tests/support/adding_cell.h"
#include "tests/support/allocations.h"
#include "tests/support/null_device.h"
#include "tests/support/samples.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::AddingCell;
using test::message_of;
using testing::clear_null_calls;
using testing::count_null_calls;
using testing::kNullDevice;
using testing::null_calls;
using testing::NullCall;
using What = NullCall::What;

// A network of some kind and data for it, made on the host.
struct Case {
  std::string name;
  std::function<Sequential()> make;
  Samples data;
};

Samples words(int64_t n) {
  std::vector<int32_t> x, y;
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t step = 0; step < 6; ++step)
      x.push_back(static_cast<int32_t>(step < 4 ? (i + step) % 9 + 1 : 0));
    y.push_back(static_cast<int32_t>(i % 4));
  }
  return {Tensor::from(x, {n, 6}), Tensor::from(y, {n})};
}

Sequential compiled(Sequential model) {
  model.compile({.optimizer = "rmsprop", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  return model;
}

std::vector<Case> cases() {
  return {
      {"dense", [] { return test::small_dense(3); }, test::corners(50)},
      {"convolutions, moving statistics and dropout", [] { return test::small_cnn(3); }, test::quadrants(50)},
      {"recurrent, with masks and dropout",
       [] {
         return compiled(Sequential(
             {Embedding(10, 3, {.mask_zero = true}), LSTM(5, {.dropout = 0.2, .return_sequences = true}),
              GRU(4), Dense(4, {.activation = "softmax"})},
             {.seed = 3}));
       },
       words(50)},
      {"a cell of one's own",
       [] {
         return compiled(Sequential({Embedding(10, 3), RNN(AddingCell(3)), Dense(4)}, {.seed = 3}));
       },
       words(50)},
      {"a simple recurrent one, normalised",
       [] {
         return compiled(Sequential({Embedding(10, 4), SimpleRNN(4, {.return_sequences = true}),
                                     LayerNormalization(), Flatten(), Dense(4)},
                                    {.seed = 3}));
       },
       words(50)},
  };
}

// Made and, where it has no Input, built on the null device.
Sequential on_device(const Case& kind) {
  const auto scope = device("/NULL:0");
  Sequential model = kind.make();
  if (!model.built()) model.build(Shape{-1, 6});
  return model;
}

void expect_on_device(const Model& model) {
  for (const WeightPtr& weight : model.weights())
    EXPECT_EQ(weight->value.device(), kNullDevice) << weight->path;
  for (const WeightPtr& weight : model.optimizer_variables())
    EXPECT_EQ(weight->value.device(), kNullDevice) << weight->path;
}

size_t accumulators(const Model&) { return 4; }  // loss and accuracy: a total and a count of each

TEST(ModelsOnDevices, FitReadsLogsOnceAnEpoch) {
  for (const Case& kind : cases()) {
    SCOPED_TRACE(kind.name);
    Sequential model = on_device(kind);
    expect_on_device(model);
    std::vector<size_t> fetched, launches;
    LambdaCallback spy({.on_epoch_end = [&](int, const Logs&) {
      fetched.push_back(count_null_calls(What::kToHost));
      launches.push_back(count_null_calls(What::kLaunch));
    }});
    clear_null_calls();
    const History history = model.fit(kind.data.x, kind.data.y,
                                      {.epochs = 3, .batch_size = 8, .callbacks = {&spy}, .verbose = 0});
    expect_on_device(model);
    ASSERT_EQ(fetched.size(), 3u);
    for (size_t epoch = 1; epoch < 3; ++epoch) {
      EXPECT_EQ(fetched[epoch] - fetched[epoch - 1], accumulators(model)) << "copies to the host in an epoch";
      EXPECT_GT(launches[epoch] - launches[epoch - 1], 7u * 3) << "seven steps";
    }
    EXPECT_EQ(history["loss"], (std::vector<double>{0, 0, 0})) << "what the device gives is zeros";
    EXPECT_FALSE(history.bad_loss.has_value());
  }
}

TEST(ModelsOnDevices, ValidationAddsOneReading) {
  for (const Case& kind : cases()) {
    SCOPED_TRACE(kind.name);
    Sequential model = on_device(kind);
    std::vector<size_t> fetched;
    LambdaCallback spy(
        {.on_epoch_end = [&](int, const Logs&) { fetched.push_back(count_null_calls(What::kToHost)); }});
    clear_null_calls();
    model.fit(kind.data.x, kind.data.y,
              {.epochs = 2, .batch_size = 8, .validation_split = 0.4, .callbacks = {&spy}, .verbose = 0});
    ASSERT_EQ(fetched.size(), 2u);
    EXPECT_EQ(fetched[1] - fetched[0], 2 * accumulators(model));
  }
}

TEST(ModelsOnDevices, WhoLooksAtEveryStepWaitsForEveryStep) {
  const Samples data = test::corners(50);
  const Case dense = cases()[0];
  Sequential model = on_device(dense);
  std::vector<size_t> fetched;
  LambdaCallback spy({.on_train_batch_end = [&](int64_t, const Logs& logs) {
    EXPECT_EQ(logs["loss"], 0);
    EXPECT_EQ(logs["accuracy"], 0);
    fetched.push_back(count_null_calls(What::kToHost));
  }});
  model.fit(data.x, data.y, {.batch_size = 8, .callbacks = {&spy}, .verbose = 0});
  ASSERT_EQ(fetched.size(), 7u);
  for (size_t step = 1; step < fetched.size(); ++step)
    EXPECT_EQ(fetched[step] - fetched[step - 1], accumulators(model)) << "all logs together, once a step";
}

TEST(ModelsOnDevices, ASteadyStateStepAllocatesNothing) {
  for (const Case& kind : cases()) {
    SCOPED_TRACE(kind.name);
    Sequential model = on_device(kind);
    std::vector<size_t> allocations, uploads;
    std::vector<int64_t> buffers;
    LambdaCallback spy({.on_train_batch_end = [&](int64_t, const Logs&) {
      allocations.push_back(count_null_calls(What::kAllocate));
      uploads.push_back(count_null_calls(What::kFromHost));
      buffers.push_back(buffer_allocations());
    }});
    clear_null_calls();
    model.fit(kind.data.x, kind.data.y, {.epochs = 2, .batch_size = 8, .callbacks = {&spy}, .verbose = 0});
    ASSERT_EQ(buffers.size(), 14u);
    for (size_t step = 8; step < 14; ++step) {
      EXPECT_EQ(allocations[step], allocations[step - 1]) << "step " << step;
      EXPECT_EQ(buffers[step], buffers[step - 1]) << "step " << step;
      EXPECT_EQ(uploads[step] - uploads[step - 1], 2u) << "x and y";
    }
    EXPECT_EQ(model.train_statistics().state_copies, 0);
  }
}

TEST(ModelsOnDevices, AskTestAndPredictWithDataOfTheHost) {
  for (const Case& kind : cases()) {
    SCOPED_TRACE(kind.name);
    Sequential model = on_device(kind);
    clear_null_calls();
    const Logs logs = model.evaluate(kind.data.x, kind.data.y, {.batch_size = 8, .verbose = 0});
    EXPECT_EQ(logs["loss"], 0);
    EXPECT_EQ(count_null_calls(What::kToHost), accumulators(model));
    clear_null_calls();
    const Tensor y = model.predict(kind.data.x, {.batch_size = 8});
    EXPECT_EQ(y.device().str(), "/CPU:0");
    EXPECT_EQ(y.shape(), (Shape{50, 4}));
    EXPECT_EQ(y.to_vector<float>(), std::vector<float>(200, 0.0f));
    EXPECT_EQ(count_null_calls(What::kToHost), 7u) << "a batch each";
    EXPECT_EQ(model.predict_on_batch(kind.data.x).device().str(), "/CPU:0");
    EXPECT_EQ(model.train_on_batch(kind.data.x, kind.data.y)["loss"], 0);
    EXPECT_EQ(model.test_on_batch(kind.data.x, kind.data.y)["loss"], 0);
    const auto [loss, gradients] = model.value_and_grad(kind.data.x, kind.data.y);
    EXPECT_EQ(loss.device(), kNullDevice);
    EXPECT_EQ(gradients[size_t{0}].device(), kNullDevice);
    EXPECT_EQ(model(kind.data.x).device(), kNullDevice) << "a call is part of a graph, and stays there";
    EXPECT_TRUE(all_finite(model));
    model.set_learning_rate(0.5);
    EXPECT_EQ(model.learning_rate(), 0) << "zeros";
    EXPECT_GT(model.memory(kind.data.x, kind.data.y).training, 0);
  }
}

TEST(ModelsOnDevices, DataMayBeThereToo) {
  const Case dense = cases()[0];
  Sequential model = on_device(dense);
  const Tensor x = dense.data.x.to(kNullDevice);
  model.fit(x, dense.data.y, {.batch_size = 8, .verbose = 0});
  EXPECT_EQ(model.predict(x).shape(), (Shape{50, 4}));
  // And a model of the host takes what is there, with the numbers that the device gives.
  Sequential here = test::small_dense(3);
  EXPECT_EQ(here.predict(x).to_vector<float>(), here.predict(zeros({50, 2}).eval()).to_vector<float>());
}

TEST(ModelsOnDevices, WithinAScopeEverythingIsThere) {
  const auto scope = device("/NULL:0");
  const Samples data = test::corners(40);
  EXPECT_EQ(data.x.device(), kNullDevice);
  Sequential model = test::small_dense(1);
  model.fit(data.x, data.y, {.epochs = 2, .batch_size = 8, .validation_split = 0.2, .verbose = 0});
  expect_on_device(model);
  EXPECT_EQ(model.evaluate(data.x, data.y, {.verbose = 0})["loss"], 0);
}

TEST(ModelsOnDevices, SnapshotsGoThereAndBack) {
  const Case dense = cases()[0];
  Sequential model = on_device(dense);
  model.fit(dense.data.x, dense.data.y, {.batch_size = 8, .verbose = 0});
  const TrainingSnapshot snapshot = model.snapshot();
  model.restore(snapshot);
  expect_on_device(model);
  // Weights of the host are taken over by a copy, and stay what they are for who reads them there.
  Sequential here = test::small_dense(7);
  const std::vector<WeightPtr> from = here.weights(), to = model.weights();
  clear_null_calls();
  for (size_t i = 0; i < from.size(); ++i) to[i]->assign(from[i]->value);
  EXPECT_EQ(count_null_calls(What::kFromHost), from.size());
  EXPECT_EQ(count_null_calls(What::kToHost), 0u);
  expect_on_device(model);
  from[0]->assign(to[0]->value);
  EXPECT_EQ(from[0]->value.device().str(), "/CPU:0");
}

// Where nobody has to wait, the first bad step is told exactly, as before.
TEST(ModelsOnDevices, OnTheHostTheLossIsWatchedEveryStep) {
  const Samples data = test::corners(40);
  std::vector<float> x = data.x.to_vector<float>();
  x[2 * 20] = NAN;
  Sequential model = test::small_dense(1);
  const History history =
      model.fit(Tensor::from(x, {40, 2}), data.y,
                {.batch_size = 8, .shuffle = false, .verbose = 0, .on_nan = OnNan::kStop});
  ASSERT_TRUE(history.bad_loss.has_value());
  EXPECT_EQ(history.bad_loss->step, 2);
}

// Weights that callbacks keep and put back are copied within the device.
TEST(ModelsOnDevices, CallbacksKeepAndRestoreWeightsThere) {
  const Case dense = cases()[0];
  Sequential model = on_device(dense);
  EarlyStopping stop({.monitor = "loss", .patience = 1, .restore_best_weights = true});
  clear_null_calls();
  const History history = model.fit(dense.data.x, dense.data.y,
                                    {.epochs = 5, .batch_size = 8, .callbacks = {&stop}, .verbose = 0});
  EXPECT_EQ(history["loss"].size(), 2u) << "zero is never better than zero";
  EXPECT_EQ(count_null_calls(What::kToHost), 2 * accumulators(model));
  EXPECT_GE(count_null_calls(What::kWithinDevice), 2 * model.weights().size());
  expect_on_device(model);
}

TEST(ModelsOnDevices, OfTwoDevicesAreRefused) {
  const auto half = [](const char* name) {
    const auto scope = device(name);
    Sequential part({Input({2}), Dense(2)}, {.seed = 1});
    return part;
  };
  Sequential model({Input({2}), half("/CPU:0"), half("/NULL:0")}, {.seed = 1});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor x = ones({4, 2}).eval();
  const std::string text = message_of<InvalidArgument>([&] { model.fit(x, x, {.verbose = 0}); });
  EXPECT_NE(text.find("/CPU:0"), std::string::npos) << text;
  EXPECT_NE(text.find("/NULL:0"), std::string::npos) << text;
  EXPECT_NE(text.find("build all layers of a model in one device scope"), std::string::npos) << text;
}

}  // namespace
}  // namespace lamina
