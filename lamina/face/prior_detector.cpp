// Networks that tell, for each of some thousand prior boxes, whether it holds a face and how the face lies to
// it.
#include <algorithm>
#include <array>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/face/detail/boxes.h"
#include "lamina/face/detail/networks.h"
#include "lamina/formats/onnx/onnx.h"
#include "lamina/image/detail/resample.h"

namespace lamina::face {
namespace {

// Middle and size, as shares of the picture's sides.
struct PriorBox {
  float x, y, width, height;
};

// One for each place of four maps and each side of a face there, in pixels.
std::vector<PriorBox> prior_boxes(int64_t height, int64_t width) {
  const std::vector<std::pair<int64_t, std::vector<float>>> maps{
      {8, {10, 16, 24}}, {16, {32, 48}}, {32, {64, 96}}, {64, {128, 192, 256}}};
  std::vector<PriorBox> priors;
  const auto w = static_cast<float>(width), h = static_cast<float>(height);
  for (const auto& map : maps) {
    const int64_t stride = map.first;
    for (int64_t row = 0; row < (height + stride - 1) / stride; ++row) {
      for (int64_t column = 0; column < (width + stride - 1) / stride; ++column) {
        const float x = (static_cast<float>(column) + 0.5F) * static_cast<float>(stride),
                    y = (static_cast<float>(row) + 0.5F) * static_cast<float>(stride);
        for (const float side : map.second) priors.push_back({x / w, y / h, side / w, side / h});
      }
    }
  }
  return priors;
}

// How colours come to the network.
struct ColourScale {
  bool bgr;
  std::array<float, 3> mean;  // in the network's order
  float scale;
};

constexpr ColourScale kOfUltraFace{false, {127, 127, 127}, 1 / 128.0F},
    kOfRetinaFace{true, {104, 117, 123}, 1};

class PriorDetector final : public Detector::Network {
 public:
  PriorDetector(const std::string& path, const DetectorOptions& options)
      : model_(load_onnx(path)), options_(options) {
    const auto refuse = [&](const std::string& what) {
      throw FileError(
          "'" + path + "': is no face detector that is known: " + what +
          "; expected an input (1, 3, height, width) and outputs (1, n, 4), (1, n, 2) and maybe (1, n, 10)");
    };
    if (model_.input_names().size() != 1)
      refuse("it has " + std::to_string(model_.input_names().size()) + " inputs");
    const Shape& input = model_.input_shape();
    if (input.rank() != 4 || input[1] != 3 || input[2] < 1 || input[3] < 1)
      refuse("its input is " + input.str());
    height_ = static_cast<int>(input[2]);
    width_ = static_cast<int>(input[3]);
    if (height_ > 4096 || width_ > 4096) refuse("its input is " + input.str() + ", beyond 4096 pixels");
    priors_ = prior_boxes(height_, width_);
    const Tensors outputs = ask(std::vector<float>(static_cast<size_t>(3 * height_ * width_)));
    if (outputs.size() != 2 && outputs.size() != 3)
      refuse("it has " + std::to_string(outputs.size()) + " outputs");
    const auto n = static_cast<int64_t>(priors_.size());
    for (size_t i = 0; i < outputs.size(); ++i) {
      const Shape& shape = outputs[i].shape();
      if (shape.rank() != 3 || shape[0] != 1 || shape[1] != n)
        refuse("an output is " + shape.str() + " where " + std::to_string(n) + " prior boxes are");
      (shape[2] == 4    ? boxes_
       : shape[2] == 2  ? scores_
       : shape[2] == 10 ? points_
                        : refused_) = static_cast<int>(i);
    }
    if (boxes_ < 0 || scores_ < 0 || refused_ >= 0 || (outputs.size() == 3) != (points_ >= 0))
      refuse("its outputs are not boxes, scores and points");
  }

  bool gives_landmarks() const override { return points_ >= 0; }

  std::vector<Face> detect(const Picture& picture) const override {
    // The picture keeps its proportions and lies in the upper left corner; the rest is black.
    const double scale =
        std::min(static_cast<double>(width_) / picture.width, static_cast<double>(height_) / picture.height);
    const int width = std::clamp(static_cast<int>(std::lround(picture.width * scale)), 1, width_),
              height = std::clamp(static_cast<int>(std::lround(picture.height * scale)), 1, height_);
    const Picture small =
        lamina::detail::resample(picture, {0, 0, picture.height, picture.width}, height, width, "bilinear");
    const Tensors outputs = ask(planes(small));
    const double across = static_cast<double>(picture.width) / width * width_,
                 down = static_cast<double>(picture.height) / height * height_;
    std::vector<Face> faces;
    const std::vector<float> scores = outputs[scores_].to_vector<float>(),
                             boxes = outputs[boxes_].to_vector<float>();
    const std::vector<float> points =
        points_ < 0 ? std::vector<float>() : outputs[points_].to_vector<float>();
    for (size_t i = 0; i < priors_.size(); ++i) {
      const double score = scores[2 * i + 1];
      if (!(score > options_.threshold)) continue;
      const PriorBox& prior = priors_[i];
      const float* const t = &boxes[4 * i];
      const double x = prior.x + 0.1 * t[0] * prior.width, y = prior.y + 0.1 * t[1] * prior.height,
                   half_width = prior.width * std::exp(0.2 * t[2]) / 2,
                   half_height = prior.height * std::exp(0.2 * t[3]) / 2;
      Face face{{(x - half_width) * across, (y - half_height) * down, (x + half_width) * across,
                 (y + half_height) * down},
                score};
      if (points_ >= 0) {
        Landmarks landmarks;
        for (size_t k = 0; k < landmarks.size(); ++k) {
          landmarks[k] = {(prior.x + 0.1 * points[10 * i + 2 * k] * prior.width) * across,
                          (prior.y + 0.1 * points[10 * i + 2 * k + 1] * prior.height) * down};
        }
        face.landmarks = landmarks;
      }
      faces.push_back(face);
    }
    return detail::best_faces(faces, options_.overlap);
  }

 private:
  Tensors ask(std::vector<float> planes) const {
    return model_.outputs_on_batch(Tensor::from(planes, {1, 3, height_, width_}));
  }

  std::vector<float> planes(const Picture& picture) const {
    const ColourScale& colours = points_ < 0 ? kOfUltraFace : kOfRetinaFace;
    const auto across = static_cast<size_t>(width_), plane = across * static_cast<size_t>(height_);
    std::vector<float> values(3 * plane);
    for (size_t channel = 0; channel < 3; ++channel) {
      const size_t from = colours.bgr ? 2 - channel : channel;
      float* const to = &values[channel * plane];
      const float mean = colours.mean[channel];
      std::fill_n(to, plane, -mean * colours.scale);
      for (size_t row = 0; row < static_cast<size_t>(picture.height); ++row) {
        const uint8_t* const pixels = &picture.pixels[row * static_cast<size_t>(picture.width) * 3];
        for (size_t column = 0; column < static_cast<size_t>(picture.width); ++column)
          to[row * across + column] = (static_cast<float>(pixels[3 * column + from]) - mean) * colours.scale;
      }
    }
    return values;
  }

  mutable Model model_;
  DetectorOptions options_;
  int height_ = 0, width_ = 0;
  int boxes_ = -1, scores_ = -1, points_ = -1, refused_ = -1;  // places among the outputs
  std::vector<PriorBox> priors_;
};

}  // namespace

std::shared_ptr<const Detector::Network> detail::prior_detector(const std::string& path,
                                                                const DetectorOptions& options) {
  return std::make_shared<PriorDetector>(path, options);
}

}  // namespace lamina::face
