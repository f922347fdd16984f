// Files with losses and metrics that are not known here: every command says so once, and predictions go on.
#include <gtest/gtest.h>

#include <algorithm>

#include "lamina/base/files.h"
#include "lamina/formats/npy.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/metrics/mean.h"
#include "lamina/nn/model.h"
#include "lamina/ops/binary.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

using test::Outcome;
using Words = std::vector<std::string>;

class UnknownObjects : public ::testing::Test {
 protected:
  UnknownObjects() {
    const auto save = [&](const char* file, const std::vector<Choice<Metric>>& metrics) {
      Sequential model({Input({2}), Dense(1)}, {.seed = 1});
      model.compile({.optimizer = "adam", .loss = "mse", .metrics = metrics});
      model.save(folder_ / file);
    };
    save("known.keras", {"mae"});
    const test::Told told;  // saving warns, too
    save("m.keras",
         {metrics::MetricFunction("spread", [](const Tensor& y, const Tensor& p) { return y - p; })});
    write_npy(folder_ / "x.npy", Tensor::from(std::vector<float>{1, 2}, Shape{1, 2}));
  }
  Outcome run(const Words& words) const { return test::run_lamina(folder_.path(), words); }
  test::TemporaryFolder folder_;
};

TEST_F(UnknownObjects, AreNamedOnceByCommandsThatPredict) {
  for (const Words& words : {Words{"summary", "m.keras"}, Words{"predict", "m.keras", "x.npy"},
                             Words{"predict", "m.keras", "x.npy", "--json"},
                             Words{"run", "m.keras", "--input", "x.npy", "--output", "out"}}) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(outcome.err.find("metric 'spread'"), std::string::npos) << words[0] << ": " << outcome.err;
    EXPECT_NE(outcome.err.find("Predictions do not need it"), std::string::npos) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    Words known = words;
    known[1] = "known.keras";
    const Outcome silent = run(known);
    EXPECT_EQ(silent.status, 0);
    EXPECT_EQ(silent.err, "") << words[0];
    if (words[0] == "predict") {
      EXPECT_EQ(outcome.out, silent.out);
    }
  }
}

// A question mark ends a sentence: no full stop and no semicolon behind it.
TEST_F(UnknownObjects, QuestionsEndTheirSentences) {
  Sequential model({Input({2}), Dense(1)}, {.seed = 1});
  const auto apart = [](const Tensor& y, const Tensor& p) { return y - p; };
  model.compile(
      {.optimizer = "adam",
       .loss = "mse",
       .metrics = {metrics::MetricFunction("maee", apart), metrics::MetricFunction("msee", apart)}});
  {
    const test::Told told;  // saving warns, too
    model.save(folder_ / "n.keras");
  }
  for (const char* verb : {"predict", "summary"}) {
    Words words = {verb, "n.keras"};
    if (words[0] == "predict") words.emplace_back("x.npy");
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 0);
    EXPECT_NE(outcome.err.find("did you mean"), std::string::npos) << outcome.err;
    for (const char* twice : {"?.", "?;", "?:", "?,"})
      EXPECT_EQ(outcome.err.find(twice), std::string::npos) << outcome.err;
  }
}

}  // namespace
}  // namespace lamina
