// Detectors from pixels to boxes: published ones beside ONNX Runtime (tools/golden/detectors.py), frames,
// what a file says of its detector, and what is none.
#include "lamina/vision/detector.h"

#include <gtest/gtest.h>

#include <limits>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/image/load_img.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/ops/binary.h"
#include "lamina/vision/detail/detector_head.h"
#include "lamina/vision/detection_network.h"
#include "lamina/vision/pretrained_detector.h"
#include "tests/support/golden.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina::vision {
namespace {

using test::message_of;

Picture grey_picture(int height, int width, uint8_t value) {
  Picture picture;
  picture.height = height;
  picture.width = width;
  picture.pixels.assign(static_cast<size_t>(height) * static_cast<size_t>(width), value);
  return picture;
}

TEST(Detector, FindsWhatOnnxRuntimeFinds) {
  const Json cases = Json::parse(test::golden_text("vision/detectors.json"), "detectors.json");
  ASSERT_EQ(cases.size(), 4u);
  for (const Json& one : cases.as_list()) {
    const std::string model = test::shared_file(one.at("model").as_string()),
                      image = test::shared_file(one.at("image").as_string());
    if (model.empty() || image.empty()) GTEST_SKIP() << "needs shared models and data";
    const auto found = Detector::load(model).detect(load_img(image), {.score_threshold = 0.25});
    const Json& expected = one.at("detections");
    ASSERT_EQ(found.size(), expected.size()) << model;
    EXPECT_GT(found.size(), 1u);
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].label, expected.at(i).at(0).as_int()) << model << " " << i;
      EXPECT_NEAR(found[i].score, expected.at(i).at(1).as_double(), 1e-3) << model << " " << i;
      const double sides[4] = {found[i].box.left, found[i].box.top, found[i].box.right, found[i].box.bottom};
      for (size_t side = 0; side < 4; ++side)
        EXPECT_NEAR(sides[side], expected.at(i).at(2 + side).as_double(), 0.05) << model << " " << i;
    }
  }
}

TEST(Detector, ReadsNamesBesideAModel) {
  const std::string model = test::shared_file("models/nanodet-m-coco/nanodet_m.onnx");
  if (model.empty()) GTEST_SKIP() << "needs shared models";
  EXPECT_EQ(Detector::load(model).class_names().at(2), "car");
  test::TemporaryFolder folder;
  write_file(folder / "alone.onnx", read_file(model));
  {
    test::Told told;
    EXPECT_EQ(Detector::load(folder / "alone.onnx").class_names().at(79), "class 79");
    EXPECT_TRUE(told.holds("does not name its classes")) << told.text();
  }
  write_file(folder / "few.txt", "a\nb\n");
  EXPECT_NE(message_of<InvalidArgument>([&] {
              Detector::load(folder / "alone.onnx", folder / "few.txt");
            }).find("80 classes"),
            std::string::npos);
  write_file(folder / "few.txt", "\n");
  EXPECT_NE(message_of<FileError>([&] {
              Detector::load(folder / "alone.onnx", folder / "few.txt");
            }).find("names no classes"),
            std::string::npos);
}

TEST(Detector, FramesKeepProportionsAndBoxes) {
  const Framed frame = framed(grey_picture(20, 40, 200), 64, 64, true, 114);
  EXPECT_EQ(frame.picture.channels, 3);
  EXPECT_EQ(frame.picture.height, 64);
  EXPECT_EQ(frame.picture.pixels[0], 114);
  EXPECT_EQ(frame.picture.pixels[(32 * 64 + 5) * 3], 200);
  const Box box{3, 4, 30, 18};
  const Box inside = frame.to_frame(box);
  EXPECT_NEAR(inside.top, 16 + 4 * 1.6, 1e-9);
  const Box back = frame.to_picture(inside);
  EXPECT_NEAR(back.left, box.left, 1e-9);
  EXPECT_NEAR(back.bottom, box.bottom, 1e-9);
  EXPECT_DOUBLE_EQ(framed(grey_picture(20, 40, 1), 64, 64, false).scale_y, 3.2);
  EXPECT_EQ(framed(grey_picture(1, 5000, 1), 32, 32, true).picture.height, 32);
  EXPECT_NE(message_of<InvalidArgument>([] { framed(grey_picture(0, 4, 1), 32, 32, true); }).find("0x4"),
            std::string::npos);
}

TEST(Detector, TakesPicturesOfAnySize) {
  const Detector detector(
      detection_network({"a", "b"}, {.height = 32, .width = 64, .filters = 4, .seed = 3}));
  const SuppressionOptions all{.score_threshold = 0, .most = 1000};
  const std::vector<Picture> pictures{grey_picture(30, 60, 9), grey_picture(100, 20, 200),
                                      grey_picture(1, 1, 0)};
  const auto together = detector.detect(pictures, all);
  for (size_t i = 0; i < pictures.size(); ++i) {
    const auto alone = detector.detect(pictures[i], all);
    ASSERT_EQ(alone.size(), together[i].size());
    EXPECT_FALSE(alone.empty());
    for (size_t k = 0; k < alone.size(); ++k) {
      EXPECT_NEAR(alone[k].score, together[i][k].score, 1e-5);
      EXPECT_GE(alone[k].box.left, 0);
      EXPECT_LE(alone[k].box.right, pictures[i].width);
      EXPECT_LE(alone[k].box.bottom, pictures[i].height);
    }
  }
  EXPECT_TRUE(detector.detect(std::vector<Picture>{}).empty());
}

TEST(Detector, ItsFileSaysAllThereIsToKnow) {
  test::TemporaryFolder folder;
  const Model model = detection_network({"a", "b"}, {.height = 32, .width = 64, .filters = 4, .seed = 3});
  model.save(folder / "m.keras");
  const Detector before(model), after = Detector::load(folder / "m.keras");
  EXPECT_EQ(after.info(), before.info());
  EXPECT_EQ(after.class_names(), (std::vector<std::string>{"a", "b"}));
  const SuppressionOptions all{.score_threshold = 0.005};
  const auto one = before.detect(grey_picture(32, 64, 90), all),
             other = after.detect(grey_picture(32, 64, 90), all);
  ASSERT_EQ(one.size(), other.size());
  for (size_t i = 0; i < one.size(); ++i) EXPECT_EQ(one[i].box, other[i].box);
}

// Before it has learned anything, the new network says of its classes what the published one said of theirs.
TEST(Detector, GoesOnFromAPublishedOne) {
  const std::string path = test::shared_file("models/nanodet-m-coco/nanodet_m.onnx"),
                    image = test::shared_data("driving_trapedesveh/train/01.jpg");
  if (path.empty() || image.empty()) GTEST_SKIP() << "needs shared models and data";
  const Detector old = Detector::load(path);
  test::Told told;
  const Model model = pretrained_detector(old, {"car", "walker", "gnome"}, {{"walker", "person"}}, 1);
  EXPECT_TRUE(told.holds("no class 'gnome'")) << told.text();
  test::TemporaryFolder folder;
  model.save(folder / "m.keras");
  const Detector fresh = Detector::load(folder / "m.keras");
  const auto before = old.detect(load_img(image), {.score_threshold = 0.3}),
             after = fresh.detect(load_img(image), {.score_threshold = 0.3});
  size_t k = 0;
  for (const Detection& one : before) {
    if (one.label != 0 && one.label != 2) continue;
    ASSERT_LT(k, after.size());
    EXPECT_EQ(after[k].label, one.label == 2 ? 0 : 1);
    EXPECT_NEAR(after[k].score, one.score, 1e-3);
    EXPECT_NEAR(after[k].box.left, one.box.left, 0.1);
    ++k;
  }
  EXPECT_EQ(k, after.size());
  EXPECT_GT(k, 1u);
  EXPECT_NE(message_of<InvalidArgument>([&] {
              pretrained_detector(old, {"a"}, {{"a", "carr"}}, 1);
            }).find("did you mean 'car'"),
            std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([&] {
              pretrained_detector(fresh, {"car"}, {}, 1);
            }).find("head 'nanodet' was expected"),
            std::string::npos);
}

TEST(Detector, RefusesWhatIsNone) {
  Sequential plain({Input({8}), Dense(2)});
  EXPECT_NE(message_of<InvalidArgument>([&] { Detector detector(plain); }).find("is not known to detect"),
            std::string::npos);
  Model model = detection_network({"a"}, {.height = 32, .width = 32, .filters = 4});
  const Json good = detector_info(model, "m")->to_json();
  for (const auto& [key, value] : {std::pair<std::string, Json>{"version", 2},
                                   {"head", "denes"},
                                   {"height", 0},
                                   {"width", 100000},
                                   {"bins", 1},
                                   {"strides", Json::list({7})},
                                   {"strides", Json::list()},
                                   {"deviation", Json::list({1, 0, 1})},
                                   {"bgr", "yes"}}) {
    Json wrong = good;
    wrong[key] = value;
    EXPECT_NE(message_of<FileError>([&] {
                DetectorInfo::from_json(wrong, "m.keras");
              }).find("m.keras: section 'detection'"),
              std::string::npos)
        << key;
  }
  DetectorInfo other = *detector_info(model, "m");
  other.bins = 4;
  set_detector_info(model, other, {"a"});
  EXPECT_NE(message_of<InvalidArgument>([&] { Detector detector(model); }).find("tells 17 classes apart"),
            std::string::npos);
  other = {.head = "nanodet", .height = 32, .width = 32};
  set_detector_info(model, other, {"a"});
  EXPECT_NE(message_of<InvalidArgument>([&] { Detector detector(model); }).find("not of such a one"),
            std::string::npos);
}

TEST(Detector, SaysWhereItsWeightsAreNoNumbers) {
  Model model = detection_network({"a"}, {.height = 32, .width = 32, .filters = 4});
  std::vector<Tensor> weights = model.get_weights();
  for (Tensor& weight : weights) weight = weight * std::numeric_limits<double>::quiet_NaN();
  model.set_weights(weights);
  EXPECT_NE(
      message_of<Error>([&] { Detector(model).detect(grey_picture(32, 32, 1)); }).find("a score is NaN"),
      std::string::npos);
}

// One place of a level whose distances are put by hand: stride 8, place (2, 1), 1 left, 2 up, 3 right, 0
// down.
TEST(Detector, DecodesDistances) {
  std::vector<float> scores(16, -20), distances(16 * 16, -30);
  const size_t place = 1 * 4 + 2;
  scores[place] = 0;  // a half
  const int bins[4] = {1, 2, 3, 0};
  for (size_t side = 0; side < 4; ++side)
    distances[place * 16 + side * 4 + static_cast<size_t>(bins[side])] = 30;
  std::vector<Detection> found;
  detail::decode_distances({8, 4, 4, 1, 4, scores.data(), distances.data(), 1, 16, true}, 0.3, found);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_DOUBLE_EQ(found[0].score, 0.5);
  EXPECT_NEAR(found[0].box.left, 20 - 8, 1e-6);
  EXPECT_NEAR(found[0].box.top, 12 - 16, 1e-6);
  EXPECT_NEAR(found[0].box.right, 20 + 24, 1e-6);
  EXPECT_NEAR(found[0].box.bottom, 12, 1e-6);
}

}  // namespace
}  // namespace lamina::vision
