// Models that train on a Dataset: interrupted anywhere, resumed with another number of threads, stopped by an
// error.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "lamina/nn/callbacks/callbacks.h"
#include "tests/data/dataset_support.h"
#include "tests/support/samples.h"

namespace lamina {
namespace {

using test::bits;

// Shuffled, mapped and batched: 5 batches a pass.
Dataset pipeline(int threads) {
  const Samples data = test::corners(70);
  Dataset dataset = Dataset::from_tensor_slices(data.x, data.y)
                        .map([](Tensor x) { return x * 0.5f; }, {.num_parallel_calls = threads})
                        .shuffle(30)
                        .batch(16);
  return threads ? dataset.prefetch(2) : dataset;
}

class Interrupt final : public Callback {
 public:
  explicit Interrupt(int steps) : left_(steps) {}
  void on_batch_end(int64_t, const Logs&) override {
    if (--left_ == 0) flag = true;
  }
  std::atomic<bool> flag{false};

 private:
  int left_;
};

class DatasetFit : public ::testing::TestWithParam<int> {};

TEST_P(DatasetFit, ResumedWithOtherThreadsEndsWithTheSameBits) {
  Sequential straight = test::small_dense(2, "adam");
  Dataset serial = pipeline(0);
  straight.fit(serial, {.epochs = 3, .verbose = 0});

  Interrupt interrupt(GetParam());
  Sequential interrupted = test::small_dense(2, "adam");
  Dataset two = pipeline(2);
  interrupted.fit(two, {.epochs = 3, .callbacks = {&interrupt}, .verbose = 0, .stop_flag = &interrupt.flag});
  const TrainingSnapshot snapshot = interrupted.snapshot();

  Sequential resumed = test::small_dense(9, "adam");
  Dataset seven = pipeline(7);
  resumed.fit(seven, {.epochs = 3, .verbose = 0, .resume = &snapshot});
  EXPECT_EQ(bits(resumed), bits(straight));
}

INSTANTIATE_TEST_SUITE_P(Steps, DatasetFit, ::testing::Values(1, 4, 5, 6, 13));

TEST(DatasetFit, IsResumedWithItsOwnPipelineOnly) {
  Interrupt interrupt(2);
  Sequential model = test::small_dense(2, "adam");
  Dataset dataset = pipeline(0);
  model.fit(dataset, {.epochs = 3, .callbacks = {&interrupt}, .verbose = 0, .stop_flag = &interrupt.flag});
  const TrainingSnapshot snapshot = model.snapshot();
  Dataset other = dataset.take(3);
  EXPECT_THROW(model.fit(other, {.epochs = 3, .verbose = 0, .resume = &snapshot}), InvalidArgument);
}

TEST(DatasetFit, EvaluatesAndPredictsAsOnTensors) {
  const Samples data = test::corners(40);
  Sequential model = test::small_dense(2, "adam");
  Dataset batches = Dataset::from_tensor_slices(data.x, data.y).batch(16).prefetch(1);
  EXPECT_EQ(model.evaluate(batches, {.verbose = 0}).at("loss"),
            model.evaluate(data.x, data.y, {.batch_size = 16, .verbose = 0}).at("loss"));
  EXPECT_EQ(model.predict(batches).to_vector<float>(),
            model.predict(data.x, {.batch_size = 16}).to_vector<float>());
}

TEST(DatasetFit, TakesPipelinesThatHaveNoName) {
  const Samples data = test::corners(40);
  const Dataset samples = Dataset::from_tensor_slices(data.x, data.y);
  Sequential model = test::small_dense(2, "adam"), named = test::small_dense(2, "adam");
  Dataset batches = samples.batch(16);
  const History history = model.fit(samples.batch(16), {.epochs = 2, .verbose = 0});
  EXPECT_EQ(history["loss"], named.fit(batches, {.epochs = 2, .verbose = 0})["loss"]);
  EXPECT_EQ(bits(model), bits(named));
  EXPECT_EQ(model.evaluate(samples.batch(16), {.verbose = 0}).at("loss"),
            model.evaluate(batches, {.verbose = 0}).at("loss"));
  EXPECT_EQ(model.predict(samples.batch(16)).to_vector<float>(), model.predict(batches).to_vector<float>());
  EXPECT_EQ(model.predict_outputs(samples.batch(16))[0].to_vector<float>(),
            model.predict(batches).to_vector<float>());
}

TEST(DatasetFit, TrainsOnTheSameBitsFromAFile) {
  const test::TemporaryFolder folder;
  Sequential kept = test::small_dense(2, "adam"), plain = test::small_dense(2, "adam");
  const Samples data = test::corners(40);
  const Dataset samples = Dataset::from_tensor_slices(data.x, data.y);
  kept.fit(samples.cache(folder / "samples").shuffle(40).batch(16), {.epochs = 3, .verbose = 0});
  plain.fit(samples.shuffle(40).batch(16), {.epochs = 3, .verbose = 0});
  EXPECT_EQ(bits(kept), bits(plain));
}

// The error comes out of fit as it is, and the threads have ended.
TEST(DatasetFit, ReportsTheElementThatFailed) {
  Sequential model = test::small_dense(2, "adam");
  std::atomic<int> calls = 0;
  const auto failing = [&calls](Tensor x) -> Tensor {
    if (++calls > 20) throw std::runtime_error("bad sample");
    return x;
  };
  const Samples data = test::corners(70);
  Dataset dataset = Dataset::from_tensor_slices(data.x, data.y)
                        .map(failing, {.num_parallel_calls = 3})
                        .batch(16)
                        .prefetch(2);
  const std::string message =
      test::message_of<Error>([&] { model.fit(dataset, {.epochs = 1, .verbose = 0}); });
  EXPECT_NE(message.find("of map: bad sample"), std::string::npos) << message;
  const int after = calls;
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(calls, after);
}

}  // namespace
}  // namespace lamina
