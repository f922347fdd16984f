// Overlap of boxes, and non-maximum suppression.
#include "lamina/face/detail/boxes.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lamina::face {
namespace {

bool finite_box(const Box& box) {
  return std::isfinite(box.left) && std::isfinite(box.top) && std::isfinite(box.right) &&
         std::isfinite(box.bottom);
}

double area_of(const Box& box) { return std::max(0.0, box.width()) * std::max(0.0, box.height()); }

double shared_area(const Box& a, const Box& b) {
  const double width = std::min(a.right, b.right) - std::max(a.left, b.left),
               height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  return std::max(0.0, width) * std::max(0.0, height);
}

double overlap_of(const Box& a, const Box& b, detail::Overlap overlap) {
  const double shared = shared_area(a, b), first = area_of(a), second = area_of(b),
               against =
                   overlap == detail::Overlap::kUnion ? first + second - shared : std::min(first, second);
  return shared > 0 ? shared / against : 0;
}

}  // namespace

double iou(const Box& a, const Box& b) {
  return finite_box(a) && finite_box(b) ? overlap_of(a, b, detail::Overlap::kUnion) : 0;
}

std::vector<size_t> detail::non_max_suppression(const std::vector<Box>& boxes,
                                                const std::vector<double>& scores, double threshold,
                                                Overlap overlap) {
  std::vector<size_t> order(boxes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::erase_if(order, [&](size_t i) {
    return !std::isfinite(scores[i]) || !finite_box(boxes[i]) || !(area_of(boxes[i]) > 0);
  });
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  std::vector<size_t> kept;
  for (const size_t i : order) {
    const bool covered = std::any_of(kept.begin(), kept.end(), [&](size_t better) {
      return overlap_of(boxes[better], boxes[i], overlap) > threshold;
    });
    if (!covered) kept.push_back(i);
  }
  return kept;
}

std::vector<Face> detail::best_faces(const std::vector<Face>& faces, double threshold, Overlap overlap) {
  std::vector<Box> boxes;
  std::vector<double> scores;
  for (const Face& face : faces) {
    boxes.push_back(face.box);
    scores.push_back(face.score);
  }
  std::vector<Face> best;
  for (const size_t i : non_max_suppression(boxes, scores, threshold, overlap)) best.push_back(faces[i]);
  return best;
}

}  // namespace lamina::face
