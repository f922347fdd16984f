// The similarity transform by first principles, and the warp by it.
#include "lamina/face/alignment.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/base/json.h"
#include "tests/support/golden.h"

namespace lamina::test {
namespace {

using face::Point;
using face::Similarity;

const std::vector<Point> kPoints{{1, 2}, {4, 1}, {3, 5}, {-2, 0}, {7, 7}};

TEST(FaceAlignment, FindsTheTransformThatThereIs) {
  const Similarity there{0.6 * std::cos(0.4), 0.6 * std::sin(0.4), 12, -3};
  std::vector<Point> moved;
  for (const Point& point : kPoints) moved.push_back(there(point));
  const Similarity found = face::similarity_between(kPoints, moved);
  EXPECT_NEAR(found.a, there.a, 1e-12);
  EXPECT_NEAR(found.b, there.b, 1e-12);
  EXPECT_NEAR(found.dx, there.dx, 1e-11);
  EXPECT_NEAR(found.dy, there.dy, 1e-11);
  const Point back = found.inverse()(found({5, 6}));
  EXPECT_NEAR(back.x, 5, 1e-12);
  EXPECT_NEAR(back.y, 6, 1e-12);
}

// Of points that no transform brings together: nothing close by is nearer.
TEST(FaceAlignment, FindsTheNearest) {
  const std::vector<Point> to{{0, 1}, {2, 2}, {1, 4}, {-1, -1}, {3, 3.5}};
  const auto distance = [&](const Similarity& by) {
    double sum = 0;
    for (size_t i = 0; i < to.size(); ++i)
      sum += std::pow(by(kPoints[i]).x - to[i].x, 2) + std::pow(by(kPoints[i]).y - to[i].y, 2);
    return sum;
  };
  const Similarity best = face::similarity_between(kPoints, to);
  for (const double step : {-1e-3, 1e-3}) {
    EXPECT_GT(distance({best.a + step, best.b, best.dx, best.dy}), distance(best));
    EXPECT_GT(distance({best.a, best.b + step, best.dx, best.dy}), distance(best));
    EXPECT_GT(distance({best.a, best.b, best.dx + step, best.dy}), distance(best));
    EXPECT_GT(distance({best.a, best.b, best.dx, best.dy + step}), distance(best));
  }
}

// As the singular values of Umeyama's paper give it (tools/golden/faces.py), also where a mirror would be
// nearer.
TEST(FaceAlignment, IsUmeyamas) {
  const Json cases = Json::parse(golden_text("face/umeyama.json"));
  ASSERT_EQ(cases.size(), 4U);
  for (const Json& one : cases.as_list()) {
    const auto points = [&](const char* name) {
      std::vector<Point> all;
      for (size_t i = 0; i < one.at(name).size(); i += 2)
        all.push_back({one.at(name).at(i).as_double(), one.at(name).at(i + 1).as_double()});
      return all;
    };
    const Similarity found = face::similarity_between(points("from"), points("to"));
    EXPECT_NEAR(found.a, one.at("a").as_double(), 1e-12);
    EXPECT_NEAR(found.b, one.at("b").as_double(), 1e-12);
    EXPECT_NEAR(found.dx, one.at("dx").as_double(), 1e-11);
    EXPECT_NEAR(found.dy, one.at("dy").as_double(), 1e-11);
  }
}

TEST(FaceAlignment, RefusesPointsThatSayNothing) {
  EXPECT_THROW(face::similarity_between({{1, 1}}, {{1, 1}}), InvalidArgument);
  EXPECT_THROW(face::similarity_between({{1, 1}, {2, 2}}, {{1, 1}}), InvalidArgument);
  EXPECT_THROW(face::similarity_between({{1, 1}, {1, 1}}, {{1, 1}, {2, 1}}), InvalidArgument);
  EXPECT_THROW(face::similarity_between({{1, std::nan("")}, {1, 1}}, {{1, 1}, {2, 1}}), InvalidArgument);
  EXPECT_THROW((Similarity{0, 0, 1, 1}.inverse()), InvalidArgument);
}

// A face that lies as the template says comes out pixel by pixel; one at the border is black beyond it.
TEST(FaceAlignment, WarpsByPixels) {
  Picture picture{8, 8, 3, std::vector<uint8_t>(8 * 8 * 3)};
  for (size_t i = 0; i < picture.pixels.size(); ++i) picture.pixels[i] = static_cast<uint8_t>(i);
  face::Template shape{face::retail_template().landmarks, 8, 8};
  face::Landmarks there;
  for (size_t i = 0; i < there.size(); ++i) there[i] = {shape.landmarks[i].x * 8, shape.landmarks[i].y * 8};
  EXPECT_EQ(align(picture, there, shape).pixels, picture.pixels);
  for (Point& point : there) point.x -= 2;  // two columns to the left: the face begins beyond the border
  const Picture cut = align(picture, there, shape);
  for (size_t y = 0; y < 8; ++y) {
    for (size_t x = 0; x < 8; ++x)
      EXPECT_EQ(cut.pixels[(y * 8 + x) * 3], x < 2 ? 0 : picture.pixels[(y * 8 + x - 2) * 3]);
  }
  for (Point& point : there) point.x += 2.5;  // between two pixels: their mean
  EXPECT_NEAR(align(picture, there, shape).pixels[3 * 3],
              (picture.pixels[3 * 3] + picture.pixels[4 * 3]) / 2.0, 0.51);
  EXPECT_THROW(align(Picture{1, 1, 1, {0}}, there, shape), InvalidArgument);
}

// Made eight times smaller, black and white pixels become grey, and not one of the two.
TEST(FaceAlignment, SmoothsWhatItShrinks) {
  Picture picture{64, 64, 3, std::vector<uint8_t>(64 * 64 * 3)};
  for (size_t y = 0; y < 64; ++y) {
    for (size_t x = 0; x < 64; ++x) std::fill_n(&picture.pixels[(y * 64 + x) * 3], 3, (x + y) % 2 ? 255 : 0);
  }
  face::Template shape{face::retail_template().landmarks, 8, 8};
  face::Landmarks there;
  for (size_t i = 0; i < there.size(); ++i) there[i] = {shape.landmarks[i].x * 64, shape.landmarks[i].y * 64};
  for (const uint8_t value : align(picture, there, shape).pixels) EXPECT_NEAR(value, 127.5, 1);
}

TEST(FaceCrop, IsBlackBeyondTheBorder) {
  const Picture white{4, 4, 3, std::vector<uint8_t>(48, 255)};
  const Picture cut = face::crop(white, {-2, -2, 2, 2}, 4);
  for (size_t y = 0; y < 4; ++y) {
    for (size_t x = 0; x < 4; ++x) EXPECT_EQ(cut.pixels[(y * 4 + x) * 3], x < 2 || y < 2 ? 0 : 255);
  }
  EXPECT_EQ(face::crop(white, {9, 9, 9, 9}, 2).pixels, std::vector<uint8_t>(12));  // of no area, and outside
  EXPECT_THROW(face::crop(white, {0, 0, std::nan(""), 1}, 2), InvalidArgument);
  EXPECT_THROW(face::crop(white, {0, 0, 90000, 90000}, 2), InvalidArgument);
  EXPECT_THROW(face::crop({1, 1, 1, {0}}, {0, 0, 1, 1}, 2), InvalidArgument);
}

}  // namespace
}  // namespace lamina::test
