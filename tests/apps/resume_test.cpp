// Stop and go on: Ctrl-C, kill -9 and --resume end in the same bytes as a run that was left alone.
#include <gtest/gtest.h>

#include <bit>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "lamina/base/json.h"
#include "lamina/nn/model.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_images.h"

namespace lamina {
namespace {

using test::Outcome;
using test::Running;

class Resume : public ::testing::Test {
 protected:
  Resume() { test::write_tiny_images(folder_.path(), 320, 50); }

  std::vector<std::string> command(const std::string& out, bool resume) const {
    std::vector<std::string> words = {
        "train", "fashion-mnist", "--epochs", "4",     "--batch-size", "16", "--seed", "7", "--threads",
        "2",     "--out",         out,        "--json"};
    if (resume) words.push_back("--resume");
    return words;
  }
  std::vector<std::string> environment() const {
    return {"LAMINA_DATA=" + folder_.path(), "OMP_WAIT_POLICY=passive"};
  }
  Outcome run(const std::string& out, bool resume) const {
    return test::run_lamina(folder_.path(), command(out, resume), environment());
  }

  // All weights and the optimizer's state, as bits.
  std::vector<uint32_t> bits(const std::string& file) const {
    Model model = load_model(folder_ / file);
    std::vector<uint32_t> all;
    auto add = [&](const std::vector<WeightPtr>& weights) {
      for (const WeightPtr& weight : weights) {
        for (float value : weight->value.to_vector<float>()) all.push_back(std::bit_cast<uint32_t>(value));
      }
    };
    add(model.weights());
    add(model.optimizer_variables());
    return all;
  }

  test::TemporaryFolder folder_;
};

TEST_F(Resume, AfterCtrlCEndsInTheSameBytes) {
  ASSERT_EQ(run("straight.keras", false).status, 0);
  Outcome stopped;
  {
    Running running(folder_.path(), command("broken.keras", false), environment());
    ASSERT_TRUE(running.wait_for("\"epoch\": 1"));
    running.send(SIGINT);
    stopped = running.wait();
  }
  ASSERT_EQ(stopped.status, 1) << stopped.err;
  EXPECT_NE(stopped.err.find("lamina: error: interrupted"), std::string::npos) << stopped.err;
  EXPECT_NE(stopped.err.find("lamina train fashion-mnist --epochs 4 --batch-size 16 --seed 7 --threads 2 "
                             "--out broken.keras --json --resume"),
            std::string::npos)
      << stopped.err;
  Json last = Json::parse(stopped.lines().back());
  EXPECT_FALSE(last.at("done").as_bool());
  EXPECT_EQ(last.at("checkpoint").as_string(), "broken.checkpoint.keras");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "broken.keras"));

  Outcome resumed = run("broken.keras", true);
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_LT(resumed.lines().size(), 5u);  // it did not begin anew
  EXPECT_EQ(bits("straight.keras"), bits("broken.keras"));
  Json whole = Json::parse(resumed.lines().back());
  const std::string report = whole.at("report").as_string();
  EXPECT_TRUE(std::filesystem::exists(folder_ / report));
}

TEST_F(Resume, AfterKillNineEndsInTheSameBytes) {
  ASSERT_EQ(run("straight.keras", false).status, 0);
  const std::vector<uint32_t> expected = bits("straight.keras");
  for (int delay_ms : {0, 5, 20}) {
    const std::string out = "killed" + std::to_string(delay_ms) + ".keras";
    const std::string checkpoint = folder_ / ("killed" + std::to_string(delay_ms) + ".checkpoint.keras");
    Running running(folder_.path(), command(out, false), environment());
    ASSERT_TRUE(running.wait_for("\"epoch\": 1"));
    std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));
    running.send(SIGKILL);
    EXPECT_EQ(running.wait().status, 128 + SIGKILL);
    ASSERT_TRUE(std::filesystem::exists(checkpoint));
    EXPECT_NO_THROW(load_model(checkpoint));
    Outcome resumed = run(out, true);
    ASSERT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_EQ(bits(out), expected) << delay_ms;
  }
}

TEST_F(Resume, ASecondCtrlCEndsAtOnce) {
  std::vector<std::string> words = command("twice.keras", false);
  words[3] = "100000";
  Running running(folder_.path(), words, environment());
  ASSERT_TRUE(running.wait_for("\"epoch\": 1"));
  running.send(SIGINT);
  running.send(SIGTERM);
  const Outcome outcome = running.wait();
  EXPECT_TRUE(outcome.status == 128 + SIGTERM || outcome.status == 1)
      << outcome.status << ": " << outcome.err;
}

TEST_F(Resume, WithoutACheckpointBeginsFromTheStart) {
  Outcome outcome = run("fresh.keras", true);
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.err.find("starting from the beginning"), std::string::npos);
  EXPECT_EQ(outcome.lines().size(), 5u);
  Outcome again = run("fresh.keras", true);  // nothing left to do
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(again.lines().size(), 1u);
}

TEST_F(Resume, RefusesAnotherBatchSize) {
  ASSERT_EQ(run("m.keras", false).status, 0);
  std::vector<std::string> words = command("m.keras", true);
  words[5] = "17";
  Outcome outcome = test::run_lamina(folder_.path(), words, environment());
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("batch_size"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace lamina
