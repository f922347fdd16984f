// A training whose numbers go bad leaves its last good state, whatever the options.
#include <cmath>
#include <csignal>
#include <filesystem>
#include <limits>

#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "lamina/formats/npz.h"
#include "lamina/nn/finite.h"
#include "lamina/nn/layers/dense.h"
#include "lamina/nn/layers/input_layer.h"
#include "lamina/nn/optimizers/sgd.h"
#include "tests/support/training.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;
using test::expect_refused;
using test::Outcome;
using test::Running;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

class LastGood : public test::Training {
 protected:
  // "explode.keras": with "line.npz" its weights grow a hundredfold a step, and leave float32 in the fourth
  // epoch or so.
  LastGood() {
    Sequential model({Input({1}), Dense(1)}, {.name = "explode", .seed = 1});
    model.compile({.optimizer = SGD({.learning_rate = 100}), .loss = "mse"});
    model.save(file("explode.keras"));
    write_line("line.npz", 1);
  }
  void write_line(const std::string& name, float first) const {
    std::vector<float> x(64, 1.0f), y(64, 3.0f);
    x[0] = first;
    write_npz(file(name), {{"x", Tensor::from(x, Shape{64, 1})}, {"y", Tensor::from(y, Shape{64, 1})}});
  }
  std::vector<std::string> explode(int epochs, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {"train",     "explode.keras", "--data",   "line.npz",
                                      "--out",     "m.keras",       "--epochs", std::to_string(epochs),
                                      "--run-dir", "notes"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  Outcome run(const std::vector<std::string>& words) const { return test::run_lamina(folder_.path(), words); }
  bool is_good(const std::string& name) const { return all_finite(load_model(file(name))); }
};

TEST_F(LastGood, IsWhatCheckpointAndModelHold) {
  for (const std::vector<std::string>& more : {std::vector<std::string>{},
                                               {"--validation-data", "line.npz"},
                                               {"--validation-split", "0.25"},
                                               {"--json"}}) {
    const Outcome outcome = run(explode(12, more));
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const int64_t kept = epochs_of("m.keras");
    EXPECT_GT(kept, 0);
    EXPECT_LT(kept, 12);
    EXPECT_TRUE(is_good("m.checkpoint.keras"));
    EXPECT_TRUE(is_good("m.keras"));
    EXPECT_NE(outcome.err.find("m.checkpoint.keras stays as it was"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find("after epoch " + std::to_string(kept) + ", the last good one"),
              std::string::npos)
        << outcome.err;
    const Json last =
        outcome.out.empty() || outcome.out[0] != '{' ? Json() : Json::parse(outcome.lines().back());
    if (last.is_object()) {
      EXPECT_EQ(last.at("kept_epoch").as_int(), kept);
      EXPECT_TRUE(last.at("metrics").at("loss").is_number());
    }
    // The history tells the whole story, its last good row that of the state that was kept.
    const std::string history = read_file(file("notes/history.csv"));
    EXPECT_EQ(std::count(history.begin(), history.end(), '\n'), 13);
    EXPECT_NE(history.find("nan"), std::string::npos);
    for (const char* name : {"m.keras", "m.checkpoint.keras"}) fs::remove(file(name));
    fs::remove_all(file("notes"));
  }
}

TEST_F(LastGood, IsKeptWithStopOnNaN) {
  const Outcome outcome = run(explode(12, {"--stop-on-nan", "--quiet"}));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(is_good("m.checkpoint.keras"));
  ASSERT_TRUE(fs::exists(file("m.keras")));
  EXPECT_TRUE(is_good("m.keras"));
  EXPECT_NE(outcome.err.find("m.keras is the model after epoch"), std::string::npos) << outcome.err;
}

TEST_F(LastGood, OfATrainingThatNeverWasGoodIsNothing) {
  write_data("nan.npz", 48, kNaN);
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--stop-on-nan"}}) {
    std::vector<std::string> words = {"--data", "nan.npz", "--quiet"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = train("m.keras", 2, words);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find(more.empty() ? "nothing is saved" : "nothing was saved"), std::string::npos)
        << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_FALSE(fs::exists(file("m.keras")));
    EXPECT_FALSE(fs::exists(file("m.checkpoint.keras")));
    fs::remove_all(file("m.keras.run"));
  }
}

TEST_F(LastGood, IsKeptWhenInterruptedAfterwards) {
  Running running(folder_.path(), explode(1000000, {"--json"}));
  ASSERT_TRUE(running.wait_for("\"epoch\": 30,"));
  running.send(SIGTERM);
  const Outcome outcome = running.wait();
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("The last good state is in m.checkpoint.keras"), std::string::npos)
      << outcome.err;
  EXPECT_TRUE(is_good("m.checkpoint.keras"));
  EXPECT_LT(epochs_of("m.keras"), 30);
}

TEST_F(LastGood, CanBeGoneOnWithAtALowerRate) {
  ASSERT_EQ(run(explode(3)).status, 0);
  Sequential model({Input({1}), Dense(1)}, {.name = "explode", .seed = 1});
  model.compile({.optimizer = SGD({.learning_rate = 0.0625}), .loss = "mse"});
  model.save(file("explode.keras"));
  const Outcome outcome = run(explode(30, {"--resume", "--allow-changes", "--quiet"}));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(epochs_of("m.keras"), 30);
  EXPECT_TRUE(is_good("m.keras"));
}

TEST_F(LastGood, OfAnEarlierTrainingIsNotReplacedByNothingGood) {
  ASSERT_EQ(train("m.keras", 1).status, 0);
  const std::string model = read_file(file("m.keras")), state = read_file(file("m.checkpoint.keras"));
  write_data("nan.npz", 48, kNaN);
  const Outcome outcome = train("m.keras", 3, {"--data", "nan.npz", "--quiet"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("'m.keras' stays as it was"), std::string::npos) << outcome.err;
  EXPECT_TRUE(read_file(file("m.keras")) == model);
  EXPECT_TRUE(read_file(file("m.checkpoint.keras")) == state);
}

TEST_F(LastGood, IsTheEndWhenOnlyTheSamplesToValidateWithAreBad) {
  write_data("nan.npz", 48, kNaN);
  const Outcome outcome = train("m.keras", 3, {"--validation-data", "nan.npz"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(epochs_of("m.keras"), 3);
  EXPECT_TRUE(is_good("m.keras"));
}

TEST_F(LastGood, IsTheEndOfAModelThatHoldsAnInfiniteConstant) {
  Model model = load_model(file("net.keras"));
  std::vector<Tensor> weights = model.get_weights();
  std::vector<float> bias = weights[3].to_vector<float>();
  bias[2] = -std::numeric_limits<float>::infinity();  // this class never
  weights[3] = Tensor::from(bias, weights[3].shape());
  model.set_weights(weights);
  model.save(file("net.keras"));
  write_data("two.npz", 2);  // classes 0 and 1
  const Outcome outcome = train("m.keras", 3, {"--data", "two.npz"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(fs::exists(file("m.keras")));
  EXPECT_EQ(epochs_of("m.keras"), 3);
}

}  // namespace
}  // namespace lamina
