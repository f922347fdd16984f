// lamina bench: the fields that outside checks read.
#include <gtest/gtest.h>

#include <algorithm>

#include "lamina/base/json.h"
#include "lamina/base/threads.h"
#include "tests/support/program.h"

namespace lamina {
namespace {

void expect_fields(const Json& figures, const char* time) {
  for (const char* key :
       {time, "samples_s", "latency_ms_p50", "first_step_ms", "startup_ms", "peak_rss_mb"}) {
    EXPECT_GT(figures.at(key).as_double(), 0) << key;
  }
  EXPECT_LE(figures.at(std::string(time) + "_min").as_double(),
            figures.at(std::string(time) + "_p50").as_double());
}

TEST(Bench, TrainingPrintsTheContractsFields) {
  test::Outcome outcome =
      test::run_lamina(".", {"bench", "mlp", "--steps", "20", "--batch", "16", "--threads", "2", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  ASSERT_EQ(outcome.lines().size(), 1u);
  Json figures = Json::parse(outcome.out);
  EXPECT_EQ(figures.at("model").as_string(), "mlp");
  EXPECT_EQ(figures.at("mode").as_string(), "train");
  EXPECT_EQ(figures.at("batch").as_int(), 16);
  EXPECT_EQ(figures.at("threads").as_int(), std::min(2, processors()));
  EXPECT_EQ(figures.at("params").as_int(), 100 * 64 + 64 + 64 * 64 + 64 + 64 * 10 + 10);
  expect_fields(figures, "train_ms_step");
}

TEST(Bench, InferencePrintsTheContractsFields) {
  test::Outcome outcome =
      test::run_lamina(".", {"bench", "fashion-mnist", "--mode", "infer", "--steps", "2", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  Json figures = Json::parse(outcome.out);
  EXPECT_EQ(figures.at("batch").as_int(), 128);
  EXPECT_EQ(figures.at("params").as_int(), 693962);
  expect_fields(figures, "infer_ms_batch");
}

TEST(Bench, SeveralCallersAskOneModel) {
  test::Outcome outcome = test::run_lamina(
      ".", {"bench", "mlp", "--mode", "infer", "--batch", "2", "--steps", "30", "--callers", "3", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  Json figures = Json::parse(outcome.out);
  EXPECT_EQ(figures.at("callers").as_int(), 3);
  expect_fields(figures, "infer_ms_batch");
  outcome = test::run_lamina(".", {"bench", "mlp", "--callers", "3"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("--mode infer"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace lamina
