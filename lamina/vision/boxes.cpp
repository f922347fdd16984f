// Overlap of boxes, and greedy suppression.
#include "lamina/vision/boxes.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lamina/base/error.h"

namespace lamina::vision {
namespace {

double common_area(const Box& a, const Box& b) {
  const double width = std::min(a.right, b.right) - std::max(a.left, b.left);
  const double height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}

double overlap_of(const Box& a, const Box& b, Overlap overlap) {
  if (overlap == Overlap::kUnion) return iou(a, b);
  const double smaller = std::min(a.area(), b.area());
  return smaller > 0 ? common_area(a, b) / smaller : 0;
}

// Places in order of falling scores, of equal ones the first first, of which each is kept that no kept one covers; `most` of them.
template <class Score, class Covers>
std::vector<size_t> kept_of(std::vector<size_t> places, size_t most, Score score, Covers covers) {
  std::stable_sort(places.begin(), places.end(), [&](size_t a, size_t b) { return score(a) > score(b); });
  std::vector<size_t> kept;
  for (const size_t place : places) {
    if (kept.size() == most) break;
    if (std::none_of(kept.begin(), kept.end(), [&](size_t other) { return covers(other, place); }))
      kept.push_back(place);
  }
  return kept;
}

void require_share(double value, const char* name) {
  if (!(value >= 0 && value <= 1))
    throw InvalidArgument(std::string("suppression of boxes: ") + name + " is " + std::to_string(value) +
                          "; a number from 0 to 1 was expected");
}

}  // namespace

bool Box::valid() const {
  return std::isfinite(left) && std::isfinite(top) && std::isfinite(right) && std::isfinite(bottom) &&
         right > left && bottom > top;
}

double iou(const Box& a, const Box& b) {
  const double common = common_area(a, b);
  const double whole = a.area() + b.area() - common;
  return whole > 0 ? common / whole : 0;
}

double giou(const Box& a, const Box& b) {
  const Box around{std::min(a.left, b.left), std::min(a.top, b.top), std::max(a.right, b.right),
                   std::max(a.bottom, b.bottom)};
  const double whole = a.area() + b.area() - common_area(a, b);
  return around.area() > 0 ? iou(a, b) - (around.area() - whole) / around.area() : iou(a, b);
}

Box clipped(const Box& box, double width, double height) {
  return {std::clamp(box.left, 0.0, width), std::clamp(box.top, 0.0, height),
          std::clamp(box.right, 0.0, width), std::clamp(box.bottom, 0.0, height)};
}

std::vector<size_t> non_max_suppression(const std::vector<Box>& boxes, const std::vector<double>& scores,
                                        double iou_threshold, Overlap overlap) {
  require_share(iou_threshold, "iou_threshold");
  if (boxes.size() != scores.size())
    throw InvalidArgument("suppression of boxes: " + std::to_string(boxes.size()) + " boxes came with " +
                          std::to_string(scores.size()) + " scores; one for each was expected");
  std::vector<size_t> order;
  for (size_t i = 0; i < boxes.size(); ++i) {
    const Box& box = boxes[i];
    if (std::isfinite(scores[i]) && std::isfinite(box.left + box.top + box.right + box.bottom))
      order.push_back(i);
  }
  return kept_of(
      std::move(order), boxes.size(), [&](size_t i) { return scores[i]; },
      [&](size_t other, size_t i) { return overlap_of(boxes[other], boxes[i], overlap) > iou_threshold; });
}

std::vector<Detection> suppressed(const std::vector<Detection>& detections,
                                  const SuppressionOptions& options) {
  require_share(options.score_threshold, "score_threshold");
  require_share(options.iou_threshold, "iou_threshold");
  if (options.most < 1)
    throw InvalidArgument("suppression of boxes: most is " + std::to_string(options.most) +
                          "; at least 1 was expected");
  std::vector<size_t> order;
  for (size_t i = 0; i < detections.size(); ++i) {
    const Detection& one = detections[i];
    if (std::isfinite(one.score) && one.score >= options.score_threshold && one.box.valid())
      order.push_back(i);
  }
  std::vector<Detection> kept;
  for (const size_t place : kept_of(
           std::move(order), static_cast<size_t>(options.most), [&](size_t i) { return detections[i].score; },
           [&](size_t other, size_t i) {
             return (!options.by_class || detections[other].label == detections[i].label) &&
                    iou(detections[other].box, detections[i].box) > options.iou_threshold;
           }))
    kept.push_back(detections[place]);
  return kept;
}

}  // namespace lamina::vision
