// The network, from pixels to logits.
#include "lamina/vision/detection_network.h"

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/nn/initializers/constant.h"
#include "lamina/nn/layers/layers.h"

namespace lamina::vision {
namespace {

// How sure a network is that a thing is at a place before it has learned: so few places have one (Lin et al.,
// 2017, arXiv 1708.02002).
constexpr double kFirstScore = 0.01;

Tensor unit(const Tensor& x, int64_t filters, int64_t kernel, int64_t step = 1) {
  const Tensor y = Conv2D(
      filters, {kernel, kernel},
      {.strides = {step, step}, .padding = "same", .use_bias = false, .kernel_initializer = "he_normal"})(x);
  return Activation("silu")(BatchNormalization({.momentum = 0.97})(y));
}

// One half of the channels as they are, the other through two convolutions.
Tensor half_computed(const Tensor& x, int64_t filters, bool shortcut) {
  const Tensor kept = unit(x, filters / 2, 1), begun = unit(x, filters / 2, 1);
  Tensor computed = unit(unit(begun, filters / 2, 3), filters / 2, 3);
  if (shortcut) computed = Add()({begun, computed});
  return unit(Concatenate()({kept, begun, computed}), filters, 1);
}

// What is around each place, near and farther away.
Tensor surroundings(const Tensor& x, int64_t filters) {
  std::vector<Tensor> all{unit(x, filters / 2, 1)};
  for (int i = 0; i < 3; ++i)
    all.push_back(MaxPooling2D({5, 5}, {.strides = Size2{1, 1}, .padding = "same"})(all.back()));
  return unit(Concatenate()(all), filters, 1);
}

Tensor level_head(const Tensor& x, int64_t places, int64_t filters, int64_t classes, int64_t bins) {
  const double bias = -std::log((1 - kFirstScore) / kFirstScore);
  const Tensor scores = Conv2D(classes, {1, 1}, {.bias_initializer = Constant(bias)})(unit(x, filters, 3));
  const Tensor sides = Conv2D(4 * bins, {1, 1})(unit(x, filters, 3));
  return Reshape({places, classes + 4 * bins})(Concatenate()({scores, sides}));
}

}  // namespace

Model detection_network(const std::vector<std::string>& class_names, const DetectionNetworkOptions& options) {
  const auto require = [](bool holds, const std::string& what) {
    if (!holds) throw InvalidArgument("detection_network: " + what);
  };
  require(!class_names.empty(), "there are no classes");
  for (const int64_t side : {options.height, options.width})
    require(side >= 32 && side <= 2048 && side % 32 == 0, "pictures of " + std::to_string(options.height) +
                                                              "x" + std::to_string(options.width) +
                                                              "; multiples of 32 up to 2048 were expected");
  require(options.filters >= 4 && options.filters <= 256, "filters have to be from 4 to 256");
  require(options.bins >= 2 && options.bins <= 64, "bins have to be from 2 to 64");
  const auto classes = static_cast<int64_t>(class_names.size());
  const int64_t n = options.filters / 2 * 2;

  const Tensor pictures = Input({options.height, options.width, 3}, {.name = "pictures"});
  Tensor x = Rescaling(1.0 / 255)(pictures);
  x = unit(unit(x, n, 3, 2), 2 * n, 3, 2);
  x = half_computed(x, 2 * n, true);
  const Tensor fine = half_computed(unit(x, 4 * n, 3, 2), 4 * n, true);
  const Tensor middle = half_computed(unit(fine, 8 * n, 3, 2), 8 * n, true);
  const Tensor coarse = surroundings(half_computed(unit(middle, 12 * n, 3, 2), 12 * n, true), 12 * n);

  const auto twice = [](const Tensor& y) { return UpSampling2D({2, 2})(y); };
  const Tensor middle_down = half_computed(Concatenate()({twice(coarse), middle}), 8 * n, false);
  const Tensor fine_out = half_computed(Concatenate()({twice(middle_down), fine}), 4 * n, false);
  const Tensor middle_out =
      half_computed(Concatenate()({unit(fine_out, 4 * n, 3, 2), middle_down}), 8 * n, false);
  const Tensor coarse_out =
      half_computed(Concatenate()({unit(middle_out, 8 * n, 3, 2), coarse}), 12 * n, false);

  std::vector<Tensor> levels;
  int64_t stride = 8;
  for (const Tensor& level : {fine_out, middle_out, coarse_out}) {
    const int64_t places = (options.height / stride) * (options.width / stride);
    levels.push_back(level_head(level, places, 4 * n, classes, options.bins));
    stride *= 2;
  }
  Model model({pictures}, {Concatenate({.axis = 1, .name = "places"})(levels)},
              {.name = "detector", .seed = options.seed});
  set_detector_info(
      model,
      {.head = "dense", .height = options.height, .width = options.width, .fill = 114, .bins = options.bins},
      class_names);
  return model;
}

}  // namespace lamina::vision
