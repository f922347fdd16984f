// Learning-rate schedules against Keras: rates, configurations, and optimizers that follow one.
#include "lamina/nn/optimizers/schedules/schedules.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/nn/callbacks/callbacks.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/nn/optimizers/sgd.h"
#include "lamina/ops/cast.h"
#include "tests/support/golden.h"
#include "tests/support/samples.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::bits;
using test::Golden;
using test::message_of;

class ScheduleGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(ScheduleGolden, GivesKerasRates) {
  const Golden golden("nn/schedules/" + GetParam());
  const auto schedule = Registry<LearningRateSchedule>::from_json(golden.json("config"));
  const std::vector<int64_t> steps = golden.at("steps").to_vector<int64_t>();
  std::vector<float> rates;
  for (const int64_t step : steps) rates.push_back((*schedule)(Tensor(step)).item<float>());
  test::expect_close(Tensor::from(rates, {static_cast<int64_t>(rates.size())}), golden.at("rates"),
                     GetParam(), test::kTrainingTolerance);
}

TEST_P(ScheduleGolden, WritesWhatKerasWrites) {
  const Json expected = Golden("nn/schedules/" + GetParam()).json("config");
  test::expect_same_config(Registry<LearningRateSchedule>::from_json(expected)->serialize(), expected,
                           "schedule");
}

INSTANTIATE_TEST_SUITE_P(Keras, ScheduleGolden, ::testing::ValuesIn(test::golden_cases("nn/schedules")),
                         test::CaseName());

TEST(ScheduleGoldenFiles, AreAllThere) { EXPECT_GE(test::golden_cases("nn/schedules").size(), 12u); }

TEST(Schedules, RejectArgumentsThatCannotBe) {
  const auto message = message_of<InvalidArgument>([] { ExponentialDecay(0.1, 0, 0.9); });
  EXPECT_NE(message.find("ExponentialDecay: decay_steps must be positive"), std::string::npos) << message;
  EXPECT_THROW(CosineDecayRestarts(0.1, -1), InvalidArgument);
  EXPECT_THROW(PiecewiseConstantDecay({1, 2}, {0.1, 0.2}), InvalidArgument);
  EXPECT_THROW(PiecewiseConstantDecay({}, {0.1}), InvalidArgument);
  EXPECT_THROW(PiecewiseConstantDecay({2, 1}, {0.1, 0.2, 0.3}), InvalidArgument);
  const auto unknown =
      message_of<InvalidArgument>([] { Registry<LearningRateSchedule>::make("CosinDecay"); });
  EXPECT_NE(unknown.find("did you mean 'CosineDecay'"), std::string::npos) << unknown;
}

Sequential scheduled(uint64_t seed) {
  Sequential model({Input({2}), Dense(16, {.activation = "relu"}), Dense(4, {.activation = "softmax"})},
                   {.seed = seed});
  model.compile({.optimizer = Adam(CosineDecay(0.01, 20, {.warmup_target = 0.05, .warmup_steps = 4})),
                 .loss = "sparse_categorical_crossentropy"});
  return model;
}

TEST(Schedules, OfAPolynomialMayWarmUp) {
  const PolynomialDecay schedule(0.1, 4, {.end_learning_rate = 0.2, .warmup_target = 1.0, .warmup_steps = 3});
  const auto read = Registry<LearningRateSchedule>::from_json(schedule.serialize());
  const double expected[] = {0.1, 0.4, 0.7, 1.0, 0.8, 0.6, 0.4, 0.2, 0.2};
  for (int64_t step = 0; step < 9; ++step) {
    EXPECT_NEAR(schedule(Tensor(step)).item<float>(), expected[step], 1e-6) << step;
    EXPECT_EQ((*read)(Tensor(step)).item<float>(), schedule(Tensor(step)).item<float>());
  }
  EXPECT_THROW(PolynomialDecay(0, 4, {.cycle = true, .warmup_target = 1.0}), InvalidArgument);
}

TEST(Schedules, AreFollowedByTheCompiledStep) {
  const Samples data = test::corners(64);
  Sequential model = scheduled(1);
  EXPECT_FLOAT_EQ(static_cast<float>(model.learning_rate()), 0.01f);
  model.fit(data.x, data.y, {.epochs = 1, .batch_size = 32, .verbose = 0});
  EXPECT_FLOAT_EQ(static_cast<float>(model.learning_rate()), 0.03f);  // two of four steps of warm-up
  EXPECT_EQ(model.optimizer_variables()[1]->name.find("learning_rate"), std::string::npos);
}

TEST(Schedules, AreKeptInFilesAndAcrossResume) {
  const Samples data = test::corners(64);
  const test::TemporaryFolder folder;
  Sequential straight = scheduled(1), stopped = scheduled(1);
  const FitOptions once{.epochs = 1, .batch_size = 16, .shuffle = false, .verbose = 0};
  straight.fit(data.x, data.y, once);
  stopped.fit(data.x, data.y, once);
  const std::string file = folder / "m.keras";
  stopped.save(file);
  Model loaded = load_model(file);
  EXPECT_EQ(loaded.learning_rate(), straight.learning_rate());
  straight.fit(data.x, data.y, once);
  loaded.fit(data.x, data.y, once);
  EXPECT_EQ(bits(loaded), bits(straight));
}

TEST(Schedules, KeepTheRateFromBeingSet) {
  Sequential model = scheduled(1);
  const auto message = message_of<InvalidArgument>([&] { model.set_learning_rate(0.1); });
  EXPECT_NE(message.find("follows its CosineDecay and cannot be set"), std::string::npos) << message;
}

}  // namespace
}  // namespace lamina
