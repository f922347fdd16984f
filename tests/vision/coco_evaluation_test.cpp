// COCO's evaluation beside pycocotools (tools/golden/detection.py), and what it cannot judge.
#include "lamina/vision/coco_evaluation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/base/json.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina::vision {
namespace {

Box box_of_corner(const Json& numbers) {
  const double left = numbers.at(0).as_double(), top = numbers.at(1).as_double();
  return {left, top, left + numbers.at(2).as_double(), top + numbers.at(3).as_double()};
}

// pycocotools writes -1 where there is nothing.
void expect_same_score(double actual, const Json& expected, const std::string& what) {
  if (expected.as_double() == -1) {
    EXPECT_TRUE(std::isnan(actual)) << what << ": " << actual;
  } else {
    EXPECT_NEAR(actual, expected.as_double(), 1e-6) << what;
  }
}

TEST(CocoEvaluation, IsPycocotools) {
  const Json cases = Json::parse(test::golden_text("vision/coco.json"), "coco.json");
  ASSERT_EQ(cases.size(), 30u);
  double sum = 0;
  for (const Json& one : cases.as_list()) {
    const std::string name = one.at("name").as_string();
    std::vector<std::vector<TruthBox>> truth;
    for (const Json& picture : one.at("truth").as_list()) {
      truth.emplace_back();
      for (const Json& thing : picture.as_list())
        truth.back().push_back({.box = box_of_corner(thing),
                                .label = thing.at(4).as_int(),
                                .crowd = thing.at(5).as_int() != 0,
                                .area = thing.at(6).as_double()});
    }
    std::vector<std::vector<Detection>> found;
    for (const Json& picture : one.at("found").as_list()) {
      found.emplace_back();
      for (const Json& said : picture.as_list())
        found.back().push_back({box_of_corner(said), said.at(5).as_double(), said.at(4).as_int()});
    }
    const int64_t classes = one.at("classes").as_int();
    const CocoScores scores = coco_evaluation(truth, found, classes);
    const Json& stats = one.at("stats");
    const double ours[12] = {scores.map,          scores.map50,         scores.map75,
                             scores.map_small,    scores.map_medium,    scores.map_large,
                             scores.recall[0],    scores.recall[1],     scores.recall[2],
                             scores.recall_small, scores.recall_medium, scores.recall_large};
    for (size_t i = 0; i < 12; ++i) expect_same_score(ours[i], stats.at(i), name + " " + std::to_string(i));
    for (size_t label = 0; label < static_cast<size_t>(classes); ++label) {
      expect_same_score(scores.class_map[label], one.at("ap").at(label), name + " class");
      expect_same_score(scores.class_map50[label], one.at("ap50").at(label), name + " class at 0.5");
    }
    sum += std::isnan(scores.map) ? 0 : scores.map;
  }
  EXPECT_GT(sum, 5);  // or nothing was compared
}

TEST(CocoEvaluation, LeavesOutWhatIsNoNumber) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<std::vector<TruthBox>> truth{{{.box = {0, 0, 10, 10}}}};
  test::Told told;
  const CocoScores scores = coco_evaluation(
      truth, {{{{0, 0, 10, 10}, nan, 0}, {{0, 0, nan, 10}, 0.9, 0}, {{0, 0, 10, 10}, 0.5, 0}}}, 1);
  EXPECT_DOUBLE_EQ(scores.map, 1);
  EXPECT_NE(told.text().find("2 detections"), std::string::npos) << told.text();
}

TEST(CocoEvaluation, ThingsToIgnoreCountNeitherWay) {
  const std::vector<std::vector<TruthBox>> truth{
      {{.box = {0, 0, 10, 10}}, {.box = {50, 50, 80, 80}, .ignore = true}}};
  const CocoScores scores =
      coco_evaluation(truth, {{{{50, 50, 80, 80}, 0.9, 0}, {{0, 0, 10, 10}, 0.5, 0}}}, 1);
  EXPECT_DOUBLE_EQ(scores.map, 1);
}

TEST(CocoEvaluation, RefusesWhatDoesNotFit) {
  using test::message_of;
  const std::vector<std::vector<TruthBox>> none{{}};
  EXPECT_NE(message_of<InvalidArgument>([&] { coco_evaluation(none, {}, 1); }).find("of 0 pictures"),
            std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([&] {
              coco_evaluation(none, {{{{0, 0, 1, 1}, 1, 7}}}, 3);
            }).find("class 7"),
            std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([&] { coco_evaluation(none, {{}}, 0); }).find("no classes"),
            std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([&] {
              coco_evaluation(none, {{}}, 1, {.iou_thresholds = {1.5}});
            }).find("1.5"),
            std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([&] {
              coco_evaluation(none, {{}}, 1, {.most = {10, 1, 100}});
            }).find("ascending"),
            std::string::npos);
}

TEST(CocoEvaluation, NamesItsNumbers) {
  const CocoScores scores =
      coco_evaluation({{{.box = {0, 0, 10, 10}, .label = 1}}}, {{{{0, 0, 10, 10}, 0.5, 1}}}, 2);
  const auto items = scores.items({"cat", "dog"});
  EXPECT_EQ(items.front().first, "map50");
  EXPECT_EQ(items.back().first, "map50/dog");
  EXPECT_DOUBLE_EQ(items.back().second, 1);
}

}  // namespace
}  // namespace lamina::vision
