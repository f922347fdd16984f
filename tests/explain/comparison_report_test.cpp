// Several runs on one page: the best epochs, and what differs.
#include "lamina/explain/comparison_report.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

ComparedRun named(const std::string& name) {
  ComparedRun run;
  run.name = name;
  run.history = {{"loss", {3, 2, 1}}, {"val_loss", {2, 1.5, 1.75}}};
  run.options = {{"epochs", "3"}, {"optimizer", "Adam"}};
  run.metrics = {{"accuracy", 0.5}};
  run.metrics_of = "test";
  return run;
}

TEST(Comparison, TheBestEpochIsThatOfTheValidationLoss) {
  ComparedRun run = named("a");
  EXPECT_EQ(best_epoch(run).log, "val_loss");
  EXPECT_EQ(best_epoch(run).epoch, 2u);
  EXPECT_EQ(best_epoch(run).value, 1.5);
  run.history[1].values = {NAN, NAN, 4};
  EXPECT_EQ(best_epoch(run).epoch, 3u);
  run.history.pop_back();
  EXPECT_EQ(best_epoch(run).log, "loss");
  EXPECT_EQ(best_epoch(run).epoch, 3u);
  run.history[0].values = {NAN};
  EXPECT_EQ(best_epoch(run).epoch, 0u);
  run.history[0].name = "accuracy";
  EXPECT_EQ(best_epoch(run).log, "");
  EXPECT_EQ(run.epochs(), 1u);
}

TEST(Comparison, ShowsTheOptionsThatDiffer) {
  ComparedRun one = named("one"), other = named("other");
  other.options[0].second = "5";
  other.options.emplace_back("dropout", "<0.5>");
  const std::string page = comparison_page("both", {one, other});
  EXPECT_NE(page.find("<td class=\"key\">epochs</td><td class=\"number\">3</td><td class=\"number\">5</td>"),
            std::string::npos);
  EXPECT_NE(page.find("<td class=\"number\">–</td><td class=\"number\">&lt;0.5&gt;</td>"), std::string::npos);
  EXPECT_EQ(page.find("optimizer"), std::string::npos);
  EXPECT_NE(page.find("test accuracy"), std::string::npos);
  const std::string same = comparison_page("both", {named("one"), named("other")});
  EXPECT_NE(same.find("all are the same"), std::string::npos);
}

TEST(Comparison, LongTrainingsMakeNoLargePage) {
  ComparedRun run = named("a");
  for (auto& series : run.history) series.values.assign(200000, 1.25);
  EXPECT_LT(comparison_page("long", {run}).size(), 200000u);
}

TEST(Comparison, RefusesRunsThatCannotBeToldApart) {
  EXPECT_NE(test::message_of<InvalidArgument>([] {
              comparison_page("t", {named("a"), named("a")});
            }).find("two runs are called 'a'"),
            std::string::npos);
  EXPECT_NE(test::message_of<InvalidArgument>([] { comparison_page("t", {}); }).find("received 0"),
            std::string::npos);
  std::vector<ComparedRun> many;
  for (int i = 0; i < 21; ++i) many.push_back(named(std::to_string(i)));
  EXPECT_NE(test::message_of<InvalidArgument>([&] { comparison_page("t", many); }).find("1 to 20 runs"),
            std::string::npos);
}

}  // namespace
}  // namespace lamina
