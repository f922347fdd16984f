// The three detectors on photographs: the faces that their reference implementations find, and what is no
// network.
#include "lamina/face/detector.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "lamina/base/error.h"
#include "lamina/base/json.h"
#include "lamina/data/csv.h"
#include "lamina/image/load_img.h"
#include "tests/support/golden.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

using face::Box;
using face::Detector;
using face::Face;

// The networks, by their names in tests/golden/face/detections.json.
const std::vector<std::pair<std::string, std::string>> kNetworks{
    {"ultraface", "models/ultraface-slim-320/version-slim-320_simplified.onnx"},
    {"landmark5", "models/face-detector-landmark5/face-slim-landmark5.onnx"},
    {"mtcnn", "models/face-api-tfjs/mtcnn.safetensors"}};

class FaceDetector : public ::testing::TestWithParam<size_t> {
 protected:
  void SetUp() override {
    network_ = shared_file(kNetworks[GetParam()].second);
    photos_ = shared_data("face_detection_dlib");
    if (network_.empty() || photos_.empty()) GTEST_SKIP() << "the networks and photographs are not here";
  }
  std::string network_, photos_;
};

// In two photographs, one of them wider than high, where the reference finds the same faces, boxes and
// points.
TEST_P(FaceDetector, FindsWhatTheReferenceFinds) {
  const Json golden = Json::parse(golden_text("face/detections.json"));
  const Detector detector = Detector::load(network_);
  for (const auto& [file, expected] : golden.at(kNetworks[GetParam()].first).as_object()) {
    SCOPED_TRACE(file);
    const std::vector<Face> faces = detector.detect(load_img(photos_ + "/" + file));
    ASSERT_EQ(faces.size(), expected.size());
    for (size_t i = 0; i < faces.size(); ++i) {
      const Json& one = expected.at(i);
      EXPECT_NEAR(faces[i].score, one.at("score").as_double(), 1e-4);
      const Box& box = faces[i].box;
      const double sides[] = {box.left, box.top, box.right, box.bottom};
      for (size_t k = 0; k < 4; ++k) EXPECT_NEAR(sides[k], one.at("box").at(k).as_double(), 0.05);
      ASSERT_EQ(faces[i].landmarks.has_value(), one.contains("landmarks"));
      if (!faces[i].landmarks) continue;
      for (size_t k = 0; k < 5; ++k) {
        EXPECT_NEAR((*faces[i].landmarks)[k].x, one.at("landmarks").at(2 * k).as_double(), 0.05);
        EXPECT_NEAR((*faces[i].landmarks)[k].y, one.at("landmarks").at(2 * k + 1).as_double(), 0.05);
      }
    }
  }
}

// Grey, tiny and long pictures, and such without a face.
TEST_P(FaceDetector, TakesPicturesOfAnyKind) {
  const Detector detector = Detector::load(network_, {.threshold = 0.9});
  for (const auto& [height, width, channels] :
       {std::tuple{1, 1, 3}, std::tuple{3, 900, 1}, std::tuple{900, 3, 3}, std::tuple{200, 300, 4}}) {
    Picture picture{height, width, channels, {}};
    picture.pixels.assign(static_cast<size_t>(height * width * channels), 127);
    EXPECT_TRUE(detector.detect(picture).empty());
  }
  EXPECT_THROW(detector.detect(Picture()), InvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(All, FaceDetector, ::testing::Values(0, 1, 2),
                         [](const auto& info) { return kNetworks[info.param].first; });

TEST(FaceDetectorFiles, SayWhatIsWrong) {
  const TemporaryFolder folder;
  EXPECT_THROW(Detector::load(folder / "none.onnx"), FileError);
  EXPECT_THROW(Detector::load(folder / "none.safetensors"), FileError);
  std::ofstream(folder / "text.onnx") << "no network";
  EXPECT_THROW(Detector::load(folder / "text.onnx"), FileError);
  for (const face::DetectorOptions& options :
       {face::DetectorOptions{.threshold = 1}, face::DetectorOptions{.threshold = std::nan("")},
        face::DetectorOptions{.overlap = 0}, face::DetectorOptions{.smallest = 3}})
    EXPECT_NE(
        message_of<InvalidArgument>([&] { Detector::load(folder / "x.onnx", options); }).find("received"),
        std::string::npos);
  const std::string digits = shared_file("models/mnist-cntk/mnist.onnx");
  if (digits.empty()) return;
  EXPECT_NE(message_of<FileError>([&] { Detector::load(digits); }).find("is no face detector"),
            std::string::npos);
}

}  // namespace
}  // namespace lamina::test
