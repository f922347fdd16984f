// NonMaxSuppression: the boxes of the highest scores that do not overlap; how many there are follows from
// numbers.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lamina/formats/onnx/operator.h"

namespace lamina::onnx {
namespace {

// Lower and upper corners.
struct Box {
  float top, left, bottom, right;
  float area() const { return (bottom - top) * (right - left); }
};

Box box_of(const float* numbers, bool centred) {
  if (centred) {
    const float x = numbers[0], y = numbers[1], width = numbers[2] / 2, height = numbers[3] / 2;
    return {y - height, x - width, y + height, x + width};
  }
  return {std::min(numbers[0], numbers[2]), std::min(numbers[1], numbers[3]),
          std::max(numbers[0], numbers[2]), std::max(numbers[1], numbers[3])};
}

bool overlap(const Box& a, const Box& b, float threshold) {
  const float width = std::min(a.right, b.right) - std::max(a.left, b.left);
  const float height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  if (!(width > 0) || !(height > 0)) return false;
  const float common = width * height, all = a.area() + b.area() - common;
  return a.area() > 0 && b.area() > 0 && all > 0 && common / all > threshold;
}

std::vector<Value> suppress(Call& call) {
  const bool centred = call.integer("center_point_box", 0) != 0;
  const Shape boxes_shape = call[0].shape(), scores_shape = call[1].shape();
  if (boxes_shape.rank() != 3 || scores_shape.rank() != 3 || boxes_shape[2] != 4 ||
      boxes_shape[0] != scores_shape[0] || boxes_shape[1] != scores_shape[2]) {
    call.fail(
        fmt::format("boxes of shape {} and scores of {} do not fit", boxes_shape.str(), scores_shape.str()));
  }
  const int64_t most = call.has(2) && call[2].size() > 0 ? call.known_integer(2) : 0;
  const auto threshold = call.has(3) && call[3].size() > 0 ? static_cast<float>(call.known_number(3)) : 0.F;
  const bool has_least = call.has(4) && call[4].size() > 0;
  const float least = has_least ? static_cast<float>(call.known_number(4)) : 0.F;
  const std::vector<float> boxes = numbers(call[0]), scores = numbers(call[1]);
  const int64_t batch = boxes_shape[0], count = boxes_shape[1], classes = scores_shape[1];
  std::vector<int64_t> selected;
  for (int64_t image = 0; image < batch; ++image) {
    for (int64_t each = 0; each < classes; ++each) {
      const float* score = scores.data() + (image * classes + each) * count;
      std::vector<int64_t> order;
      for (int64_t i = 0; i < count; ++i) {
        if (score[i] == score[i] && (!has_least || score[i] > least)) order.push_back(i);
      }
      std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return score[a] > score[b]; });
      std::vector<Box> kept;
      for (const int64_t i : order) {
        if (static_cast<int64_t>(kept.size()) >= most) break;
        const Box box = box_of(boxes.data() + (image * count + i) * 4, centred);
        if (std::any_of(kept.begin(), kept.end(),
                        [&](const Box& other) { return overlap(box, other, threshold); }))
          continue;
        kept.push_back(box);
        selected.insert(selected.end(), {image, each, i});
      }
    }
  }
  return {Value(Tensor::from(selected, {selected.size() / 3, 3}))};
}

const bool kNonMaxSuppressionRegistered = register_operator("NonMaxSuppression", 10, suppress);

}  // namespace
}  // namespace lamina::onnx
