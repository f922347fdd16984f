// Stop and go on: a training interrupted anywhere and resumed in a new model ends with the same bits.
#include <gtest/gtest.h>

#include <atomic>

#include "lamina/base/error.h"
#include "lamina/nn/callbacks/callbacks.h"
#include "lamina/ops/cast.h"
#include "tests/support/samples.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::bits;

constexpr int kEpochs = 3, kSteps = 5;

// Raises a flag after so many steps, as a signal handler does.
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

class Resume : public ::testing::TestWithParam<int> {};

TEST_P(Resume, AfterAnyStepGivesTheSameBits) {
  const Samples data = test::quadrants(70), unseen = test::quadrants(30, 9);
  const auto options = [&](EarlyStopping& early) {
    return FitOptions{
        .epochs = kEpochs, .batch_size = 16, .validation_data = unseen, .callbacks = {&early}, .verbose = 0};
  };
  Sequential straight = test::small_cnn(1);
  EarlyStopping early({.patience = 10});
  const History whole = straight.fit(data.x, data.y, options(early));

  Sequential interrupted = test::small_cnn(1);
  Interrupt interrupt(GetParam());
  EarlyStopping first_half({.patience = 10});
  FitOptions first = options(first_half);
  first.callbacks.push_back(&interrupt);
  first.stop_flag = &interrupt.flag;
  const History half = interrupted.fit(data.x, data.y, first);
  EXPECT_EQ(half.interrupted, GetParam() < kEpochs * kSteps);
  const TrainingSnapshot snapshot = interrupted.snapshot();
  EXPECT_EQ(snapshot.epoch() * kSteps + snapshot.step(), GetParam());

  Sequential resumed = test::small_cnn(99);  // other weights at first, which the snapshot replaces
  EarlyStopping second_half({.patience = 10});
  FitOptions second = options(second_half);
  second.resume = &snapshot;
  const History rest = resumed.fit(data.x, data.y, second);

  EXPECT_EQ(bits(resumed), bits(straight));
  EXPECT_EQ(rest.epochs(), whole.epochs());
  for (const std::string& name : whole.names()) EXPECT_EQ(rest[name], whole[name]) << name;
  EXPECT_EQ(second_half.best(), early.best());
  EXPECT_EQ(second_half.best_epoch(), early.best_epoch());
}

INSTANTIATE_TEST_SUITE_P(Steps, Resume, ::testing::Values(1, 4, 5, 6, 10, 13, 15));

TEST(Snapshot, TakenByACallbackContinuesFromThere) {
  const Samples data = test::corners(60);
  Sequential straight = test::small_dense(2, "rmsprop");
  TrainingSnapshot middle;
  LambdaCallback keep({.on_epoch_end = [&](int epoch, const Logs&) {
    if (epoch == 1) middle = straight.snapshot();
  }});
  straight.fit(data.x, data.y, {.epochs = 4, .batch_size = 16, .callbacks = {&keep}, .verbose = 0});
  Sequential resumed = test::small_dense(3, "rmsprop");
  const History history =
      resumed.fit(data.x, data.y, {.epochs = 4, .batch_size = 16, .verbose = 0, .resume = &middle});
  EXPECT_EQ(bits(resumed), bits(straight));
  EXPECT_EQ(history.epochs(), (std::vector<int>{0, 1, 2, 3}));
}

TEST(Snapshot, AnInterruptInTheLastStepBeforeAnEarlyStopLeavesNothingToResume) {
  const Samples data = test::corners(30);
  Sequential model = test::small_dense(2);
  Interrupt interrupt(6);
  // Wanting the loss to rise, it stops after the second epoch and goes back to the first.
  EarlyStopping early({.monitor = "loss", .patience = 1, .mode = "max", .restore_best_weights = true});
  const History history = model.fit(data.x, data.y,
                                    {.epochs = 5,
                                     .batch_size = 10,
                                     .callbacks = {&interrupt, &early},
                                     .verbose = 0,
                                     .stop_flag = &interrupt.flag});
  EXPECT_EQ(history.epochs().size(), 2u);
  EXPECT_FALSE(history.interrupted);
  EXPECT_EQ(early.best_epoch(), 0);
}

TEST(Snapshot, ASecondFitGoesOnWithTheOptimizer) {
  // Two fits of one epoch are not one fit of two: each shuffles anew; but nothing starts over.
  const Samples data = test::corners(40);
  Sequential model = test::small_dense(2);
  model.fit(data.x, data.y, {.epochs = 1, .batch_size = 10, .verbose = 0});
  model.fit(data.x, data.y, {.epochs = 1, .batch_size = 10, .verbose = 0});
  EXPECT_EQ(model.optimizer_variables()[0]->value.item<int64_t>(), 8);
}

TEST(Snapshot, MeansInFloat32OfBeforeAreTaken) {
  const Samples data = test::corners(60);
  Sequential straight = test::small_dense(2), cut = test::small_dense(2);
  const History whole = straight.fit(data.x, data.y, {.epochs = 1, .batch_size = 10, .verbose = 0});
  Interrupt interrupt(3);
  cut.fit(
      data.x, data.y,
      {.epochs = 1, .batch_size = 10, .callbacks = {&interrupt}, .verbose = 0, .stop_flag = &interrupt.flag});
  TrainingSnapshot middle = cut.snapshot();
  int means = 0;
  for (NamedTensor& tensor : middle.tensors) {
    if (!tensor.name.starts_with("metrics/")) continue;
    EXPECT_EQ(tensor.value.dtype(), DType::kFloat64) << tensor.name;
    tensor.value = cast(tensor.value, DType::kFloat32);
    ++means;
  }
  ASSERT_EQ(means, 4);  // total and count of the loss and of the accuracy
  Sequential resumed = test::small_dense(3);
  const History rest =
      resumed.fit(data.x, data.y, {.epochs = 1, .batch_size = 10, .verbose = 0, .resume = &middle});
  EXPECT_EQ(bits(resumed), bits(straight));
  EXPECT_NEAR(rest["loss"].at(0), whole["loss"].at(0), 1e-6);
  EXPECT_NEAR(rest["accuracy"].at(0), whole["accuracy"].at(0), 1e-6);
}

TEST(Snapshot, TheLossCountsBeyondFloat32) {
  const Samples data = test::corners(6);
  const FitOptions options{.epochs = 1, .batch_size = 1, .verbose = 0};
  const auto cut_after = [&](Sequential& model, int steps, const TrainingSnapshot* from) {
    Interrupt interrupt(steps);
    FitOptions cut = options;
    cut.callbacks = {&interrupt};
    cut.stop_flag = &interrupt.flag;
    cut.resume = from;
    model.fit(data.x, data.y, cut);
    return model.snapshot();
  };
  Sequential model = test::small_dense(2), other = test::small_dense(2);
  TrainingSnapshot middle = cut_after(model, 1, nullptr);
  for (NamedTensor& tensor : middle.tensors) {
    if (tensor.name == "metrics/1") tensor.value = Tensor::from<double>({1 << 25}, {});
  }
  // In float32, 2^25 + 1 is 2^25.
  const TrainingSnapshot later = cut_after(other, 3, &middle);
  EXPECT_EQ(later.find("metrics/1")->item<double>(), (1 << 25) + 3);
}

TEST(Snapshot, OfAnotherModelOrAnotherTrainingIsRefused) {
  const Samples data = test::corners(40);
  Sequential model = test::small_dense(2), other = test::small_dense(2, "sgd");
  model.fit(data.x, data.y, {.batch_size = 10, .verbose = 0});
  const TrainingSnapshot snapshot = model.snapshot();
  EXPECT_THROW(other.fit(data.x, data.y, {.epochs = 2, .batch_size = 8, .verbose = 0, .resume = &snapshot}),
               InvalidArgument);
  Sequential wider({Input({2}), Dense(8), Dense(4, {.activation = "softmax"})}, {.seed = 1});
  wider.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  const std::vector<float> before = wider.weights()[0]->value.to_vector<float>();
  try {
    wider.fit(data.x, data.y, {.epochs = 2, .batch_size = 10, .verbose = 0, .resume = &snapshot});
    FAIL() << "a snapshot of another shape was accepted";
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("weights/sequential/dense/kernel"), std::string::npos)
        << error.what();
  }
  EXPECT_EQ(wider.weights()[0]->value.to_vector<float>(), before);
}

TEST(Snapshot, OfNoPossiblePlaceIsRefused) {
  const Samples data = test::corners(40);
  Sequential model = test::small_dense(2);
  model.fit(data.x, data.y, {.batch_size = 10, .verbose = 0});
  const TrainingSnapshot good = model.snapshot();
  const std::vector<std::pair<std::string, int>> places = {{"step", -1}, {"step", 5}, {"epoch", -3}};
  for (const auto& [member, value] : places) {
    TrainingSnapshot snapshot = good;
    snapshot.info[member] = value;
    const std::string message = test::message_of<InvalidArgument>([&] {
      model.fit(data.x, data.y, {.epochs = 3, .batch_size = 10, .verbose = 0, .resume = &snapshot});
    });
    EXPECT_NE(message.find(member + " is " + std::to_string(value)), std::string::npos) << message;
  }
}

// A number of a file that an int does not hold: 4294967297 would be 1.
TEST(Snapshot, PlacesBeyondAnIntAreRefused) {
  TrainingSnapshot snapshot;
  snapshot.info = Json::object({{"epoch", int64_t{4294967297}}, {"step", int64_t{-4294967297}}});
  EXPECT_NE(test::message_of<InvalidArgument>([&] { (void)snapshot.epoch(); }).find("the snapshot's epoch"),
            std::string::npos);
  EXPECT_NE(test::message_of<InvalidArgument>([&] { (void)snapshot.step(); }).find("received -4294967297"),
            std::string::npos);
}

}  // namespace
}  // namespace lamina
