// COCO's greedy matching: the surest detection chooses first, and things that are to be ignored last.
#include "lamina/vision/detail/coco_matching.h"

#include <algorithm>
#include <numeric>

namespace lamina::vision::detail {

double coco_overlap(const Detection& detection, const TruthBox& thing) {
  const Box& a = detection.box;
  const Box& b = thing.box;
  const double width = std::min(a.right, b.right) - std::max(a.left, b.left);
  const double height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const double common = width * height;
  return common / (thing.crowd ? a.area() : a.area() + b.area() - common);
}

Matches match_detections(const std::vector<TruthBox>& things, const std::vector<Detection>& detections,
                         const std::vector<std::vector<double>>& overlaps, const AreaRange& range,
                         const std::vector<double>& iou_thresholds) {
  const auto outside = [&](double area) { return area < range.least || area > range.most; };
  std::vector<char> ignored_thing(things.size());
  for (size_t i = 0; i < things.size(); ++i) {
    const double area = things[i].area < 0 ? things[i].box.area() : things[i].area;
    ignored_thing[i] = things[i].ignore || things[i].crowd || outside(area);
  }
  std::vector<size_t> order(things.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return ignored_thing[a] < ignored_thing[b]; });
  Matches result;
  result.things = std::count(ignored_thing.begin(), ignored_thing.end(), 0);
  for (const Detection& one : detections) result.scores.push_back(one.score);
  for (const double threshold : iou_thresholds) {
    std::vector<char> found(detections.size()), ignored(detections.size()), taken(things.size());
    for (size_t d = 0; d < detections.size(); ++d) {
      double best = std::min(threshold, 1 - 1e-10);
      const size_t none = things.size();
      size_t match = none;
      for (const size_t thing : order) {
        if (taken[thing] && !things[thing].crowd) continue;
        // Whoever has found a thing that counts does not look among those that do not.
        if (match != none && !ignored_thing[match] && ignored_thing[thing]) break;
        if (overlaps[d][thing] < best) continue;
        best = overlaps[d][thing];
        match = thing;
      }
      if (match == none) {
        ignored[d] = outside(detections[d].box.area());
        continue;
      }
      taken[match] = 1;
      found[d] = 1;
      ignored[d] = ignored_thing[match];
    }
    result.found.push_back(std::move(found));
    result.ignored.push_back(std::move(ignored));
  }
  return result;
}

}  // namespace lamina::vision::detail
