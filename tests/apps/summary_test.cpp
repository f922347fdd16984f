// lamina summary: what the table shows when it is asked for more.
#include <gtest/gtest.h>

#include "lamina/base/json.h"
#include "lamina/nn/layers/dense.h"
#include "lamina/nn/layers/input_layer.h"
#include "lamina/nn/model.h"
#include "lamina/ops/binary.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

class SummaryCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    const Tensor x = Input({4}, {.name = "values"});
    const Sequential inner({Input({4}), Dense(4, {.name = "hidden"})}, {.name = "inside"});
    Model({x}, {inner(x) + x}).save(folder_ / "model.keras");
  }
  std::string table(std::vector<std::string> words) {
    words.insert(words.begin(), {"summary", "model.keras"});
    const test::Outcome outcome = test::run_lamina(folder_.path(), words, {"LC_ALL=C"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }
  test::TemporaryFolder folder_;
};

TEST_F(SummaryCommand, SaysWhatIsConnected) {
  const std::string text = table({});
  for (const char* word : {"Connected to", "inside[0][0],", "values[0][0]"}) {
    EXPECT_NE(text.find(word), std::string::npos) << word << " in\n" << text;
  }
  EXPECT_EQ(text.find("hidden"), std::string::npos) << text;
  EXPECT_EQ(text.find("|   Y   |"), std::string::npos) << text;
}

TEST_F(SummaryCommand, ShowsModelsInsideAndWhatIsTrainable) {
  const std::string text = table({"--expand-nested", "--show-trainable"});
  for (const char* word : {"   - hidden", "|   Y   |", "|   -   |"}) {
    EXPECT_NE(text.find(word), std::string::npos) << word << " in\n" << text;
  }
}

TEST_F(SummaryCommand, SaysTheMemoryOfABatch) {
  EXPECT_EQ(table({}).find("Memory"), std::string::npos);
  const std::string predicts = table({"--batch-size", "8"});
  EXPECT_NE(predicts.find("Memory to predict 8 samples at once: "), std::string::npos) << predicts;
  EXPECT_EQ(predicts.find("to train"), std::string::npos) << predicts;
  Sequential trained({Input({4}), Dense(3)});
  trained.compile({.optimizer = "adam", .loss = "mse"});
  trained.save(folder_ / "model.keras");
  EXPECT_NE(table({"--batch-size", "8"}).find("Memory to train on 8 samples at once: "), std::string::npos);
  const Json memory = Json::parse(table({"--batch-size", "8", "--json"})).at("memory");
  EXPECT_EQ(memory.at("batch_size").as_int(), 8);
  EXPECT_EQ(memory.at("weights").as_int(), 4 * 15);
  EXPECT_EQ(memory.at("gradients").as_int(), 4 * 15);
  EXPECT_EQ(memory.at("optimizer").as_int(), 8 + 4 + 2 * 4 * 15);
  EXPECT_EQ(memory.at("batch").as_int(), 8 * 4 * (4 + 3));
  EXPECT_GT(memory.at("training").as_int(), 0);
}

}  // namespace
}  // namespace lamina
