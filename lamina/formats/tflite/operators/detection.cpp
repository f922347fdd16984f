// Boxes of detectors: NON_MAX_SUPPRESSION_V4 and V5, and TFLite_Detection_PostProcess. They look at values.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "lamina/formats/tflite/operators/call.h"

namespace lamina::tflite {
namespace {

struct Box {
  float top, left, bottom, right;
};

float overlap(const Box& a, const Box& b) {
  const auto area = [](const Box& box) { return (box.bottom - box.top) * (box.right - box.left); };
  if (area(a) <= 0 || area(b) <= 0) return 0;
  const float height = std::max(std::min(a.bottom, b.bottom) - std::max(a.top, b.top), 0.0F);
  const float width = std::max(std::min(a.right, b.right) - std::max(a.left, b.left), 0.0F);
  return height * width / (area(a) + area(b) - height * width);
}

std::vector<Box> boxes_of(const std::vector<float>& numbers) {
  std::vector<Box> boxes;
  for (size_t i = 0; i + 3 < numbers.size(); i += 4) {
    boxes.push_back({std::min(numbers[i], numbers[i + 2]), std::min(numbers[i + 1], numbers[i + 3]),
                     std::max(numbers[i], numbers[i + 2]), std::max(numbers[i + 1], numbers[i + 3])});
  }
  return boxes;
}

// Hard suppression, or, with sigma above 0, scores that fall with the overlap.
template <bool soft>
std::vector<Value> suppress(Call& call) {
  const std::vector<Box> boxes = boxes_of(onnx::numbers(call[0]));
  const std::vector<float> scores = onnx::numbers(call[1]);
  if (boxes.size() != scores.size()) call.fail("has other numbers of boxes and scores");
  const int64_t most = call.known_integer(2);
  if (most < 0 || most > (1 << 24)) call.fail(fmt::format("gives {} boxes", most));
  const auto threshold = static_cast<float>(call.known_number(3)),
             least = static_cast<float>(call.known_number(4));
  const float sigma = soft ? static_cast<float>(call.known_number(5)) : 0;
  struct Candidate {
    int64_t box;
    float score;
    size_t begin;  // the kept boxes before this one have had their effect
  };
  std::vector<Candidate> heap;
  const auto worse = [](const Candidate& a, const Candidate& b) {
    return a.score < b.score || (a.score == b.score && a.box > b.box);
  };
  for (size_t i = 0; i < scores.size(); ++i) {
    if (scores[i] > least) heap.push_back({static_cast<int64_t>(i), scores[i], 0});
  }
  std::make_heap(heap.begin(), heap.end(), worse);
  std::vector<int64_t> kept;
  std::vector<float> kept_scores;
  const float factor = sigma > 0 ? -0.5F / sigma : 0;
  while (!heap.empty() && static_cast<int64_t>(kept.size()) < most) {
    std::pop_heap(heap.begin(), heap.end(), worse);
    Candidate next = heap.back();
    heap.pop_back();
    const float before = next.score;
    bool dropped = false;
    for (size_t k = kept.size(); k-- > next.begin;) {
      const float common = overlap(boxes[static_cast<size_t>(next.box)], boxes[static_cast<size_t>(kept[k])]);
      if (common >= threshold && (sigma <= 0 || common > threshold)) {
        dropped = true;
        break;
      }
      if (sigma > 0) next.score *= std::exp(factor * common * common);
      if (next.score <= least) break;
    }
    next.begin = kept.size();
    if (dropped) continue;
    if (next.score == before) {
      kept.push_back(next.box);
      kept_scores.push_back(next.score);
    } else if (next.score > least) {
      heap.push_back(next);
      std::push_heap(heap.begin(), heap.end(), worse);
    }
  }
  const auto count = static_cast<int64_t>(kept.size());
  kept.resize(static_cast<size_t>(most), 0);
  kept_scores.resize(static_cast<size_t>(most), 0);
  const Tensor places = Tensor::from(kept, {most}), number = Tensor::from<int64_t>({count}, Shape{});
  if (!soft) return {output(call, places, 0), output(call, number, 1)};
  return {output(call, places, 0), output(call, Tensor::from(kept_scores, {most}), 1),
          output(call, number, 2)};
}

std::vector<float> reals(const Call& call, size_t i) {
  std::vector<float> values = onnx::numbers(call[i]);
  if (quantized(call, i)) {
    const Quantization q = input_quantization(call, i);
    for (float& value : values) value = q.scale() * (value - static_cast<float>(q.zero()));
  }
  return values;
}

// Offsets from anchors become boxes, and each class keeps those of its highest scores that do not overlap.
std::vector<Value> post_process(Call& call) {
  const int64_t most = option(call, "max_detections"), each = option(call, "max_classes_per_detection"),
                classes = option(call, "num_classes");
  const float least = number_option(call, "nms_score_threshold"),
              threshold = number_option(call, "nms_iou_threshold");
  const float scales[4] = {number_option(call, "y_scale"), number_option(call, "x_scale"),
                           number_option(call, "h_scale"), number_option(call, "w_scale")};
  const bool regular = option(call, "use_regular_nms") != 0;
  const int64_t per_class = option(call, "detections_per_class", 100);
  call.ignore({"_output_quantized", "_support_output_type_float_in_quantized_op", "_output_types"});
  const Shape &boxes_shape = call[0].shape(), &scores_shape = call[1].shape();
  if (boxes_shape.rank() != 3 || boxes_shape[0] != 1 || boxes_shape[2] < 4 || scores_shape.rank() != 3 ||
      scores_shape[1] != boxes_shape[1] || call[2].shape() != Shape{boxes_shape[1], 4} || classes < 1 ||
      scores_shape[2] < classes || scores_shape[2] > classes + 1)
    call.fail("its boxes, scores and anchors do not fit");
  if (most < 0 || most > (1 << 20) || each < 1 || each > classes || per_class < 1)
    call.fail("its numbers of detections cannot be");
  const std::vector<float> codes = reals(call, 0), scores = reals(call, 1), anchors = reals(call, 2);
  const auto count = static_cast<size_t>(boxes_shape[1]), width = static_cast<size_t>(boxes_shape[2]),
             columns = static_cast<size_t>(scores_shape[2]);
  const size_t offset = columns - static_cast<size_t>(classes);  // of a class for the background
  std::vector<Box> boxes;
  for (size_t i = 0; i < count; ++i) {
    const float *code = &codes[i * width], *anchor = &anchors[i * 4];
    const float y = code[0] / scales[0] * anchor[2] + anchor[0],
                x = code[1] / scales[1] * anchor[3] + anchor[1];
    const float h = 0.5F * std::exp(code[2] / scales[2]) * anchor[2],
                w = 0.5F * std::exp(code[3] / scales[3]) * anchor[3];
    boxes.push_back({y - h, x - w, y + h, x + w});
  }
  const auto suppressed = [&](const std::vector<float>& score, int64_t limit) {
    std::vector<size_t> order, kept;
    for (size_t i = 0; i < count; ++i) {
      if (score[i] >= least) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return score[a] > score[b]; });
    for (const size_t i : order) {
      if (static_cast<int64_t>(kept.size()) >= limit) break;
      if (std::none_of(kept.begin(), kept.end(),
                       [&](size_t other) { return overlap(boxes[i], boxes[other]) > threshold; }))
        kept.push_back(i);
    }
    return kept;
  };
  struct Found {
    size_t box;
    int64_t kind;
    float score;
  };
  std::vector<Found> found;
  if (regular) {
    for (int64_t kind = 0; kind < classes; ++kind) {
      std::vector<float> score;
      for (size_t i = 0; i < count; ++i)
        score.push_back(scores[i * columns + offset + static_cast<size_t>(kind)]);
      for (const size_t i : suppressed(score, per_class)) found.push_back({i, kind, score[i]});
      std::stable_sort(found.begin(), found.end(),
                       [](const Found& a, const Found& b) { return a.score > b.score; });
      if (static_cast<int64_t>(found.size()) > most) found.resize(static_cast<size_t>(most));
    }
  } else {
    std::vector<float> best;
    std::vector<std::vector<int64_t>> kinds;
    for (size_t i = 0; i < count; ++i) {
      const float* row = &scores[i * columns + offset];
      std::vector<int64_t> order(static_cast<size_t>(classes));
      std::iota(order.begin(), order.end(), 0);
      std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return row[a] > row[b]; });
      order.resize(static_cast<size_t>(each));
      best.push_back(row[order[0]]);
      kinds.push_back(order);
    }
    for (const size_t i : suppressed(best, most)) {
      for (const int64_t kind : kinds[i])
        found.push_back({i, kind, scores[i * columns + offset + static_cast<size_t>(kind)]});
    }
  }
  const int64_t rows = most * (regular ? 1 : each);
  std::vector<float> corners(static_cast<size_t>(rows) * 4, 0), numbers(static_cast<size_t>(rows), 0),
      values(static_cast<size_t>(rows), 0);
  for (size_t i = 0; i < std::min(found.size(), static_cast<size_t>(rows)); ++i) {
    const Box& box = boxes[found[i].box];
    const std::array<float, 4> four{box.top, box.left, box.bottom, box.right};
    std::copy(four.begin(), four.end(), corners.begin() + static_cast<std::ptrdiff_t>(i) * 4);
    numbers[i] = static_cast<float>(found[i].kind);
    values[i] = found[i].score;
  }
  return {output(call, Tensor::from(corners, {1, rows, 4}), 0),
          output(call, Tensor::from(numbers, {1, rows}), 1), output(call, Tensor::from(values, {1, rows}), 2),
          output(call, Tensor::from<float>({static_cast<float>(found.size())}, Shape{1}), 3)};
}

const bool kDetectionRegistered[] = {builtin<suppress<false>>("NON_MAX_SUPPRESSION_V4"),
                            builtin<suppress<true>>("NON_MAX_SUPPRESSION_V5"),
                            custom<post_process>("TFLite_Detection_PostProcess")};

}  // namespace
}  // namespace lamina::tflite
