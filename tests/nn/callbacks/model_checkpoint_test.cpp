// ModelCheckpoint: what is no number never takes the place of what is.
#include "lamina/nn/callbacks/model_checkpoint.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/log.h"
#include "lamina/nn/finite.h"
#include "lamina/nn/model.h"
#include "tests/support/samples.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

class ModelCheckpoints : public ::testing::Test {
 protected:
  ModelCheckpoints() : model_(test::small_dense(1)) {
    before_ = set_log_sink([this](LogLevel, const std::string& message) { said_.push_back(message); });
  }
  ~ModelCheckpoints() override { set_log_sink(before_); }

  // One epoch whose logs hold `value`, after which the first weight is `weight`.
  void epoch(ModelCheckpoint& callback, double value, double weight = 0.5) {
    std::vector<Tensor> weights = model_.get_weights();
    std::vector<float> first = weights[0].to_vector<float>();
    first[0] = static_cast<float>(weight);
    weights[0] = Tensor::from(first, weights[0].shape());
    model_.set_weights(weights);
    Logs logs;
    logs.set("val_loss", value);
    logs.set("loss", value);
    callback.attach(model_, {});
    callback.on_epoch_end(epoch_++, logs);
  }
  bool saved(const std::string& name) const { return std::filesystem::exists(folder_ / name); }
  float first_weight(const std::string& name) const {
    return load_model(folder_ / name).get_weights()[0].to_vector<float>()[0];
  }

  test::TemporaryFolder folder_;
  Sequential model_;
  int epoch_ = 0;
  std::vector<std::string> said_;
  LogSink before_;
};

TEST_F(ModelCheckpoints, AFiniteModelIsNotReplacedByOneThatIsNot) {
  ModelCheckpoint callback(folder_ / "m.keras");
  epoch(callback, 1, 0.25);
  for (const double bad : {kNaN, kInf, -kInf}) epoch(callback, bad, bad);
  epoch(callback, 1, kNaN);  // the loss of an epoch may still be a number
  EXPECT_EQ(first_weight("m.keras"), 0.25f);
  ASSERT_EQ(said_.size(), 1u);
  EXPECT_NE(said_[0].find("m.keras' stays as it is"), std::string::npos) << said_[0];
  epoch(callback, kNaN, 0.75);  // good weights again, whatever the loss
  EXPECT_EQ(first_weight("m.keras"), 0.75f);
}

TEST_F(ModelCheckpoints, NorIsOneOfAnEarlierProgram) {
  epoch_ = 0;
  model_.save(folder_ / "m.keras");
  ModelCheckpoint callback(folder_ / "m.keras");
  epoch(callback, kNaN, kNaN);
  EXPECT_TRUE(all_finite(load_model(folder_ / "m.keras")));
}

TEST_F(ModelCheckpoints, FilesOfTheirOwnAreWrittenWhateverTheyHold) {
  ModelCheckpoint callback(folder_ / "m{epoch}.keras");
  epoch(callback, 1);
  epoch(callback, kNaN, kNaN);
  EXPECT_TRUE(saved("m1.keras"));
  EXPECT_TRUE(saved("m2.keras"));
  EXPECT_TRUE(said_.empty());
}

// A mask of minus infinity among the weights, say.
TEST_F(ModelCheckpoints, AModelThatBeganWithAnInfiniteWeightIsSaved) {
  ModelCheckpoint callback(folder_ / "m.keras");
  epoch(callback, 1, kInf);
  callback.on_train_begin(Logs());
  epoch(callback, 1, -kInf);
  EXPECT_EQ(first_weight("m.keras"), -static_cast<float>(kInf));
}

// In Keras a NaN that came first is never improved upon.
TEST_F(ModelCheckpoints, ANaNIsNeverTheBest) {
  ModelCheckpoint callback(folder_ / "m.keras", {.save_best_only = true});
  epoch(callback, kNaN, 0.125);
  EXPECT_FALSE(saved("m.keras"));
  epoch(callback, 2, 0.25);
  EXPECT_EQ(first_weight("m.keras"), 0.25f);
  epoch(callback, kNaN, 0.375);
  epoch(callback, 3, 0.5);
  EXPECT_EQ(first_weight("m.keras"), 0.25f);
  epoch(callback, 1, 0.625);
  EXPECT_EQ(first_weight("m.keras"), 0.625f);
  EXPECT_EQ(callback.best(), 1.0);
}

TEST_F(ModelCheckpoints, AnInfiniteLossIsImprovedUpon) {
  ModelCheckpoint callback(folder_ / "m.keras", {.save_best_only = true});
  epoch(callback, kInf, 0.25);
  epoch(callback, 1e30, 0.5);
  EXPECT_EQ(first_weight("m.keras"), 0.5f);
  ModelCheckpoint most(folder_ / "n.keras", {.monitor = "loss", .save_best_only = true, .mode = "max"});
  epoch(most, -kInf, 0.25);
  epoch(most, -1e30, 0.5);
  epoch(most, kNaN, 0.75);
  EXPECT_EQ(first_weight("n.keras"), 0.5f);
}

TEST_F(ModelCheckpoints, TheBestIsNotCountedWhereItIsNotSaved) {
  ModelCheckpoint callback(folder_ / "m.keras", {.save_best_only = true});
  epoch(callback, 3, 0.25);
  epoch(callback, 1, kInf);  // the best loss, of a model that is lost
  epoch(callback, 2, 0.5);
  EXPECT_EQ(first_weight("m.keras"), 0.5f);
  ModelCheckpoint resumed(folder_ / "m.keras", {.save_best_only = true});
  resumed.set_state({{"best", Tensor::from<double>({kNaN})}});
  epoch(resumed, 9, 0.75);
  EXPECT_EQ(first_weight("m.keras"), 0.75f);
}

TEST_F(ModelCheckpoints, WhatCannotBeWrittenIsToldBeforeTheFirstStep) {
  write_file(folder_ / "file", "x");
  std::filesystem::create_directory(folder_ / "folder.keras");
  for (const std::string& name : {std::string("file/m.keras"), std::string("folder.keras"),
                                  std::string("file/below/m.keras"), std::string(300, 'm') + ".keras"}) {
    ModelCheckpoint callback(folder_ / name);
    callback.attach(model_, {});
    EXPECT_THROW(callback.on_train_begin(Logs()), FileError) << name;
  }
  ModelCheckpoint callback(folder_ / "new/m.keras");
  callback.attach(model_, {});
  callback.on_train_begin(Logs());
  EXPECT_FALSE(saved("new/m.keras"));
}

TEST_F(ModelCheckpoints, KeepsTheNewestAndTheBest) {
  for (const bool background : {false, true}) {
    const std::string pattern = folder_ / (background ? "b-{epoch}.keras" : "a-{epoch}.keras");
    const std::string start = background ? "b-" : "a-";
    epoch_ = 0;
    ModelCheckpoint callback(pattern, {.max_to_keep = 2, .save_on_background = background});
    for (const double value : {3.0, 1.0, 2.0, 4.0, 5.0, 6.0}) epoch(callback, value);
    callback.on_train_end({});
    std::vector<std::string> left;
    for (int i = 1; i <= 6; ++i) {
      if (saved(start + std::to_string(i) + ".keras")) left.push_back(std::to_string(i));
    }
    EXPECT_EQ(left, (std::vector<std::string>{"2", "5", "6"})) << start;
  }
}

TEST_F(ModelCheckpoints, GoesOnRemovingAfterAResume) {
  const std::string pattern = folder_ / "{epoch}.keras";
  ModelCheckpoint first(pattern, {.max_to_keep = 1});
  for (const double value : {1.0, 2.0}) epoch(first, value);
  ModelCheckpoint second(pattern, {.max_to_keep = 1});
  second.set_state(first.state());
  epoch(second, 3);
  EXPECT_TRUE(saved("1.keras"));  // the best
  EXPECT_FALSE(saved("2.keras"));
  EXPECT_TRUE(saved("3.keras"));
  // A state may come from a file, and names what is removed.
  for (const std::string& path :
       {std::string("/etc/passwd"), folder_ / "../1.keras", folder_ / "a/1.keras"}) {
    ModelCheckpoint hostile(pattern, {.max_to_keep = 1});
    const Tensor text = Tensor::from(std::vector<uint8_t>(path.begin(), path.end()), {path.size()});
    EXPECT_THROW(hostile.set_state({{"written/0", text}}), InvalidArgument) << path;
  }
}

TEST_F(ModelCheckpoints, WritesWhileTrainingGoesOn) {
  const Samples data = test::corners(64);
  const auto train = [&](const std::string& name, bool background) {
    Sequential model = test::small_dense(1);
    model.fit(data.x, data.y,
              {.epochs = 3,
               .callbacks = {ModelCheckpoint(folder_ / (name + "-{epoch}.keras"),
                                             {.save_on_background = background})},
               .verbose = 0});
    return model.get_weights();
  };
  train("front", false);
  train("back", true);
  for (const char* epoch : {"1", "2", "3"}) {
    const std::string front = std::string("front-") + epoch + ".keras",
                      back = std::string("back-") + epoch + ".keras";
    ASSERT_TRUE(saved(back)) << back;
    const auto a = load_model(folder_ / front).get_weights(), b = load_model(folder_ / back).get_weights();
    for (size_t i = 0; i < a.size(); ++i)
      EXPECT_EQ(a[i].to_vector<float>(), b[i].to_vector<float>()) << epoch;
  }
}

TEST_F(ModelCheckpoints, WhatGoesWrongInTheBackgroundIsThrown) {
  std::filesystem::create_directory(folder_ / "1.keras");
  ModelCheckpoint callback(folder_ / "{epoch}.keras", {.save_on_background = true});
  epoch(callback, 1);
  EXPECT_THROW(epoch(callback, 1), FileError);  // told where the next one is saved
  std::filesystem::create_directory(folder_ / "3.keras");
  epoch(callback, 1);
  EXPECT_THROW(callback.on_train_end({}), FileError);
  callback.on_train_end({});  // once
}

TEST_F(ModelCheckpoints, OptionsThatCannotBeAreRefused) {
  EXPECT_THROW(ModelCheckpoint("m.keras", {.max_to_keep = 1}), InvalidArgument);
  EXPECT_THROW(ModelCheckpoint("{epoch}.keras", {.max_to_keep = -1}), InvalidArgument);
}

}  // namespace
}  // namespace lamina
