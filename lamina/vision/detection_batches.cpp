// DetectionBatches: reads pictures once, and draws samples of them.
#include "lamina/vision/detection_batches.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/image/detail/resample.h"
#include "lamina/vision/annotated_picture.h"
#include "lamina/vision/detail/augmented_sample.h"
#include "lamina/vision/detector.h"

namespace lamina::vision {
namespace {

using detail::Draw;
using detail::KeptPicture;

// Pictures are kept at up to this many times the size at which they fit: larger scales than that are seldom
// drawn.
constexpr double kKept = 1.25;

// What annotations say and pictures show otherwise, to be told once.
struct Contradictions {
  int64_t sizes = 0, outside = 0;
  std::string first_size = {}, first_outside = {};

  void look(const AnnotatedImage& image, const Picture& picture, int64_t boxes_outside) {
    const bool said = image.width > 0 && image.height > 0;
    if (said && (image.width != picture.width || image.height != picture.height) && sizes++ == 0)
      first_size = "'" + image.file + "': " + std::to_string(image.width) + "x" + std::to_string(image.height) +
                   " and " + std::to_string(picture.width) + "x" + std::to_string(picture.height);
    if (boxes_outside > 0 && outside == 0) first_outside = "'" + image.file + "'";
    outside += boxes_outside;
  }
  void tell() const {
    if (sizes > 0)
      warn(std::to_string(sizes) + " pictures have another size than their annotations say, the first " + first_size +
           ": boxes are taken as pixels of the picture");
    if (outside > 0)
      warn(std::to_string(outside) + " boxes lie outside of their picture and are left out, the first in " +
           first_outside);
  }
};

KeptPicture kept_picture(const AnnotatedImage& image, const DetectorInfo& info, Contradictions& contradictions) {
  KeptPicture kept{load_picture(image), image.boxes};
  if (kept.picture.height < 1 || kept.picture.width < 1)
    throw FileError("'" + image.file + "' has no pixels");
  const Box all{0, 0, static_cast<double>(kept.picture.width), static_cast<double>(kept.picture.height)};
  for (TruthBox& one : kept.boxes) one.box = clipped(one.box, all.right, all.bottom);
  contradictions.look(image, kept.picture,
                      static_cast<int64_t>(std::erase_if(
                          kept.boxes, [](const TruthBox& one) { return !one.box.valid(); })));
  std::erase_if(kept.boxes, [](const TruthBox& one) { return one.ignore || one.crowd; });
  double across = kKept * static_cast<double>(info.width) / kept.picture.width;
  double down = kKept * static_cast<double>(info.height) / kept.picture.height;
  if (info.letterbox) across = down = std::min(across, down);
  if (info.letterbox && across >= 1) return kept;
  const int height = std::max(1, static_cast<int>(std::lround(kept.picture.height * down)));
  const int width = std::max(1, static_cast<int>(std::lround(kept.picture.width * across)));
  const double scale_x = width / all.right, scale_y = height / all.bottom;
  kept.picture = lamina::detail::resample(kept.picture, {0, 0, kept.picture.height, kept.picture.width},
                                          height, width, "bilinear");
  for (TruthBox& one : kept.boxes)
    one.box = {one.box.left * scale_x, one.box.top * scale_y, one.box.right * scale_x,
               one.box.bottom * scale_y};
  return kept;
}

}  // namespace

struct DetectionBatches::State {
  DetectorInfo info;
  DetectionBatchesOptions options;
  std::vector<KeptPicture> pictures;
  int64_t most = 1;  // boxes of a sample
  int64_t boxes = 0;
  int epoch = 0;
  uint64_t seed = 0;
  int64_t step = 0;
  std::vector<size_t> order;

  int64_t count() const { return static_cast<int64_t>(pictures.size()) * options.repeats; }
  bool mosaic() const {
    return options.mosaic > 0 && epoch < static_cast<int>(options.epochs * (1 - options.plain_share));
  }

  std::vector<TruthBox> plain_sample(const KeptPicture& kept, float* pixels) const {
    const Framed frame = framed(kept.picture, info.height, info.width, info.letterbox, info.fill);
    write_input(frame.picture, info, pixels);
    std::vector<TruthBox> boxes = kept.boxes;
    for (TruthBox& one : boxes) one.box = frame.to_frame(one.box);
    return boxes;
  }
};

DetectionBatches::DetectionBatches(const AnnotatedImages& data, const DetectorInfo& info,
                                   const DetectionBatchesOptions& options)
    : state_(std::make_unique<State>()) {
  const auto require = [](bool holds, const std::string& what) {
    if (!holds) throw InvalidArgument("batches of pictures with boxes: " + what);
  };
  require(!data.images.empty(), "there are no pictures");
  require(options.batch_size >= 1 && options.repeats >= 1 && options.epochs >= 1,
          "batch_size, repeats and epochs have to be at least 1");
  require(options.smallest > 0 && options.largest >= options.smallest && options.largest <= 8,
          "scales have to lie above 0 and up to 8, the largest last");
  for (const double share : {options.mosaic, options.plain_share, options.light})
    require(share >= 0 && share <= 1, "shares have to be from 0 to 1");
  require(!info.bgr && !info.channels_first && info.deviation == DetectorInfo().deviation &&
              info.mean == DetectorInfo().mean,
          "the detector has to take bytes of red, green and blue, channels last");
  state_->info = info;
  state_->options = options;
  size_t largest = 1, sum_of_largest = 0;
  std::vector<size_t> counts;
  Contradictions contradictions;
  for (const AnnotatedImage& image : data.images) {
    state_->pictures.push_back(kept_picture(image, info, contradictions));
    counts.push_back(state_->pictures.back().boxes.size());
    state_->boxes += static_cast<int64_t>(counts.back());
  }
  contradictions.tell();
  std::sort(counts.rbegin(), counts.rend());
  largest = std::max<size_t>(counts[0], 1);
  // A mosaic shows about half of four pictures: room for twice as many boxes as one has.
  for (size_t i = 0; i < std::min<size_t>(4, counts.size()); ++i) sum_of_largest += counts[i];
  state_->most = static_cast<int64_t>(options.augment && options.mosaic > 0
                                          ? std::max(largest, std::min(sum_of_largest, 2 * largest))
                                          : largest);
}

DetectionBatches::DetectionBatches(DetectionBatches&& other) noexcept = default;
DetectionBatches::~DetectionBatches() = default;

void DetectionBatches::begin(int epoch, uint64_t seed, int64_t first_step) {
  state_->epoch = epoch;
  state_->seed = seed;
  state_->step = first_step;
  state_->order.resize(static_cast<size_t>(state_->count()));
  std::iota(state_->order.begin(), state_->order.end(), size_t{0});
  if (!state_->options.augment) return;
  Draw draw(seed, epoch, -1);
  for (size_t i = state_->order.size(); i > 1; --i)
    std::swap(state_->order[i - 1], state_->order[draw.below(i)]);
}

bool DetectionBatches::next(Batch& batch) {
  State& state = *state_;
  const int64_t first = state.step * state.options.batch_size;
  const int64_t rows = std::min(state.options.batch_size, state.count() - first);
  if (rows <= 0) return false;
  const int64_t height = state.info.height, width = state.info.width;
  std::vector<float> pixels(static_cast<size_t>(rows * height * width * 3));
  std::vector<float> targets(static_cast<size_t>(rows * state.most * 5), 0);
  for (int64_t row = 0; row < rows; ++row) {
    const size_t number = state.order[static_cast<size_t>(first + row)] % state.pictures.size();
    float* const to = pixels.data() + row * height * width * 3;
    std::vector<TruthBox> boxes;
    if (state.options.augment) {
      Draw draw(state.seed, state.epoch, first + row);
      boxes = detail::augmented_sample(state.pictures, number, height, width, state.options, state.mosaic(),
                                       state.info.fill, draw, to);
    } else {
      boxes = state.plain_sample(state.pictures[number], to);
    }
    // Where there is no room for all, the smallest are left out.
    std::stable_sort(boxes.begin(), boxes.end(),
                     [](const TruthBox& a, const TruthBox& b) { return a.box.area() > b.box.area(); });
    for (int64_t i = 0; i < state.most; ++i) {
      float* const target = targets.data() + (row * state.most + i) * 5;
      target[0] = -1;
      if (i >= static_cast<int64_t>(boxes.size())) continue;
      const TruthBox& one = boxes[static_cast<size_t>(i)];
      target[0] = static_cast<float>(one.label);
      target[1] = static_cast<float>(one.box.left);
      target[2] = static_cast<float>(one.box.top);
      target[3] = static_cast<float>(one.box.right);
      target[4] = static_cast<float>(one.box.bottom);
    }
  }
  ++state.step;
  batch = {.x = Tensor::from(pixels, {rows, height, width, 3}),
           .y = Tensor::from(targets, {rows, state.most, 5})};
  return true;
}

std::optional<int64_t> DetectionBatches::steps() const {
  return (state_->count() + state_->options.batch_size - 1) / state_->options.batch_size;
}

std::optional<int64_t> DetectionBatches::samples() const { return state_->count(); }

Json DetectionBatches::identity() const {
  return Json::object({{"pictures", state_->pictures.size()},
                       {"boxes", state_->boxes},
                       {"batch_size", state_->options.batch_size},
                       {"repeats", state_->options.repeats},
                       {"augment", state_->options.augment}});
}

}  // namespace lamina::vision
