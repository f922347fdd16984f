// Samples of a detector's training: boxes that go with their pictures, the same for the same seed, and what
// cannot be drawn.
#include "lamina/vision/detection_batches.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/image/picture.h"
#include "lamina/vision/detail/augmented_sample.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina::vision {
namespace {

using test::message_of;

const DetectorInfo kFrame{.height = 64, .width = 64, .fill = 0};

// A white box on black.
Picture white_box(int height, int width, const Box& box) {
  Picture picture;
  picture.height = height;
  picture.width = width;
  picture.channels = 3;
  picture.pixels.assign(static_cast<size_t>(height) * static_cast<size_t>(width) * 3, 0);
  for (int y = static_cast<int>(box.top); y < static_cast<int>(box.bottom); ++y) {
    for (int x = static_cast<int>(box.left); x < static_cast<int>(box.right); ++x) {
      for (int c = 0; c < 3; ++c) picture.pixels[static_cast<size_t>((y * width + x) * 3 + c)] = 255;
    }
  }
  return picture;
}

AnnotatedImages some_pictures(const test::TemporaryFolder& folder, int count) {
  AnnotatedImages data{.class_names = {"box"}};
  for (int i = 0; i < count; ++i) {
    const Box box{10.0 + i, 8, 30.0 + i, 40};
    const std::string file = folder / (std::to_string(i) + ".png");
    write_file(file, encode_png(white_box(64, 64, box)));
    data.images.push_back({file, 64, 64, {{.box = box}}});
  }
  return data;
}

// A table without sizes, or with others: what does not fit the pictures is not learned without a word.
TEST(DetectionBatches, TellWhatPicturesContradict) {
  test::TemporaryFolder folder;
  AnnotatedImages data = some_pictures(folder, 2);
  test::Told told;
  DetectionBatches(data, kFrame);
  EXPECT_EQ(told.text(), "");
  data.images[0].width = data.images[0].height = 0;
  data.images[0].boxes.push_back({.box = {70, 10, 90, 40}});
  data.images[1].width = 128;
  const DetectionBatches batches(data, kFrame);
  EXPECT_TRUE(told.holds("1 boxes lie outside of their picture")) << told.text();
  EXPECT_TRUE(told.holds("128x64 and 64x64")) << told.text();
  EXPECT_EQ(batches.identity().at("boxes").as_int(), 2);
}

// However a picture is placed, what is inside of its box is white, and what is around it black.
TEST(DetectionBatches, BoxesGoWithTheirPictures) {
  const Box box{10, 6, 34, 30};
  const std::vector<detail::KeptPicture> pictures{{white_box(48, 64, box), {{.box = box}}}};
  int seen = 0;
  for (int64_t number = 0; number < 40; ++number) {
    detail::Draw draw(1, 0, number);
    std::vector<float> pixels(64 * 64 * 3);
    const auto boxes = detail::augmented_sample(
        pictures, 0, 64, 64, {.mosaic = 0.5, .flip_y = true, .light = 0}, true, 0, draw, pixels.data());
    double white = 0, inside = 0, area = 0;
    for (const float value : pixels) white += value / 3;
    for (const TruthBox& one : boxes) {
      ++seen;
      area += one.box.area();
      for (int y = 0; y < 64; ++y) {
        for (int x = 0; x < 64; ++x) {
          if (x + 0.5 > one.box.left && x + 0.5 < one.box.right && y + 0.5 > one.box.top &&
              y + 0.5 < one.box.bottom)
            inside += static_cast<double>(pixels[static_cast<size_t>((y * 64 + x) * 3)]);
        }
      }
    }
    if (boxes.empty()) continue;
    EXPECT_GT(inside / 255, 0.8 * area) << number;
    EXPECT_LT(white - inside, 255 * (0.35 * area + 120)) << number;
  }
  EXPECT_GT(seen, 40);
}

TEST(DetectionBatches, AreTheSameForTheSameSeed) {
  test::TemporaryFolder folder;
  const AnnotatedImages data = some_pictures(folder, 5);
  const auto pass = [&](int epoch, uint64_t seed, int64_t first) {
    DetectionBatches batches(data, kFrame, {.batch_size = 2});
    batches.begin(epoch, seed, first);
    std::vector<float> all;
    Batch batch;
    while (batches.next(batch)) {
      for (const Tensor& tensor : {batch.x[0], batch.y[0]}) {
        const auto values = tensor.to_vector<float>();
        all.insert(all.end(), values.begin(), values.end());
      }
    }
    return all;
  };
  const auto first = pass(0, 7, 0);
  EXPECT_EQ(first, pass(0, 7, 0));
  EXPECT_NE(first, pass(1, 7, 0));
  EXPECT_NE(first, pass(0, 8, 0));
  const auto rest = pass(0, 7, 1);  // a training that goes on amid an epoch
  EXPECT_TRUE(std::equal(rest.rbegin(), rest.rend(), first.rbegin()));
}

TEST(DetectionBatches, WithoutChangesAreTheFramesOfADetector) {
  test::TemporaryFolder folder;
  const AnnotatedImages data = some_pictures(folder, 3);
  DetectionBatches batches(data, kFrame, {.batch_size = 2, .augment = false});
  EXPECT_EQ(batches.steps(), 2);
  EXPECT_EQ(batches.samples(), 3);
  batches.begin(0, 0);
  Batch batch;
  ASSERT_TRUE(batches.next(batch));
  EXPECT_EQ(batch.x[0].shape(), Shape({2, 64, 64, 3}));
  EXPECT_EQ(batch.y[0].to_vector<float>(), (std::vector<float>{0, 10, 8, 30, 40, 0, 11, 8, 31, 40}));
  ASSERT_TRUE(batches.next(batch));
  EXPECT_FALSE(batches.next(batch));
}

TEST(DetectionBatches, RefuseWhatCannotBeDrawn) {
  test::TemporaryFolder folder;
  const AnnotatedImages data = some_pictures(folder, 1);
  EXPECT_NE(message_of<InvalidArgument>([&] { DetectionBatches({}, kFrame); }).find("no pictures"),
            std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([&] {
              DetectionBatches(data, kFrame, {.batch_size = 0});
            }).find("batch_size"),
            std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([&] {
              DetectionBatches(data, kFrame, {.smallest = 2, .largest = 1});
            }).find("scales"),
            std::string::npos);
  EXPECT_NE(
      message_of<InvalidArgument>([&] { DetectionBatches(data, kFrame, {.mosaic = 1.5}); }).find("shares"),
      std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([&] {
              DetectionBatches(data, {.height = 64, .width = 64, .bgr = true});
            }).find("channels last"),
            std::string::npos);
  AnnotatedImages gone = data;
  gone.images[0].file = folder / "gone.png";
  EXPECT_NE(message_of<FileError>([&] { DetectionBatches(gone, kFrame); }).find("gone.png"),
            std::string::npos);
}

}  // namespace
}  // namespace lamina::vision
