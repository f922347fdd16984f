// The input before and the classifier behind.
#include "lamina/zoo/applications/detail/frame.h"

#include <algorithm>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/formats/keras/keras.h"

namespace lamina::detail {
namespace {

Tensor input_of(const ApplicationOptions& options, const std::string& name, const Frame::Pictures& pictures) {
  const auto fail = [&](const std::string& what) { throw InvalidArgument(name + ": " + what); };
  if (options.classes < 1) fail("classes must be at least 1, received " + std::to_string(options.classes));
  if (!options.pooling.empty() && options.pooling != "avg" && options.pooling != "max")
    fail("pooling is \"avg\", \"max\" or empty, received \"" + options.pooling + "\"");
  if (!(options.alpha > 0)) fail("alpha must be above 0, received " + std::to_string(options.alpha));
  const int64_t side = options.include_top ? pictures.side : -1;
  const Shape shape = options.input_shape.rank() == 0 ? Shape{side, side, 3} : options.input_shape;
  if (shape.rank() != 3 || shape[2] < 1)
    fail("input_shape is (height, width, channels), received " + shape.str());
  for (int axis = 0; axis < 2; ++axis) {
    if (shape[axis] == -1 && !options.include_top) continue;
    if (shape[axis] == -1)
      fail("input_shape " + shape.str() + " is open: with the classifier height and width must be said");
    if (shape[axis] < pictures.least)
      fail("input_shape " + shape.str() + ": height and width must be at least " +
           std::to_string(pictures.least));
  }
  return Input(shape);
}

}  // namespace

Frame::Frame(const ApplicationOptions& options, std::string name, const Pictures& pictures)
    : options_(options),
      name_(options.name.empty() ? std::move(name) : options.name),
      input_(input_of(options, name_, pictures)) {}

Tensor Frame::pool(const Tensor& features, const std::string& average, const std::string& largest) const {
  if (options_.pooling == "avg") return GlobalAveragePooling2D({.name = average})(features);
  if (options_.pooling == "max") return GlobalMaxPooling2D({.name = largest})(features);
  return features;
}

Model Frame::close(const Tensor& features, const Ending& ending) const {
  if (!options_.include_top) return finish(pool(features, ending.average, ending.largest));
  Tensor x = GlobalAveragePooling2D({.name = ending.before_top})(features);
  if (ending.dropout > 0) x = Dropout(ending.dropout, {.name = "top_dropout"})(x);
  return finish(Dense(options_.classes, {.activation = options_.classifier_activation,
                                         .kernel_initializer = ending.initializer,
                                         .name = "predictions"})(x));
}

Model Frame::finish(const Tensor& outputs) const {
  Model model({input_}, {outputs}, {.name = name_, .seed = options_.seed});
  if (!options_.weights.empty()) load_weights(model, options_.weights);
  return model;
}

Tensor pad_for_step(const Tensor& x, int64_t kernel, const std::string& name) {
  const int64_t half = kernel / 2;
  const auto before = [&](int axis) {
    const int64_t extent = x.shape()[axis];
    return extent == -1 || extent % 2 == 0 ? half - 1 : half;
  };
  return ZeroPadding2D({before(1), half, before(2), half}, {.name = name})(x);
}

int64_t divisible_by_8(double filters) {
  int64_t nearest = std::max<int64_t>(8, static_cast<int64_t>(filters + 4) / 8 * 8);
  if (static_cast<double>(nearest) < 0.9 * filters) nearest += 8;
  return nearest;
}

}  // namespace lamina::detail
