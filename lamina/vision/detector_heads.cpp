// The heads whose outputs can be read: NanoDet's, our own, FastestDet's.
#include <algorithm>
#include <cmath>

#include "lamina/vision/detail/detector_head.h"

namespace lamina::vision::detail {
namespace {

double sigmoid_of(double x) { return 1 / (1 + std::exp(-x)); }

// The mean of a distribution whose logits are given.
double expected_bin(const float* logits, int64_t bins) {
  const double largest = *std::max_element(logits, logits + bins);
  double sum = 0, weighted = 0;
  for (int64_t i = 0; i < bins; ++i) {
    const double share = std::exp(logits[i] - largest);
    sum += share;
    weighted += share * static_cast<double>(i);
  }
  return weighted / sum;
}

// NanoDet: scores of each level, then distances of each level (https://github.com/RangiLyu/nanodet).
int64_t nanodet_classes(const DetectorInfo& info, const std::vector<Shape>& outputs) {
  const size_t levels = info.strides.size();
  if (outputs.size() != 2 * levels) return 0;
  for (size_t i = 0; i < levels; ++i) {
    const int64_t places = (info.height / info.strides[i]) * (info.width / info.strides[i]);
    for (const Shape& shape : {outputs[i], outputs[levels + i]}) {
      if (shape.rank() != 3 || shape[1] != places) return 0;
    }
    if (outputs[i][2] != outputs[0][2] || outputs[levels + i][2] != 4 * info.bins) return 0;
  }
  return outputs[0][2];
}

std::optional<DetectorInfo> recognise_nanodet(const Shape& input, const std::vector<Shape>& outputs) {
  if (input.rank() != 4 || input[1] != 3 || outputs.size() != 6 || outputs[3].rank() != 3)
    return std::nullopt;
  DetectorInfo info{.head = "nanodet",
                    .height = input[2],
                    .width = input[3],
                    .bgr = true,
                    .channels_first = true,
                    .mean = {103.53, 116.28, 123.675},
                    .deviation = {57.375, 57.12, 58.395},
                    .letterbox = false};
  info.bins = outputs[3][2] / 4;
  if (info.bins < 2 || nanodet_classes(info, outputs) == 0) return std::nullopt;
  return info;
}

std::vector<Detection> decode_nanodet(const HeadOutput& said) {
  std::vector<Detection> detections;
  const DetectorInfo& info = said.info;
  const size_t levels = info.strides.size();
  for (size_t i = 0; i < levels; ++i) {
    const int64_t classes = said.outputs[i].shape()[2];
    DistanceLevel level{info.strides[i], info.height / info.strides[i], info.width / info.strides[i], classes,
                        info.bins};
    const int64_t places = level.rows * level.columns;
    level.scores = said.outputs[i].data<float>() + said.sample * places * classes;
    level.distances = said.outputs[levels + i].data<float>() + said.sample * places * 4 * info.bins;
    level.score_step = classes;
    level.distance_step = 4 * info.bins;
    decode_distances(level, said.threshold, detections);
  }
  return detections;
}

// Our own: for each place of all levels the logits of classes, then those of distances.
int64_t dense_classes(const DetectorInfo& info, const std::vector<Shape>& outputs) {
  if (outputs.size() != 1 || outputs[0].rank() != 3 || outputs[0][1] != info.places()) return 0;
  return std::max<int64_t>(outputs[0][2] - 4 * info.bins, 0);
}

std::vector<Detection> decode_dense(const HeadOutput& said) {
  std::vector<Detection> detections;
  const DetectorInfo& info = said.info;
  const int64_t numbers = said.outputs[0].shape()[2];
  const float* values = said.outputs[0].data<float>() + said.sample * info.places() * numbers;
  for (const int64_t stride : info.strides) {
    const int64_t classes = numbers - 4 * info.bins;
    DistanceLevel level{stride, info.height / stride, info.width / stride, classes, info.bins};
    level.scores = values;
    level.distances = values + classes;
    level.score_step = level.distance_step = numbers;
    level.logits = true;
    decode_distances(level, said.threshold, detections);
    values += level.rows * level.columns * numbers;
  }
  return detections;
}

// FastestDet: (batch, 1 + 4 + classes, rows, columns) of one level
// (https://github.com/dog-qiuqiu/FastestDet).
int64_t fastestdet_classes(const DetectorInfo&, const std::vector<Shape>& outputs) {
  return outputs.size() == 1 && outputs[0].rank() == 4 ? std::max<int64_t>(outputs[0][1] - 5, 0) : 0;
}

std::optional<DetectorInfo> recognise_fastestdet(const Shape& input, const std::vector<Shape>& outputs) {
  if (input.rank() != 4 || input[1] != 3 || outputs.size() != 1 || outputs[0].rank() != 4 ||
      outputs[0][1] < 6 || outputs[0][2] < 1 || outputs[0][3] < 1 || input[2] != 16 * outputs[0][2] ||
      input[3] != 16 * outputs[0][3])
    return std::nullopt;
  return DetectorInfo{.head = "fastestdet",
                      .height = input[2],
                      .width = input[3],
                      .bgr = true,
                      .channels_first = true,
                      .deviation = {255, 255, 255},
                      .letterbox = false,
                      .strides = {16},
                      .bins = 2};
}

std::vector<Detection> decode_fastestdet(const HeadOutput& said) {
  std::vector<Detection> detections;
  const Shape& shape = said.outputs[0].shape();
  const int64_t rows = shape[2], columns = shape[3], places = rows * columns, classes = shape[1] - 5;
  const float* values = said.outputs[0].data<float>() + said.sample * shape[1] * places;
  const double height = static_cast<double>(said.info.height), width = static_cast<double>(said.info.width);
  for (int64_t place = 0; place < places; ++place) {
    const auto at = [&](int64_t channel) { return static_cast<double>(values[channel * places + place]); };
    const double x =
        (std::tanh(at(1)) + static_cast<double>(place % columns)) / static_cast<double>(columns) * width;
    const double y =
        (std::tanh(at(2)) + static_cast<double>(place / columns)) / static_cast<double>(rows) * height;
    const double half_width = sigmoid_of(at(3)) * width / 2, half_height = sigmoid_of(at(4)) * height / 2;
    const double there = std::pow(at(0), 0.6);
    for (int64_t label = 0; label < classes; ++label) {
      const double score = there * std::pow(at(5 + label), 0.4);
      if (score < said.threshold) continue;
      detections.push_back(
          {{x - half_width, y - half_height, x + half_width, y + half_height}, score, label});
    }
  }
  return detections;
}

const bool heads_known =
    register_detector_head({"nanodet", recognise_nanodet, nanodet_classes, decode_nanodet}) &&
    register_detector_head({"dense", nullptr, dense_classes, decode_dense}) &&
    register_detector_head({"fastestdet", recognise_fastestdet, fastestdet_classes, decode_fastestdet});

}  // namespace

void decode_distances(const DistanceLevel& level, double threshold, std::vector<Detection>& detections) {
  const double stride = static_cast<double>(level.stride);
  // Of logits: sigmoid(x) >= threshold where x is at least this.
  const double least = !level.logits    ? threshold
                       : threshold <= 0 ? -1e30
                       : threshold >= 1 ? 1e30
                                        : std::log(threshold / (1 - threshold));
  for (int64_t place = 0; place < level.rows * level.columns; ++place) {
    const float* const scores = level.scores + place * level.score_step;
    bool has_box = false;
    Box box;
    for (int64_t label = 0; label < level.classes; ++label) {
      if (scores[label] < least) continue;  // what is no number goes on
      if (!has_box) {
        const float* const logits = level.distances + place * level.distance_step;
        const double x = (static_cast<double>(place % level.columns) + 0.5) * stride;
        const double y = (static_cast<double>(place / level.columns) + 0.5) * stride;
        double sides[4];
        for (int64_t side = 0; side < 4; ++side)
          sides[side] = expected_bin(logits + side * level.bins, level.bins) * stride;
        box = {x - sides[0], y - sides[1], x + sides[2], y + sides[3]};
        has_box = true;
      }
      detections.push_back({box, level.logits ? sigmoid_of(scores[label]) : scores[label], label});
    }
  }
}

}  // namespace lamina::vision::detail
