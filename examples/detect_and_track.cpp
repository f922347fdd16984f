// What is where, and where it goes: a detector learns bright squares from drawn pictures, then two of them
// cross a street.
//
// usage: example_detect_and_track [MODEL FOLDER]     a detector (.keras, NanoDet or FastestDet as .onnx) and
// a folder of frames Prints for each frame the things in it with the numbers of their tracks, and at the end
// how many went over the middle. Writes detected.png: the last frame with its boxes.
//
// CI: DATA/../models/fastestdet-coco/FastestDet.onnx DATA/driving_trapedesveh/test
#include <lamina/lamina.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

using namespace lamina;

namespace {

constexpr int kSide = 64, kSquare = 16;

// Bright squares, whose upper left corners are given, on dark ground.
Picture drawn(const std::vector<std::pair<int, int>>& corners) {
  Picture picture;
  picture.height = picture.width = kSide;
  picture.channels = 3;
  picture.pixels.assign(kSide * kSide * 3, 40);
  for (const auto& corner : corners) {
    for (int y = std::max(corner.second, 0); y < std::min(corner.second + kSquare, kSide); ++y) {
      for (int x = std::max(corner.first, 0); x < std::min(corner.first + kSquare, kSide); ++x)
        std::fill_n(picture.pixels.begin() + (y * kSide + x) * 3, 3, 220);
    }
  }
  return picture;
}

// A network that has seen squares at places drawn by the seed.
vision::Detector learned(bool quick) {
  constexpr int64_t kPictures = 64;
  std::vector<float> pixels, targets;
  const std::vector<float> places = random_uniform(random_key(1), {kPictures, 2}, 0).to_vector<float>();
  for (int64_t i = 0; i < kPictures; ++i) {
    const int x = static_cast<int>(places[i * 2] * (kSide - kSquare)),
              y = static_cast<int>(places[i * 2 + 1] * (kSide - kSquare));
    for (const uint8_t byte : drawn({{x, y}}).pixels) pixels.push_back(byte);
    for (const int value : {0, x, y, x + kSquare, y + kSquare}) targets.push_back(static_cast<float>(value));
  }
  Model model =
      vision::detection_network({"square"}, {.height = kSide, .width = kSide, .filters = 8, .seed = 1});
  model.compile({.optimizer = Adam(3e-3), .loss = vision::DetectionLoss({.height = kSide, .width = kSide})});
  model.fit(Tensor::from(pixels, {kPictures, kSide, kSide, 3}), Tensor::from(targets, {kPictures, 1, 5}),
            {.epochs = quick ? 2 : 60, .batch_size = 8, .verbose = 2});
  return vision::Detector(model);
}

// Two squares that pass each other, one to the right and one to the left.
std::vector<Picture> street() {
  std::vector<Picture> frames;
  for (int t = 0; t < 16; ++t) frames.push_back(drawn({{3 * t, 6}, {kSide - kSquare - 3 * t, 40}}));
  return frames;
}

std::vector<Picture> read_frames(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (is_image_name(entry.path().string())) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  std::vector<Picture> frames;
  for (const std::string& file : files) frames.push_back(load_img(file));
  return frames;
}

}  // namespace

int main(int argc, char** argv) {
  const bool quick = std::getenv("LAMINA_EXAMPLE_QUICK") != nullptr;
  const vision::Detector detector = argc > 2 ? vision::Detector::load(argv[1]) : learned(quick);
  const std::vector<Picture> frames = argc > 2 ? read_frames(argv[2]) : street();
  if (frames.empty()) {
    std::puts("there are no frames");
    return 1;
  }
  vision::Tracker tracker({.sure = 0.3});
  const double middle = frames[0].width / 2.0;
  vision::LineCounter counter({middle, 0, middle, static_cast<double>(frames[0].height)});
  std::vector<vision::Detection> last;
  for (size_t t = 0; t < frames.size(); ++t) {
    const auto things = tracker.next(detector.detect(frames[t], {.score_threshold = 0.1}));
    counter.next(things);
    std::printf("frame %zu:", t);
    last.clear();
    for (const vision::Tracked& one : things) {
      const char* name = detector.class_names()[static_cast<size_t>(one.detection.label)].c_str();
      std::printf("  #%lld %s at %.0f,%.0f", static_cast<long long>(one.id), name, one.detection.box.left,
                  one.detection.box.top);
      last.push_back(one.detection);
    }
    std::puts("");
  }
  std::printf("over the middle: %lld one way, %lld the other\n", static_cast<long long>(counter.to_right()),
              static_cast<long long>(counter.to_left()));
  write_file("detected.png",
             encode_png(vision::draw_boxes(frames.back(), vision::labelled(last, detector.class_names()))));
  return 0;
}
