// Training from end to end: it learns, the same seed gives the same bits, and no step allocates or copies
// state.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <thread>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/nn/callbacks/lambda_callback.h"
#include "tests/support/allocations.h"
#include "tests/support/samples.h"

namespace lamina {
namespace {

using test::bits;

TEST(Fit, LearnsAndTheLogsAgreeWithEvaluate) {
  const Samples data = test::corners(400), unseen = test::corners(200, 7);
  Sequential model = test::small_dense(3);
  const History history =
      model.fit(data.x, data.y, {.epochs = 12, .batch_size = 20, .validation_data = unseen, .verbose = 0});
  EXPECT_EQ(history.names(), (std::vector<std::string>{"loss", "accuracy", "val_loss", "val_accuracy"}));
  ASSERT_EQ(history["loss"].size(), 12u);
  EXPECT_LT(history["loss"].back(), history["loss"].front() / 2);
  EXPECT_GT(history["val_accuracy"].back(), 0.95);

  const Logs logs = model.evaluate(unseen.x, unseen.y, {.batch_size = 33, .verbose = 0});
  EXPECT_NEAR(logs["loss"], history["val_loss"].back(), 1e-5);
  EXPECT_NEAR(logs["accuracy"], history["val_accuracy"].back(), 1e-6);

  // Accuracy by hand.
  const std::vector<float> p = model.predict(unseen.x).to_vector<float>();
  const std::vector<int32_t> labels = unseen.y.to_vector<int32_t>();
  int right = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    const float* row = &p[i * 4];
    right += std::max_element(row, row + 4) - row == labels[i];
  }
  EXPECT_NEAR(logs["accuracy"], right / 200.0, 1e-6);
}

TEST(Fit, ImagesOfBytesTrainAConvolutionalNetwork) {
  const Samples data = test::quadrants(300);
  Sequential model = test::small_cnn(5);
  const History history =
      model.fit(data.x, data.y, {.epochs = 16, .batch_size = 32, .validation_split = 0.2, .verbose = 0});
  EXPECT_GT(history["val_accuracy"].back(), 0.9);
  EXPECT_EQ(model.predict(data.x).shape(), (Shape{300, 4}));
}

TEST(Fit, TheSameSeedGivesTheSameBits) {
  const Samples data = test::quadrants(70);
  Sequential first = test::small_cnn(11), second = test::small_cnn(11), other = test::small_cnn(12);
  for (Sequential* model : {&first, &second, &other})
    model->fit(data.x, data.y, {.epochs = 2, .batch_size = 16, .verbose = 0});
  EXPECT_EQ(bits(first), bits(second));
  EXPECT_NE(bits(first), bits(other));
}

TEST(Fit, ValidationSplitTakesTheLastSamplesAndNeverTrainsOnThem) {
  const Samples data = test::corners(50);
  std::vector<float> x = data.x.to_vector<float>();
  for (size_t i = 80; i < 100; ++i) x[i] = std::numeric_limits<float>::quiet_NaN();
  Sequential model = test::small_dense(1);
  const History history = model.fit(Tensor::from(x, {50, 2}), data.y,
                                    {.epochs = 1, .batch_size = 8, .validation_split = 0.2, .verbose = 0});
  EXPECT_TRUE(std::isfinite(history["loss"][0]));
  EXPECT_TRUE(std::isnan(history["val_loss"][0]));
  EXPECT_FALSE(history.bad_loss.has_value());
}

TEST(Fit, EveryEpochSeesEverySampleOnceInAnotherOrder) {
  // A model without weights that matter: the mean prediction error of y = sample index tells which rows were
  // fed.
  const int64_t n = 37;
  std::vector<float> numbers;
  for (int64_t i = 0; i < n; ++i) numbers.push_back(static_cast<float>(i));
  const Tensor x = Tensor::from(std::vector<float>(n, 0.0f), {n, 1}), y = Tensor::from(numbers, {n, 1});
  Sequential model({Input({1}), Dense(1, {.use_bias = false})}, {.seed = 4});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  std::vector<double> running;
  LambdaCallback spy(
      {.on_train_batch_end = [&](int64_t, const Logs& logs) { running.push_back(logs["loss"]); }});
  const History history = model.fit(x, y, {.epochs = 2, .batch_size = 1, .callbacks = {&spy}, .verbose = 0});
  double expected = 0;
  for (const float number : numbers) expected += number * number / static_cast<double>(n);
  EXPECT_NEAR(history["loss"][0], expected, expected * 1e-5);
  EXPECT_NEAR(history["loss"][1], expected, expected * 1e-5);
  std::vector<double> first(running.begin(), running.begin() + n), second(running.begin() + n, running.end());
  EXPECT_NE(first, second);
}

TEST(Fit, WithoutShuffleBatchesComeInOrder) {
  const Tensor x = Tensor::from(std::vector<float>(5, 0.0f), {5, 1}),
               y = Tensor::from(std::vector<float>{0, 1, 2, 3, 4}, {5, 1});
  Sequential model({Input({1}), Dense(1, {.use_bias = false})}, {.seed = 4});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  std::vector<double> running;
  LambdaCallback spy(
      {.on_train_batch_end = [&](int64_t, const Logs& logs) { running.push_back(logs["loss"]); }});
  model.fit(x, y, {.batch_size = 2, .shuffle = false, .callbacks = {&spy}, .verbose = 0});
  ASSERT_EQ(running.size(), 3u);
  EXPECT_NEAR(running[0], 0.5, 1e-6);       // (0 + 1) / 2
  EXPECT_NEAR(running[1], 14.0 / 4, 1e-5);  // (0 + 1 + 4 + 9) / 4
  EXPECT_NEAR(running[2], 30.0 / 5, 1e-5);  // the last batch holds one sample and weighs as one
}

TEST(Fit, ASteadyStateStepAllocatesNothingAndCopiesNoState) {
  const Samples data = test::quadrants(160);
  Sequential model = test::small_cnn(5);
  const test::AllocationWatch watch;
  std::array<int64_t, 8> heap{}, buffers{};
  bool finite = true;
  LambdaCallback spy({.on_train_batch_end = [&](int64_t batch, const Logs& logs) {
    finite = finite && std::isfinite(logs.value(0));  // looking at the loss costs nothing either
    heap[static_cast<size_t>(batch)] = watch.count();
    buffers[static_cast<size_t>(batch)] = buffer_allocations();
  }});
  model.fit(data.x, data.y, {.epochs = 2, .batch_size = 20, .callbacks = {&spy}, .verbose = 0});
  EXPECT_TRUE(finite);
  for (size_t step = 1; step < heap.size(); ++step) {
    EXPECT_EQ(heap[step] - heap[step - 1], 0) << "heap allocations of step " << step;
    EXPECT_EQ(buffers[step] - buffers[step - 1], 0) << "buffers of step " << step;
  }
  EXPECT_EQ(heap[0] > 0, test::AllocationWatch::counts());
  EXPECT_EQ(model.train_statistics().state_copies, 0);
  EXPECT_EQ(model.train_statistics().programs, 1);
}

TEST(Fit, LastPartialBatchIsOneMoreProgram) {
  const Samples data = test::corners(45);
  Sequential model = test::small_dense(5);
  model.fit(data.x, data.y, {.epochs = 3, .batch_size = 20, .verbose = 0});
  EXPECT_EQ(model.train_statistics().programs, 2);
}

TEST(Fit, OneSampleIsEnough) {
  const Samples data = test::corners(1);
  Sequential model = test::small_dense(5);
  EXPECT_TRUE(std::isfinite(model.fit(data.x, data.y, {.verbose = 0})["loss"][0]));
}

TEST(Fit, TwoModelsTrainInTwoThreads) {
  const Samples data = test::quadrants(64);
  Sequential alone = test::small_cnn(21);
  alone.fit(data.x, data.y, {.epochs = 2, .batch_size = 16, .verbose = 0});
  std::vector<std::vector<float>> results[2];
  std::vector<std::thread> threads;
  for (auto& result : results) {
    threads.emplace_back([&] {
      Sequential model = test::small_cnn(21);
      model.fit(data.x, data.y, {.epochs = 2, .batch_size = 16, .verbose = 0});
      result = bits(model);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(results[0], bits(alone));
  EXPECT_EQ(results[1], bits(alone));
}

TEST(Fit, NanSaysWhereAndStopsIfAsked) {
  const Samples data = test::corners(40);
  std::vector<float> x = data.x.to_vector<float>();
  x[2 * 25] = std::numeric_limits<float>::quiet_NaN();
  const Tensor damaged = Tensor::from(x, {40, 2});
  Sequential model = test::small_dense(5);
  FitOptions options{.epochs = 2, .batch_size = 10, .shuffle = false, .verbose = 0};
  const History reported = model.fit(damaged, data.y, options);
  ASSERT_TRUE(reported.bad_loss.has_value());
  EXPECT_EQ(reported.bad_loss->epoch, 0);
  EXPECT_EQ(reported.bad_loss->step, 2);
  EXPECT_EQ(reported.epochs().size(), 2u);

  Sequential stopped = test::small_dense(5);
  options.on_nan = OnNan::kStop;
  EXPECT_EQ(stopped.fit(damaged, data.y, options).epochs().size(), 1u);

  Sequential thrown = test::small_dense(5);
  options.on_nan = OnNan::kReport;
  options.callbacks = {TerminateOnNaN({.raise_error = true})};
  try {
    thrown.fit(damaged, data.y, options);
    FAIL() << "trained on NaN";
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("step 3 of epoch 1"), std::string::npos) << error.what();
  }
}

TEST(Fit, EvaluatingMakesNoOptimizerState) {
  const Samples data = test::corners(20);
  Sequential model = test::small_dense(5);
  const double loss = model.evaluate(data.x, data.y, {.verbose = 0})["loss"];
  EXPECT_FALSE(model.optimizer_built());
  EXPECT_NEAR(model.train_on_batch(data.x, data.y)["loss"], loss, 1e-5);
  EXPECT_TRUE(model.optimizer_built());
}

TEST(Fit, AnInputWithABatchSizeTakesAnyNumberOfSamples) {
  const Samples data = test::corners(10);
  Sequential model({Input({2}, {.batch_size = 4}), Dense(4, {.activation = "softmax"})}, {.seed = 1});
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
  EXPECT_TRUE(std::isfinite(model.fit(data.x, data.y, {.batch_size = 4, .verbose = 0})["loss"][0]));
  EXPECT_EQ(model.predict(data.x).shape(), (Shape{10, 4}));
  EXPECT_EQ(model.output_shape(), (Shape{4, 4}));
}

TEST(Predict, OpenExtentsTakeThoseOfTheData) {
  Sequential model({Input({-1, -1, 1}), Conv2D(3, {3, 3}), MaxPooling2D()}, {.seed = 1});
  EXPECT_EQ(model.output_shape(), (Shape{-1, -1, -1, 3}));
  for (const Size2 size : {Size2(8, 6), Size2(6, 12)}) {
    std::vector<float> pixels;
    for (int64_t i = 0; i < 5 * size.height * size.width; ++i)
      pixels.push_back(std::sin(static_cast<float>(i)));
    const Tensor x = Tensor::from(pixels, {5, size.height, size.width, 1});
    const Tensor y = model.predict(x, {.batch_size = 2});
    ASSERT_EQ(y.shape(), (Shape{5, size.height / 2 - 1, size.width / 2 - 1, 3}));
    const std::vector<float> actual = y.to_vector<float>(), expected = model(x).to_vector<float>();
    for (size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-5);
  }
}

TEST(Predict, ALayerCastsWhatItIsGiven) {
  Dense layer(2);
  EXPECT_EQ(layer(Tensor::from<double>({1, 2, 3}, {1, 3})).dtype(), DType::kFloat32);
  EXPECT_EQ(layer(Tensor::from<uint8_t>({1, 2, 3}, {1, 3})).dtype(), DType::kFloat32);
}

TEST(Predict, ALayerThatErrsAboutItsShapeIsFound) {
  class Wrong final : public Layer {
   public:
    std::string class_name() const override { return "Wrong"; }
    Shape compute_output_shape(const Shape& input) const override { return {input[0], 3 * input[1]}; }
    Tensor call(const Tensor& x, CallContext&) const override { return x; }
  };
  Sequential model({Input({2}), Wrong()}, {.seed = 1});
  const Tensor x = Tensor::from<float>({1, 2, 3, 4}, {2, 2});
  EXPECT_THROW(model.predict(x), InvalidArgument);
  EXPECT_THROW(model(x), InvalidArgument) << "a mistake is told every time";
}

TEST(Predict, ABatchOfNoneGivesNone) {
  Sequential model = test::small_cnn(9);
  const Tensor none = Tensor::from(std::vector<float>(), {0, 8, 8, 1});
  EXPECT_EQ(model.predict(none).shape(), (Shape{0, 4}));
  EXPECT_EQ(model(none).shape(), (Shape{0, 4}));
  EXPECT_THROW(model.train_on_batch(none, Tensor::from(std::vector<int32_t>(), {0})), InvalidArgument);
}

TEST(Predict, OneSampleAndManyAgreeAndFollowTheWeights) {
  const Samples data = test::quadrants(50);
  Sequential model = test::small_cnn(9);
  const std::vector<float> before = model.predict(data.x, {.batch_size = 16}).to_vector<float>();
  const Tensor one = Tensor::from_bytes(data.x.data<uint8_t>(), 64, DType::kUInt8, {1, 8, 8, 1});
  const std::vector<float> single = model(one).to_vector<float>();
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(single[i], before[i], 1e-6);
  model.fit(data.x, data.y, {.epochs = 1, .batch_size = 10, .verbose = 0});
  EXPECT_NE(model(one).to_vector<float>(), single);
  EXPECT_EQ(model.predict(Tensor::from(std::vector<float>(), {0, 8, 8, 1})).shape(), (Shape{0, 4}));
}

}  // namespace
}  // namespace lamina
