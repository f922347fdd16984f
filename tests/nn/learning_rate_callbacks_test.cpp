// Callbacks that change the learning rate: ReduceLROnPlateau against Keras, LearningRateScheduler, logs and
// resume.
#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/nn/callbacks/callbacks.h"
#include "lamina/nn/optimizers/sgd.h"
#include "tests/support/golden.h"
#include "tests/support/samples.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::Golden;
using test::message_of;

Sequential model_with_rate(double rate) {
  Sequential model({Input({2}), Dense(4, {.activation = "softmax"})}, {.seed = 1});
  model.compile({.optimizer = SGD(rate), .loss = "sparse_categorical_crossentropy"});
  return model;
}

ReduceLROnPlateauOptions options_from(const Json& json) {
  ReduceLROnPlateauOptions options{.monitor = "score"};
  const auto number = [&](const char* key, auto& value) {
    if (json.contains(key))
      value = static_cast<std::remove_reference_t<decltype(value)>>(json.at(key).as_double());
  };
  number("factor", options.factor);
  number("patience", options.patience);
  number("min_delta", options.min_delta);
  number("cooldown", options.cooldown);
  number("min_lr", options.min_lr);
  options.mode = json.at("mode").as_string();
  return options;
}

class PlateauGolden : public ::testing::TestWithParam<std::string> {};

// Half-way, the callback is replaced by one that takes over its state, as a resumed training does.
TEST_P(PlateauGolden, SetsKerasRates) {
  const Golden golden("nn/callbacks/" + GetParam());
  const ReduceLROnPlateauOptions options = options_from(golden.json("options"));
  const std::vector<double> values = golden.at("values").to_vector<double>();
  const std::vector<float> expected = golden.at("rates").to_vector<float>();
  Sequential model = model_with_rate(0.1);
  std::optional<ReduceLROnPlateau> plateau(options);
  plateau->attach(model, {});
  plateau->on_train_begin(Logs());
  for (size_t epoch = 0; epoch < values.size(); ++epoch) {
    Logs logs;
    logs.set("score", values[epoch]);
    plateau->on_epoch_end(static_cast<int>(epoch), logs);
    EXPECT_FLOAT_EQ(static_cast<float>(model.learning_rate()), expected[epoch]) << "epoch " << epoch;
    if (epoch == values.size() / 2) {
      const std::vector<NamedTensor> state = plateau->state();
      plateau.emplace(options);
      plateau->attach(model, {});
      plateau->on_train_begin(Logs());
      plateau->set_state(state);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Keras, PlateauGolden, ::testing::ValuesIn(test::golden_cases("nn/callbacks")),
                         test::CaseName());

TEST(ReduceLROnPlateau, LogsTheRateOfTheEpochAndRefusesWhatCannotBe) {
  const Samples data = test::corners(32);
  Sequential model = model_with_rate(0.5);
  // The loss falls, so wanting it to rise makes every epoch after the first a bad one.
  const History history = model.fit(
      data.x, data.y,
      {.epochs = 3,
       .callbacks = {ReduceLROnPlateau({.monitor = "loss", .factor = 0.5, .patience = 1, .mode = "max"})},
       .verbose = 0});
  EXPECT_EQ(history["learning_rate"], (std::vector<double>{0.5, 0.5, 0.25}));
  EXPECT_EQ(model.learning_rate(), 0.125);
  const auto message = message_of<InvalidArgument>([] { ReduceLROnPlateau({.factor = 1.0}); });
  EXPECT_NE(message.find("factor must be below 1, received 1.0"), std::string::npos) << message;
}

TEST(ReduceLROnPlateau, WarnsOfALogThatIsNotThere) {
  std::vector<std::string> warnings;
  const LogSink before = set_log_sink([&](LogLevel level, const std::string& text) {
    EXPECT_EQ(level, LogLevel::kWarning);
    warnings.push_back(text);
  });
  const Samples data = test::corners(32);
  Sequential model = model_with_rate(0.5);
  model.fit(data.x, data.y, {.epochs = 1, .callbacks = {ReduceLROnPlateau()}, .verbose = 0});
  set_log_sink(before);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(
      warnings[0],
      "ReduceLROnPlateau watches 'val_loss', which this training does not log; it logs: loss, learning_rate");
}

TEST(LearningRateScheduler, SetsWhatTheFunctionGives) {
  const Samples data = test::corners(32);
  Sequential model = model_with_rate(0.5);
  const History history = model.fit(data.x, data.y,
                                    {.epochs = 4,
                                     .callbacks = {LearningRateScheduler(
                                         [](int epoch, double rate) { return epoch < 2 ? rate : rate / 2; })},
                                     .verbose = 0});
  EXPECT_EQ(history["learning_rate"], (std::vector<double>{0.5, 0.5, 0.25, 0.125}));
}

TEST(LearningRateScheduler, RefusesRatesThatCannotBe) {
  const Samples data = test::corners(32);
  Sequential model = model_with_rate(0.5);
  for (const double bad : {-0.5, std::nan("")}) {
    const auto message = message_of<InvalidArgument>([&] {
      model.fit(data.x, data.y,
                {.epochs = 1,
                 .callbacks = {LearningRateScheduler([=](int, double) { return bad; })},
                 .verbose = 0});
    });
    EXPECT_NE(message.find("must give a finite number of at least 0"), std::string::npos) << message;
  }
  EXPECT_THROW(LearningRateScheduler(nullptr), InvalidArgument);
}

}  // namespace
}  // namespace lamina
