// Decisions about what belongs to no class.
#include "lamina/zoo/out_of_scope.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/words.h"

namespace lamina {
namespace {

using Rows = std::vector<std::vector<float>>;

TEST(OutOfScope, DecidesByClassAndThreshold) {
  const OutOfScope scope{2, 0.5};
  EXPECT_EQ(scope.decide({0.6f, 0.3f, 0.1f}), 0u);
  EXPECT_EQ(scope.decide({0.1f, 0.5f, 0.4f}), 1u) << "as probable as the threshold is enough";
  EXPECT_EQ(scope.decide({0.4f, 0.35f, 0.25f}), 2u) << "no class is probable enough";
  EXPECT_EQ(scope.decide({0.3f, 0.3f, 0.4f}), 2u);
  EXPECT_EQ(decided_class({0.4f, 0.35f, 0.25f}, std::nullopt), 0u);
  EXPECT_EQ(decided_class({0.4f, 0.35f, 0.25f}, scope), 2u);
}

TEST(OutOfScope, TakesTheGreatestThresholdThatItMayCost) {
  // Ten samples in scope, right with 0.1, 0.2, ... 1.0; two out of scope.
  Rows rows;
  std::vector<int> labels;
  for (int i = 1; i <= 10; ++i) {
    const float p = static_cast<float>(i) / 10;
    rows.push_back({p, 0, 0});
    labels.push_back(0);
  }
  rows.push_back({0.9f, 0.1f, 0}), labels.push_back(2);
  rows.push_back({0.2f, 0.1f, 0}), labels.push_back(2);
  EXPECT_DOUBLE_EQ(out_of_scope_threshold(rows, labels, 2, 0), 0.1);
  EXPECT_DOUBLE_EQ(out_of_scope_threshold(rows, labels, 2, 0.25), 0.3);
  EXPECT_DOUBLE_EQ(out_of_scope_threshold(rows, labels, 2, 1), 1);
  EXPECT_DOUBLE_EQ(out_of_scope_threshold({{0.9f, 0.1f, 0}}, {2}, 2, 0.5), 0) << "nothing in scope";
}

TEST(OutOfScope, CountsWhatDecisionsAreWorth) {
  const OutOfScope scope{2, 0.5};
  const Rows rows = {{0.9f, 0, 0}, {0.4f, 0, 0}, {0, 0.8f, 0}, {0.1f, 0, 0.9f}, {0.7f, 0, 0}, {0.9f, 0, 0}};
  const std::vector<int> labels = {0, 0, 0, 2, 2, -1};
  const std::vector<std::pair<std::string, double>> expected = {
      {"in_scope_accuracy", 1.0 / 3}, {"out_of_scope_recall", 0.5}, {"out_of_scope_precision", 0.5}};
  EXPECT_EQ(scope_metrics(scope, rows, labels), expected);
  const auto all_in = scope_metrics(scope, {{0.9f, 0, 0}}, {0});
  ASSERT_EQ(all_in.size(), 1u) << "nothing is divided by zero";
  EXPECT_EQ(all_in[0].first, "in_scope_accuracy");
}

TEST(OutOfScope, IsKeptWithTheModelsClasses) {
  DataInfo info{.class_names = {"balance", "greeting", kOutOfScope}};
  EXPECT_FALSE(OutOfScope::of(info));
  const OutOfScope scope{2, 0.25};
  scope.save(info);
  EXPECT_EQ(OutOfScope::of(DataInfo::from_json(info.to_json(), "file")), scope);
  const auto refused = [&](const Json& section, const std::vector<std::string>& words) {
    DataInfo bad = info;
    bad.sections[kOutOfScope] = section;
    test::expect_words(test::message_of<FileError>([&] { OutOfScope::of(bad, "'a.keras'"); }), words);
  };
  refused(Json::object({{"class", 3}, {"threshold", 0.5}}),
          {"'a.keras'", "class 3 is none of the model's 3"});
  refused(Json::object({{"class", -1}, {"threshold", 0.5}}), {"class -1"});
  refused(Json::object({{"class", 2}, {"threshold", 1.5}}), {"a threshold of 0 to 1"});
  refused(Json::object({{"class", 2}}), {"threshold"});
  refused(Json::object({{"class", "two"}, {"threshold", 0.5}}), {"'a.keras'"});
}

}  // namespace
}  // namespace lamina
