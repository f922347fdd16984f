// Callbacks in Keras's semantics: when they stop, what they save and write.
#include "lamina/nn/callbacks/callbacks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <limits>
#include <sstream>

#include "lamina/base/error.h"
#include "tests/support/samples.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

// Plays logs to a callback as a training would.
class Script {
 public:
  explicit Script(Callback& callback) : model_(test::small_dense(1)), callback_(callback) {
    callback_.attach(model_, {});
    callback_.on_train_begin(Logs());
  }
  // Whether training goes on.
  bool epoch(const std::string& log, double value) {
    Logs logs;
    logs.set(log, value);
    callback_.on_epoch_end(epoch_++, logs);
    return !model_.stop_training;
  }
  Sequential& model() { return model_; }

 private:
  Sequential model_;
  Callback& callback_;
  int epoch_ = 0;
};

TEST(EarlyStopping, WaitsForPatienceEpochsWithoutImprovement) {
  EarlyStopping early({.monitor = "loss", .patience = 2});
  Script script(early);
  EXPECT_TRUE(script.epoch("loss", 1.0));
  EXPECT_TRUE(script.epoch("loss", 0.8));
  EXPECT_TRUE(script.epoch("loss", 0.9));
  EXPECT_FALSE(script.epoch("loss", 0.8));
  EXPECT_EQ(early.stopped_epoch(), 3);
  EXPECT_EQ(early.best_epoch(), 1);
  EXPECT_EQ(early.best(), 0.8);
}

TEST(EarlyStopping, MinDeltaModeBaselineAndStart) {
  EarlyStopping delta({.monitor = "loss", .min_delta = 0.1, .patience = 1});
  Script small(delta);
  EXPECT_TRUE(small.epoch("loss", 1.0));
  EXPECT_FALSE(small.epoch("loss", 0.95));

  EarlyStopping up({.monitor = "score", .patience = 1, .mode = "max"});
  Script rising(up);
  EXPECT_TRUE(rising.epoch("score", 0.1));
  EXPECT_TRUE(rising.epoch("score", 0.2));
  EXPECT_FALSE(rising.epoch("score", 0.1));

  EarlyStopping baseline({.monitor = "loss", .patience = 2, .baseline = 0.5});
  Script above(baseline);
  EXPECT_TRUE(above.epoch("loss", 0.9));
  EXPECT_TRUE(above.epoch("loss", 0.8));  // better, but not than the baseline: the waiting goes on
  EXPECT_FALSE(above.epoch("loss", 0.85));

  EarlyStopping late({.monitor = "loss", .start_from_epoch = 3});
  Script warming(late);
  for (const double loss : {1.0, 2.0, 3.0}) EXPECT_TRUE(warming.epoch("loss", loss));
  EXPECT_TRUE(warming.epoch("loss", 4.0));
  EXPECT_FALSE(warming.epoch("loss", 5.0));
}

TEST(EarlyStopping, AutoAsksTheMetricAndRefusesTheUnknown) {
  EarlyStopping unknown({.monitor = "score"});
  Script script(unknown);
  EXPECT_THROW(script.epoch("score", 1), InvalidArgument);
  EXPECT_THROW(EarlyStopping({.mode = "maxx"}), InvalidArgument);
  const Samples data = test::corners(64);
  Sequential model = test::small_dense(1);
  EarlyStopping accuracy({.monitor = "accuracy", .patience = 20});
  const History history = model.fit(data.x, data.y, {.epochs = 6, .callbacks = {&accuracy}, .verbose = 0});
  EXPECT_EQ(accuracy.best(), *std::max_element(history["accuracy"].begin(), history["accuracy"].end()));
}

TEST(EarlyStopping, RestoresTheBestWeights) {
  const Samples data = test::corners(64);
  Sequential model = test::small_dense(1);
  std::vector<std::vector<Tensor>> weights;
  LambdaCallback spy({.on_epoch_end = [&](int, const Logs&) { weights.push_back(model.get_weights()); }});
  // The loss falls, so wanting it to rise makes the first epoch the best.
  EarlyStopping early({.monitor = "loss", .patience = 2, .mode = "max", .restore_best_weights = true});
  const History history = model.fit(data.x, data.y, {.epochs = 9, .callbacks = {&spy, &early}, .verbose = 0});
  ASSERT_EQ(history.epochs().size(), 3u);
  EXPECT_EQ(early.best_epoch(), 0);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(model.weights()[i]->value.to_vector<float>(), weights[0][i].to_vector<float>());
  }
}

TEST(ModelCheckpoint, FillsFieldsAsPythonDoes) {
  Logs logs;
  logs.set("epoch", 3);
  logs.set("val_loss", 0.123456);
  logs.set("lr", 1e-7);
  EXPECT_EQ(detail::format_path("{epoch:02d}-{val_loss:.2f}.keras", logs), "03-0.12.keras");
  EXPECT_EQ(detail::format_path("m{epoch}-{val_loss}-{lr:.1e}-{val_loss:.1%}", logs),
            "m3-0.123456-1.0e-07-12.3%");
  EXPECT_EQ(detail::format_path("plain.keras", logs), "plain.keras");
  logs.set("accuracy", 1.0);
  EXPECT_EQ(detail::format_path("{accuracy}-{lr:8}-{{x}}", logs), "1.0-   1e-07-{x}");
  EXPECT_THROW(detail::format_path("{val_loss:d}.keras", logs), InvalidArgument);
  EXPECT_THROW(detail::format_path("epoch}.keras", logs), InvalidArgument);
  EXPECT_THROW(detail::format_path("{epohc}.keras", logs), InvalidArgument);
  EXPECT_THROW(detail::format_path("{epoch:s}.keras", logs), InvalidArgument);
  EXPECT_THROW(detail::format_path("{epoch:999999d}.keras", logs), InvalidArgument);
  EXPECT_THROW(detail::format_path("{epoch", logs), InvalidArgument);
}

// A format that counts: how often, and with which path, a model was saved.
std::vector<std::string> saved;
const bool registered = register_model_format(
    {".counted", [](const Model&, const std::string& path) { saved.push_back(path); }, nullptr});

TEST(ModelCheckpoint, SavesEachEpochOrOnlyTheBestOrEveryFewSteps) {
  ASSERT_TRUE(registered);
  const Samples data = test::corners(40);
  const auto run = [&](ModelCheckpoint checkpoint) {
    saved.clear();
    Sequential model = test::small_dense(1);
    model.fit(data.x, data.y, {.epochs = 3, .batch_size = 10, .callbacks = {&checkpoint}, .verbose = 0});
    return saved;
  };
  EXPECT_EQ(run(ModelCheckpoint("{epoch}.counted")),
            (std::vector<std::string>{"1.counted", "2.counted", "3.counted"}));
  EXPECT_EQ(
      run(ModelCheckpoint("{epoch}.counted", {.monitor = "loss", .save_best_only = true, .mode = "max"})),
      (std::vector<std::string>{"1.counted"}));
  EXPECT_EQ(run(ModelCheckpoint("{epoch}-{batch}.counted", {.save_freq = 5})),
            (std::vector<std::string>{"2-1.counted", "3-2.counted"}));
  EXPECT_EQ(run(ModelCheckpoint("x.counted",
                                {.monitor = "loss", .save_best_only = true, .initial_value_threshold = 0.0})),
            std::vector<std::string>{});
  EXPECT_THROW(ModelCheckpoint("model.unknown"), InvalidArgument);
}

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ModelCheckpoint, SaysWhatKerasSays) {
  ASSERT_TRUE(registered);
  const Samples data = test::corners(40);
  Sequential model = test::small_dense(1);
  ModelCheckpoint checkpoint("m.counted", {.monitor = "loss",
                                           .verbose = 1,
                                           .save_best_only = true,
                                           .mode = "max",
                                           .initial_value_threshold = 0.0});
  ::testing::internal::CaptureStdout();
  const History history = model.fit(data.x, data.y, {.epochs = 2, .callbacks = {&checkpoint}, .verbose = 0});
  const std::string text = ::testing::internal::GetCapturedStdout();
  char first[32];
  std::snprintf(first, sizeof first, "%.5f", history["loss"][0]);
  EXPECT_NE(text.find(std::string("Epoch 1: loss improved from 0.00000 to ") + first +
                      ", saving model to m.counted\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(std::string("Epoch 2: loss did not improve from ") + first), std::string::npos) << text;
}

TEST(ModelCheckpoint, ThatCannotWriteSaysWhere) {
  ASSERT_TRUE(registered);
  const Samples data = test::corners(20);
  Sequential model = test::small_dense(1);
  ModelCheckpoint checkpoint("/proc/nowhere/m.counted");
  const std::string message = test::message_of<FileError>(
      [&] { model.fit(data.x, data.y, {.callbacks = {&checkpoint}, .verbose = 0}); });
  EXPECT_NE(message.find("/proc/nowhere"), std::string::npos) << message;
}

TEST(CSVLogger, GoesOnWithATableOfKeras) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "log.csv";
  std::ofstream(path, std::ios::binary) << "epoch,loss,val_loss\r\n0,1.5,2.5\r\n";
  CSVLogger logger(path, {.append = true});
  logger.on_train_begin(Logs());
  Logs logs;
  logs.set("val_loss", std::numeric_limits<double>::quiet_NaN());
  logs.set("loss", -std::numeric_limits<double>::infinity());
  logger.on_epoch_end(1, logs);
  logger.on_train_end(logs);
  EXPECT_EQ(text_of(path), "epoch,loss,val_loss\r\n0,1.5,2.5\r\n1,-inf,nan\n");
}

TEST(CSVLogger, AFullDiskIsAnErrorThatNamesTheFile) {
  CSVLogger logger("/dev/full");
  logger.on_train_begin(Logs());
  Logs logs;
  logs.set("loss", 1);
  const std::string message = test::message_of<FileError>([&] { logger.on_epoch_end(0, logs); });
  EXPECT_NE(message.find("/dev/full"), std::string::npos) << message;
}

TEST(CSVLogger, WritesSortedColumnsAndAppends) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "log.csv";
  const auto read = [&] { return text_of(path); };
  CSVLogger logger(path);
  logger.on_train_begin(Logs());
  Logs logs;
  logs.set("loss", 0.5);
  logs.set("accuracy", 1.0);
  logger.on_epoch_end(0, logs);
  logs.set("val_loss", 0.25);
  logger.on_epoch_end(1, logs);
  logger.on_train_end(logs);
  EXPECT_EQ(read(),
            "epoch,accuracy,loss,val_accuracy,val_loss\n"
            "0,1.0,0.5,NA,NA\n"
            "1,1.0,0.5,NA,0.25\n");
  CSVLogger more(path, {.append = true});
  more.on_train_begin(Logs());
  more.on_epoch_end(2, logs);
  more.on_train_end(logs);
  EXPECT_EQ(read(),
            "epoch,accuracy,loss,val_accuracy,val_loss\n"
            "0,1.0,0.5,NA,NA\n"
            "1,1.0,0.5,NA,0.25\n"
            "2,1.0,0.5,NA,0.25\n");
  CSVLogger nowhere(folder / "missing/log.csv");
  EXPECT_THROW(nowhere.on_train_begin(Logs()), FileError);
}

TEST(Callbacks, AreCalledInKerasOrder) {
  class Recorder final : public Callback {
   public:
    void on_train_begin(const Logs&) override { text += "T"; }
    void on_train_end(const Logs&) override { text += "t"; }
    void on_epoch_begin(int, const Logs&) override { text += "E"; }
    void on_epoch_end(int, const Logs& logs) override { text += logs.contains("val_loss") ? "v" : "e"; }
    void on_batch_begin(int64_t, const Logs&) override { text += "B"; }
    void on_batch_end(int64_t, const Logs&) override { text += "b"; }
    void on_test_begin(const Logs&) override { text += "("; }
    void on_test_end(const Logs&) override { text += ")"; }
    void on_test_batch_end(int64_t, const Logs&) override { text += "."; }
    std::string text;
  } recorder;
  const Samples data = test::corners(20);
  Sequential model = test::small_dense(1);
  model.fit(data.x, data.y,
            {.epochs = 2,
             .batch_size = 10,
             .validation_data = data,
             .validation_freq = 2,
             .callbacks = {&recorder},
             .verbose = 0});
  EXPECT_EQ(recorder.text, "TEBbBbeEBbBb(..)vt");
}

TEST(Callbacks, StopTrainingEndsAfterTheStep) {
  const Samples data = test::corners(40);
  Sequential model = test::small_dense(1);
  int64_t last = -1;
  LambdaCallback stop({.on_train_batch_end = [&](int64_t batch, const Logs&) {
    last = batch;
    if (batch == 1) model.stop_training = true;
  }});
  const History history =
      model.fit(data.x, data.y, {.epochs = 5, .batch_size = 10, .callbacks = {&stop}, .verbose = 0});
  EXPECT_EQ(last, 1);
  EXPECT_EQ(history.epochs().size(), 1u);
  EXPECT_FALSE(history.interrupted);
}

TEST(Callbacks, AProgressBarIsThereUnlessSilent) {
  const Samples data = test::corners(20);
  Sequential model = test::small_dense(1);
  ::testing::internal::CaptureStdout();
  model.fit(data.x, data.y, {.epochs = 2, .verbose = 0});
  model.evaluate(data.x, data.y, {.verbose = 0});
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  ::testing::internal::CaptureStdout();
  model.fit(data.x, data.y, {.epochs = 2, .verbose = 2});
  const std::string text = ::testing::internal::GetCapturedStdout();
  EXPECT_NE(text.find("Epoch 2/2"), std::string::npos) << text;
  EXPECT_NE(text.find("accuracy"), std::string::npos) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
}

TEST(Callbacks, MayAskTheModelWhileItTrains) {
  const Samples data = test::corners(40);
  Sequential model = test::small_dense(1);
  std::vector<double> asked;
  LambdaCallback ask({.on_epoch_end = [&](int, const Logs&) {
    asked.push_back(model.predict(data.x).to_vector<float>()[0]);
    EXPECT_EQ(static_cast<float>(asked.back()), model(data.x).to_vector<float>()[0]);
  }});
  model.fit(data.x, data.y, {.epochs = 3, .batch_size = 10, .callbacks = {&ask}, .verbose = 0});
  EXPECT_NE(asked[0], asked[1]);
  EXPECT_NE(asked[1], asked[2]);
  EXPECT_EQ(static_cast<float>(asked[2]), model(data.x).to_vector<float>()[0]);
}

TEST(Callbacks, ThatThrowEndTheFitAndLeaveTheModelUsable) {
  const Samples data = test::corners(40);
  Sequential model = test::small_dense(1);
  {
    LambdaCallback thrower({.on_train_batch_end = [](int64_t, const Logs&) { throw Unsupported("enough"); }});
    EXPECT_THROW(model.fit(data.x, data.y, {.callbacks = {&thrower}, .verbose = 0}), Unsupported);
  }
  EXPECT_EQ(model.snapshot().step(), 1);
  EXPECT_NO_THROW(model.fit(data.x, data.y, {.verbose = 0}));
}

TEST(Callbacks, CannotRebuildTheModelUnderItsTraining) {
  const Samples data = test::corners(40);
  Sequential model = test::small_dense(1);
  const std::vector<std::pair<std::string, std::function<void()>>> attempts = {
      {"compile", [&] { model.compile({.optimizer = "sgd", .loss = "mse"}); }},
      {"fit", [&] { model.fit(data.x, data.y, {.verbose = 0}); }},
      {"add", [&] { model.add(Dense(2)); }},
      {"pop", [&] { model.pop(); }}};
  for (const auto& attempt : attempts) {
    LambdaCallback meddler({.on_epoch_end = [&](int, const Logs&) { attempt.second(); }});
    const std::string message = test::message_of<InvalidArgument>(
        [&] { model.fit(data.x, data.y, {.epochs = 2, .callbacks = {&meddler}, .verbose = 0}); });
    EXPECT_NE(message.find(attempt.first + " cannot be called by a callback"), std::string::npos) << message;
  }
  EXPECT_EQ(model.layers().size(), 2u);
  EXPECT_NO_THROW(model.fit(data.x, data.y, {.verbose = 0}));
}

// Moves the model away, to where it ends, in the middle of whatever goes on.
class Mover : public Callback {
 public:
  explicit Mover(Sequential& model) : model_(model) {}
  void on_batch_begin(int64_t, const Logs&) override { move(); }
  void on_test_batch_begin(int64_t, const Logs&) override { move(); }
  void on_predict_batch_begin(int64_t, const Logs&) override { move(); }

 private:
  void move() { const Sequential taken(std::move(model_)); }

  Sequential& model_;
};

// The loop went on with a model that had ended: a crash.
TEST(Callbacks, ThatMoveTheModelAwayAreAnError) {
  const Samples data = test::corners(40);
  const std::vector<std::function<void(Sequential&, Mover&)>> uses = {
      [&](Sequential& model, Mover& mover) {
        model.fit(data.x, data.y, {.epochs = 2, .callbacks = {&mover}, .verbose = 0});
      },
      [&](Sequential& model, Mover& mover) {
        model.evaluate(data.x, data.y, {.callbacks = {&mover}, .verbose = 0});
      },
      [&](Sequential& model, Mover& mover) { model.predict(data.x, {.callbacks = {&mover}}); }};
  for (const auto& use : uses) {
    Sequential model = test::small_dense(1);
    Mover mover(model);
    const std::string message = test::message_of<InvalidArgument>([&] { use(model, mover); });
    EXPECT_NE(message.find("moved from"), std::string::npos) << message;
  }
}

TEST(Callbacks, RefuseStateThatTheyDidNotSave) {
  const auto refusal = [](Callback& callback, const std::vector<NamedTensor>& state) {
    return test::message_of<InvalidArgument>([&] { callback.set_state(state); });
  };
  History history;
  EXPECT_NE(refusal(history, {{"bad_loss", Tensor::from<int64_t>({1})}}).find("'bad_loss' must hold 2"),
            std::string::npos);
  EXPECT_NE(
      refusal(history, {{"epochs", Tensor::from<int32_t>({0, 1})}, {"log/loss", Tensor::from<double>({0.5})}})
          .find("'loss' has 1 values for 2 epochs"),
      std::string::npos);
  EarlyStopping early;
  EXPECT_NE(refusal(early, {{"counters", Tensor::from<int64_t>({})}}).find("'counters' must hold 3"),
            std::string::npos);
  Callback* none = nullptr;
  EXPECT_THROW(AnyCallback{none}, InvalidArgument);
  EXPECT_THROW(AnyCallback{std::shared_ptr<History>()}, InvalidArgument);
}

TEST(Logs, NumbersAreWrittenAsPythonWritesThem) {
  const std::vector<std::pair<double, std::string>> rows = {
      {0, "0.0"},           {-1, "-1.0"},
      {0.1, "0.1"},         {0.0001, "0.0001"},
      {1e-5, "1e-05"},      {1e15, "1000000000000000.0"},
      {1e16, "1e+16"},      {0.4838709533214569, "0.4838709533214569"},
      {1.5e300, "1.5e+300"}};
  for (const auto& row : rows) EXPECT_EQ(python_number(row.first), row.second);
}

TEST(Logs, LooksUpByName) {
  Logs logs;
  logs.set("loss", 1.5);
  logs.set("loss", 2.5);
  EXPECT_EQ(logs.size(), 1u);
  EXPECT_EQ(logs["loss"], 2.5);
  EXPECT_FALSE(logs.find("los").has_value());
  EXPECT_THROW(logs.at("los"), InvalidArgument);
}

}  // namespace
}  // namespace lamina
