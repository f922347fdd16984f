// Overlap of boxes by hand, greedy suppression beside its definition, and boxes that are none.
#include "lamina/vision/boxes.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "lamina/base/error.h"
#include "tests/support/temporary_folder.h"

namespace lamina::vision {
namespace {

const double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(Boxes, OverlapIsWhatAPencilSays) {
  const Box a{0, 0, 10, 10}, b{5, 0, 15, 10}, far{20, 0, 30, 10};
  EXPECT_DOUBLE_EQ(iou(a, a), 1);
  EXPECT_DOUBLE_EQ(iou(a, b), 50.0 / 150);
  EXPECT_DOUBLE_EQ(iou(a, far), 0);
  EXPECT_DOUBLE_EQ(giou(a, b), 50.0 / 150);  // the box around both is covered
  EXPECT_DOUBLE_EQ(giou(a, far), -100.0 / 300);
  const Box point{3, 3, 3, 3};
  EXPECT_DOUBLE_EQ(iou(point, point), 0);
  EXPECT_DOUBLE_EQ(giou(point, point), 0);
  EXPECT_FALSE(point.valid());
  EXPECT_FALSE((Box{0, 0, kNan, 1}.valid()));
  EXPECT_FALSE((Box{5, 0, 1, 1}.valid()));
  EXPECT_EQ(clipped({-5, 2, 50, 8}, 20, 6), (Box{0, 2, 20, 6}));
}

TEST(Boxes, SuppressionKeepsTheSurest) {
  const std::vector<Box> boxes{{0, 0, 10, 10}, {1, 0, 11, 10}, {30, 30, 40, 40}, {0, 0, 10, 10}};
  EXPECT_EQ(non_max_suppression(boxes, {0.8, 0.9, 0.1, 0.8}, 0.5), (std::vector<size_t>{1, 2}));
  EXPECT_EQ(non_max_suppression(boxes, {0.8, 0.9, 0.1, 0.8}, 1), (std::vector<size_t>{1, 0, 3, 2}));
  // Exactly as much as the threshold is not more.
  EXPECT_EQ(non_max_suppression({{0, 0, 10, 10}, {0, 0, 10, 5}}, {0.9, 0.8}, 0.5),
            (std::vector<size_t>{0, 1}));
  EXPECT_EQ(non_max_suppression(boxes, {kNan, 0.9, kNan, kNan}, 0.5), (std::vector<size_t>{1}));
  EXPECT_TRUE(non_max_suppression({}, {}, 0.5).empty());
}

// None of the kept overlap, and each that is not kept is overlapped by a surer one that is.
TEST(Boxes, SuppressionIsGreedy) {
  std::mt19937 draw(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<Box> boxes;
    std::vector<double> scores;
    for (int i = 0; i < 60; ++i) {
      const double x = draw() % 40, y = draw() % 40;
      boxes.push_back({x, y, x + 5 + draw() % 20, y + 5 + draw() % 20});
      scores.push_back(static_cast<double>(draw() % 10) / 10);
    }
    const std::vector<size_t> kept = non_max_suppression(boxes, scores, 0.4);
    std::vector<bool> is_kept(boxes.size());
    for (const size_t place : kept) is_kept[place] = true;
    for (size_t i = 0; i < boxes.size(); ++i) {
      bool covered = false;
      for (const size_t other : kept) {
        const bool surer = scores[other] > scores[i] || (scores[other] == scores[i] && other < i);
        covered = covered || (other != i && surer && iou(boxes[other], boxes[i]) > 0.4);
      }
      EXPECT_EQ(covered, !is_kept[i]) << "round " << round << " box " << i;
    }
  }
}

TEST(Boxes, ClassesLeaveEachOtherAlone) {
  const std::vector<Detection> all{{{0, 0, 10, 10}, 0.9, 0}, {{0, 0, 10, 10}, 0.8, 1},
                                   {{0, 0, 10, 10}, 0.7, 0}, {{5, 5, 5, 9}, 0.95, 0},
                                   {{0, 0, 9, 9}, kNan, 0},  {{0, 0, 1, 1}, 0.01, 0}};
  EXPECT_EQ(suppressed(all).size(), 2u);
  EXPECT_EQ(suppressed(all, {.by_class = false}).size(), 1u);
  EXPECT_EQ(suppressed(all, {.most = 1}).size(), 1u);
  EXPECT_EQ(suppressed(all, {.score_threshold = 0.001}).size(), 3u);
}

TEST(Boxes, RefuseOptionsOutOfRange) {
  using test::message_of;
  EXPECT_NE(
      message_of<InvalidArgument>([] { non_max_suppression({}, {}, 1.5); }).find("iou_threshold is 1.5"),
      std::string::npos);
  EXPECT_NE(
      message_of<InvalidArgument>([] { non_max_suppression({{}}, {}, 0.5); }).find("1 boxes came with 0"),
      std::string::npos);
  EXPECT_NE(
      message_of<InvalidArgument>([] { suppressed({}, {.score_threshold = kNan}); }).find("score_threshold"),
      std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([] { suppressed({}, {.most = 0}); }).find("most is 0"),
            std::string::npos);
}

}  // namespace
}  // namespace lamina::vision
