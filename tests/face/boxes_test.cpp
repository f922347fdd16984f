// Overlap and suppression of boxes, also of such as no network should give.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lamina/face/detail/boxes.h"
#include "lamina/face/detector.h"

namespace lamina::test {
namespace {

using face::Box;
using face::Face;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(FaceBoxes, OverlapIsSharedAreaOverBoth) {
  EXPECT_DOUBLE_EQ(face::iou({0, 0, 2, 2}, {1, 0, 3, 2}), 1.0 / 3);
  EXPECT_DOUBLE_EQ(face::iou({0, 0, 2, 2}, {0, 0, 2, 2}), 1);
  EXPECT_DOUBLE_EQ(face::iou({0, 0, 1, 1}, {1, 0, 2, 1}), 0);
  EXPECT_DOUBLE_EQ(face::iou({0, 0, 0, 0}, {0, 0, 0, 0}), 0);
  EXPECT_DOUBLE_EQ(face::iou({2, 2, 0, 0}, {0, 0, 2, 2}), 0);
  EXPECT_DOUBLE_EQ(face::iou({kNan, 0, 2, 2}, {0, 0, 2, 2}), 0);
}

TEST(FaceBoxes, SuppressionKeepsTheSurest) {
  const std::vector<Box> boxes{{0, 0, 10, 10}, {1, 0, 11, 10}, {20, 0, 30, 10}, {22, 2, 24, 4}};
  EXPECT_EQ(vision::non_max_suppression(boxes, {0.8, 0.9, 0.7, 0.6}, 0.3),
            (std::vector<size_t>{1, 2, 3}));
  // A small box inside of another overlaps it little by union, and fully by the smaller one.
  EXPECT_EQ(
      vision::non_max_suppression(boxes, {0.8, 0.9, 0.7, 0.6}, 0.3, vision::Overlap::kSmaller),
      (std::vector<size_t>{1, 2}));
  // Equal scores: the first.
  EXPECT_EQ(vision::non_max_suppression(boxes, {0.5, 0.5, 0.5, 0.5}, 0.3),
            (std::vector<size_t>{0, 2, 3}));
}

TEST(FaceBoxes, WhatIsNoBoxIsNoFace) {
  const std::vector<Face> faces{{{0, 0, 10, 10}, 0.5}, {{kNan, 0, 1, 1}, 0.9},   {{5, 5, 5, 9}, 0.9},
                                {{0, 0, INFINITY, 10}, 0.9}, {{50, 0, 60, 10}, kNan}, {{9, 9, 1, 1}, 0.9}};
  const std::vector<Face> best = face::detail::best_faces(faces, 0.3);
  ASSERT_EQ(best.size(), 1u);
  EXPECT_EQ(best[0].box, faces[0].box);
  EXPECT_TRUE(face::detail::best_faces({}, 0.3).empty());
}

TEST(FaceBoxes, DetectionsAreCountedOnce) {
  face::DetectionScore score;
  const std::vector<Box> there{{0, 0, 10, 10}, {20, 0, 30, 10}};
  add_detections(score, {{{0, 0, 10, 10}, 0.9}, {{1, 0, 10, 10}, 0.8}, {{40, 0, 50, 10}, 0.7}}, there);
  EXPECT_EQ(score.found, 1);
  EXPECT_EQ(score.there, 2);
  EXPECT_EQ(score.told, 3);
  EXPECT_DOUBLE_EQ(score.recall(), 0.5);
  EXPECT_DOUBLE_EQ(score.precision(), 1.0 / 3);
  EXPECT_EQ(face::DetectionScore().recall(), 0);
}

}  // namespace
}  // namespace lamina::test
