// DetectionLoss, as ops: it is part of the compiled training step.
#include "lamina/vision/detection_loss.h"

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/core/grad.h"
#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/crossentropy.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/one_hot.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/top_k.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"

namespace lamina::vision {
namespace {

constexpr double kTiny = 1e-9;
// A thing smaller than the step between places may hold none of them: the nearest ones count as inside.
constexpr double kLeastReach = 0.75;

Tensor column(const Tensor& x, int64_t number) { return x[{ellipsis, Slice{number, number + 1}}]; }

Tensor as_float(const Tensor& condition) { return cast(condition, DType::kFloat32); }

// Overlap of boxes whose four sides are given, each broadcast against the other.
struct Sides {
  Tensor left, top, right, bottom;
};

struct Overlaps {
  Tensor iou, giou;
};

Overlaps overlaps_of(const Sides& a, const Sides& b) {
  const auto area = [](const Sides& box) { return relu(box.right - box.left) * relu(box.bottom - box.top); };
  const Tensor common = relu(minimum(a.right, b.right) - maximum(a.left, b.left)) *
                        relu(minimum(a.bottom, b.bottom) - maximum(a.top, b.top));
  const Tensor whole = area(a) + area(b) - common + kTiny;
  const Tensor around = (maximum(a.right, b.right) - minimum(a.left, b.left)) *
                            (maximum(a.bottom, b.bottom) - minimum(a.top, b.top)) +
                        kTiny;
  const Tensor iou = common / whole;
  return {iou, iou - (around - whole) / around};
}

Sides columns_of(const Tensor& boxes) {
  return {column(boxes, 0), column(boxes, 1), column(boxes, 2), column(boxes, 3)};
}

// What the places of a batch are to learn.
struct Assignment {
  Tensor quality;  // (batch, places, classes): what the scores are to reach
  Tensor boxes;    // (batch, places, 4): 0 for places that no box has taken
  Tensor weight;   // (batch, places, 1): the largest quality of each
};

}  // namespace

DetectionLoss::DetectionLoss(DetectionLossOptions options) : options_(std::move(options)) {
  const auto require = [](bool holds, const std::string& what) {
    if (!holds) throw InvalidArgument("DetectionLoss: " + what);
  };
  require(options_.classes >= 1 && options_.candidates >= 1, "classes and candidates have to be at least 1");
  require(options_.bins >= 2, "bins has to be at least 2");
  require(options_.height >= 1 && options_.width >= 1 && !options_.strides.empty(),
          "height, width and strides are needed");
  for (const int64_t stride : options_.strides) {
    require(stride >= 1 && options_.height % stride == 0 && options_.width % stride == 0,
            "the stride " + std::to_string(stride) + " does not divide pictures of " +
                std::to_string(options_.height) + "x" + std::to_string(options_.width));
  }
  for (const double number : {options_.alpha, options_.beta, options_.gamma, options_.class_weight,
                              options_.box_weight, options_.distance_weight})
    require(std::isfinite(number) && number >= 0, "powers and weights have to be numbers of at least 0");
}

Json DetectionLoss::config() const {
  Json strides = Json::list();
  for (const int64_t stride : options_.strides) strides.push_back(stride);
  return Json::object({{"classes", options_.classes},
                       {"height", options_.height},
                       {"width", options_.width},
                       {"strides", strides},
                       {"bins", options_.bins},
                       {"candidates", options_.candidates},
                       {"alpha", options_.alpha},
                       {"beta", options_.beta},
                       {"gamma", options_.gamma},
                       {"class_weight", options_.class_weight},
                       {"box_weight", options_.box_weight},
                       {"distance_weight", options_.distance_weight}});
}

Tensor DetectionLoss::centres() const {
  std::vector<float> numbers;
  for (const int64_t stride : options_.strides) {
    for (int64_t row = 0; row < options_.height / stride; ++row) {
      for (int64_t place = 0; place < options_.width / stride; ++place) {
        numbers.push_back((static_cast<float>(place) + 0.5f) * static_cast<float>(stride));
        numbers.push_back((static_cast<float>(row) + 0.5f) * static_cast<float>(stride));
      }
    }
  }
  return Tensor::from(numbers, {static_cast<int64_t>(numbers.size() / 2), 2});
}

Tensor DetectionLoss::strides() const {
  std::vector<float> numbers;
  for (const int64_t stride : options_.strides)
    numbers.insert(numbers.end(), static_cast<size_t>((options_.height / stride) * (options_.width / stride)),
                   static_cast<float>(stride));
  return Tensor::from(numbers, {static_cast<int64_t>(numbers.size()), 1});
}

namespace {

// By the network as it is: nothing here has a gradient.
Assignment assign(const DetectionLossOptions& options, const Tensor& y_true, const Tensor& scores,
                  const Tensor& boxes, const Tensor& centres, const Tensor& strides) {
  const int64_t batch = y_true.shape()[0], most = y_true.shape()[1], places = boxes.shape()[1];
  const Tensor labels = reshape(column(y_true, 0), {batch, most});
  const Tensor there = reshape(as_float(labels >= 0), {batch, most, 1});
  const Tensor classes =
      one_hot(cast(maximum(labels, 0.0), DType::kInt32), options.classes);  // (batch, most, classes)
  const Sides truth = columns_of(y_true[{ellipsis, Slice{1, 5}}]);          // each (batch, most, 1)
  const auto as_rows = [&](const Tensor& x) { return reshape(x, {x.shape()[0], 1, places}); };
  const Sides now = columns_of(boxes);
  const Overlaps overlap =
      overlaps_of(truth, {as_rows(now.left), as_rows(now.top), as_rows(now.right), as_rows(now.bottom)});
  const auto row_of = [&](const Tensor& x) { return reshape(x, {1, 1, places}); };
  const Tensor x = row_of(column(centres, 0)), y = row_of(column(centres, 1)),
               reach = row_of(strides) * kLeastReach;
  const auto within = [&](const Tensor& at, const Tensor& from, const Tensor& to) {
    return abs(at - (from + to) * 0.5) < maximum((to - from) * 0.5, reach);
  };
  const Tensor inside =
      as_float(within(x, truth.left, truth.right)) * as_float(within(y, truth.top, truth.bottom)) * there;
  const Tensor score =
      matmul(classes, scores, false, true);  // of the box's class at each place: (batch, most, places)
  const Tensor fit = power(score + kTiny, options.alpha) * power(overlap.iou + kTiny, options.beta) * inside;
  const int64_t candidates = std::min(options.candidates, places);
  const Tensor least = column(top_k(fit, candidates)[0], candidates - 1);
  Tensor taken = as_float(fit >= least) * as_float(fit > 0.0);
  // A place goes to the box that it overlaps most; of equal ones to the first.
  const Tensor claim = taken * (overlap.iou + kTiny);
  const Tensor order = reshape(cast(arange(most), DType::kFloat32), {1, most, 1});
  const Tensor strongest = as_float(claim >= max(claim, {1}, true)) * taken;
  const Tensor first = min(order + (1.0 - strongest) * static_cast<double>(most), {1}, true);
  taken = taken * as_float(equal(order, first));
  const Tensor own_fit = fit * taken;
  const Tensor best_fit = max(own_fit, {2}, true), best_overlap = max(overlap.iou * taken, {2}, true);
  const Tensor quality = own_fit / (best_fit + 1e-30) * best_overlap;  // (batch, most, places)
  return {matmul(quality, classes, true, false), matmul(taken, y_true[{ellipsis, Slice{1, 5}}], true, false),
          reshape(max(quality, {1}), {batch, places, 1})};
}

}  // namespace

Tensor DetectionLoss::values(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor all_centres = centres(), all_strides = strides();
  const int64_t places = all_centres.shape()[0], numbers = options_.classes + 4 * options_.bins;
  if (y_pred.rank() != 3 || y_pred.shape()[1] != places || y_pred.shape()[2] != numbers)
    throw InvalidArgument("DetectionLoss: predictions of shape (batch, " + std::to_string(places) + ", " +
                          std::to_string(numbers) + ") were expected, received " + y_pred.shape().str());
  if (y_true.rank() != 3 || y_true.shape()[2] != 5 || y_true.shape()[1] < 1)
    throw InvalidArgument("DetectionLoss: targets of shape (batch, boxes, 5) were expected, received " +
                          y_true.shape().str());
  const int64_t batch = y_pred.shape()[0];
  const Tensor truth = cast(y_true, DType::kFloat32), said = cast(y_pred, DType::kFloat32);
  const Tensor logits = said[{ellipsis, Slice{0, options_.classes}}];
  const Tensor distances =
      reshape(said[{ellipsis, Slice{options_.classes, numbers}}], {batch, places, 4, options_.bins});
  const Tensor bins = cast(arange(options_.bins), DType::kFloat32);
  const Tensor sides = sum(softmax(distances) * bins, {3}) * all_strides;  // (batch, places, 4)
  const Tensor corners = concatenate(
      {all_centres - sides[{ellipsis, Slice{0, 2}}], all_centres + sides[{ellipsis, Slice{2, 4}}]}, 2);
  const Assignment goal = assign(options_, truth, stop_gradient(sigmoid(logits)), stop_gradient(corners),
                                 all_centres, all_strides);
  const Tensor quality = stop_gradient(goal.quality), boxes = stop_gradient(goal.boxes),
               weight = stop_gradient(goal.weight);
  // The mean over samples, which is taken later, becomes the batch's.
  const Tensor norm = maximum(sum(weight), 1.0) * (1.0 / static_cast<double>(batch));

  Tensor of_classes = binary_crossentropy(quality, logits, true);
  if (options_.gamma > 0) of_classes = of_classes * power(abs(sigmoid(logits) - quality), options_.gamma);
  const Tensor of_boxes = (1.0 - overlaps_of(columns_of(corners), columns_of(boxes)).giou) * weight;
  const Tensor away =
      concatenate(
          {all_centres - boxes[{ellipsis, Slice{0, 2}}], boxes[{ellipsis, Slice{2, 4}}] - all_centres}, 2) /
      all_strides;
  const Tensor bounded = minimum(maximum(away, 0.0), static_cast<double>(options_.bins) - 1.01);
  // Shares of the two bins beside the distance, 0 of all others.
  const Tensor shares = relu(1.0 - abs(expand_dims(bounded, -1) - bins));
  const Tensor of_distances = sum(negative(shares * log_softmax(distances)), {3}) * weight * 0.25;
  return (sum(of_classes, {1, 2}) * options_.class_weight + sum(of_boxes, {1, 2}) * options_.box_weight +
          sum(of_distances, {1, 2}) * options_.distance_weight) /
         norm;
}

namespace {

const bool detection_loss_registered =
    Registry<Loss>::add("DetectionLoss", [](const Json& config) -> std::shared_ptr<Loss> {
      ConfigReader reader(config, "DetectionLoss");
      DetectionLossOptions options;
      options.classes = reader.integer("classes", 1);
      options.height = reader.integer("height", 0);
      options.width = reader.integer("width", 0);
      options.strides = reader.integers("strides");
      options.bins = reader.integer("bins", options.bins);
      options.candidates = reader.integer("candidates", options.candidates);
      options.alpha = reader.number("alpha", options.alpha);
      options.beta = reader.number("beta", options.beta);
      options.gamma = reader.number("gamma", options.gamma);
      options.class_weight = reader.number("class_weight", options.class_weight);
      options.box_weight = reader.number("box_weight", options.box_weight);
      options.distance_weight = reader.number("distance_weight", options.distance_weight);
      reader.done();
      return std::make_shared<DetectionLoss>(options);
    });

}  // namespace

}  // namespace lamina::vision
