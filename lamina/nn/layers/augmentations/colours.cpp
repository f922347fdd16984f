// Augmentations of colours: hue, saturation, grey, negatives, fewer shades, sharpness.
#include <cmath>

#include "lamina/nn/config.h"
#include "lamina/nn/layers/augmentations/kinds.h"
#include "lamina/nn/layers/random_brightness.h"
#include "lamina/nn/layers/random_contrast.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/detail/hsv.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::detail {
namespace {

using Settings = AugmentationSettings;

template <int least>
Settings read_factor_from(ConfigReader& reader) {
  Settings settings = read_common(reader);
  settings.factor = read_bounds(reader, "factor", least, 1, std::nullopt);
  return settings;
}

Drawn draw_factor(const Settings& settings, const Shape& images, Dice& dice) {
  return {{"factor", dice.uniform({images[0]}, settings.factor)}};
}

void need_colours(const char* class_name, const Tensor& images) {
  if (images.shape()[3] == 3) return;
  throw InvalidArgument(std::string(class_name) + ": needs images of 3 channels, received " +
                        images.shape().str());
}

Tensor limited(const Settings& settings, const Tensor& images) {
  return clip(images, settings.value_range.first, settings.value_range.second);
}

Tensor to_unit(const Settings& settings, const Tensor& images) {
  return (images - settings.value_range.first) *
         (1 / (settings.value_range.second - settings.value_range.first));
}

Tensor from_unit(const Settings& settings, const Tensor& images) {
  return images * (settings.value_range.second - settings.value_range.first) + settings.value_range.first;
}

Tensor channel_of(const Tensor& images, int64_t i) { return index(images, {ellipsis, Slice{i, i + 1}}); }

// ---- Hue and saturation ----

Drawn draw_hue(const Settings& settings, const Shape& images, Dice& dice) {
  const Tensor sign = where(ops::greater(dice.uniform({images[0]}), 0.5), -1.0, ones({images[0]}));
  return {{"factor", sign * dice.uniform({images[0]}, settings.factor) * 0.5}};
}

Tensor apply_hue(const Settings& settings, const Tensor& images, const Drawn& drawn, Dice&) {
  need_colours("RandomHue", images);
  const Tensor hsv = rgb_to_hsv(to_unit(settings, images));
  Tensor hue = channel_of(hsv, 0) + each_image(drawn.at("factor"), images);
  hue = where(ops::greater(hue, 1.0), hue - 1.0, hue);
  hue = where(ops::less(hue, 0.0), hue + 1.0, hue);
  const Tensor turned = hsv_to_rgb(concatenate({hue, channel_of(hsv, 1), channel_of(hsv, 2)}, -1));
  return from_unit(settings, clip(turned, 0, 1));
}

Drawn draw_saturation(const Settings& settings, const Shape& images, Dice& dice) {
  const Tensor factor = dice.uniform({images[0]}, settings.factor);
  return {{"factor", factor / (1.0 - factor + 1e-7)}};
}

// As Keras has it: the range of values limits the saturation, which is a share.
Tensor apply_saturation(const Settings& settings, const Tensor& images, const Drawn& drawn, Dice&) {
  need_colours("RandomSaturation", images);
  const Tensor hsv = rgb_to_hsv(images);
  const Tensor saturation = limited(settings, channel_of(hsv, 1) * each_image(drawn.at("factor"), images));
  return hsv_to_rgb(concatenate({channel_of(hsv, 0), saturation, channel_of(hsv, 2)}, -1));
}

// ---- Grey ----

Settings read_grey(ConfigReader& reader) {
  Settings settings;
  settings.seed = reader.optional_integer("seed");
  const double chance = reader.number("factor", 0.5);
  if (!(chance >= 0 && chance <= 1)) reader.fail("factor", "must be in [0, 1]");
  settings.factor = {chance, chance};
  return settings;
}

Drawn draw_grey(const Settings& settings, const Shape& images, Dice& dice) {
  return {{"should_apply", dice.chances(images[0], settings.factor)}};
}

Tensor apply_grey(const Settings&, const Tensor& images, const Drawn& drawn, Dice&) {
  return where(each_image(drawn.at("should_apply"), images), grey_of(images), images);
}

Tensor apply_degeneration(const Settings& settings, const Tensor& images, const Drawn& drawn, Dice&) {
  return limited(settings, images + each_image(drawn.at("factor"), images) * (grey_of(images) - images));
}

// ---- Negatives and fewer shades ----

Settings read_invert(ConfigReader& reader) {
  Settings settings = read_common(reader);
  settings.factor = read_bounds(reader, "factor", 0, 1, 1.0);
  return settings;
}

Drawn draw_invert(const Settings& settings, const Shape& images, Dice& dice) {
  return {{"apply_inversion", dice.chances(images[0], settings.factor)}};
}

Tensor apply_invert(const Settings& settings, const Tensor& images, const Drawn& drawn, Dice&) {
  return where(each_image(drawn.at("apply_inversion"), images), settings.value_range.second - images, images);
}

Settings read_posterization(ConfigReader& reader) {
  Settings settings = read_common(reader);
  settings.factor = read_bounds(reader, "factor", 1, 8, std::nullopt);
  settings.factor = {std::trunc(std::max(settings.factor.lower, 0.0)),
                     std::trunc(std::min(settings.factor.upper, 8.0))};
  return settings;
}

Drawn draw_posterization(const Settings& settings, const Shape& images, Dice& dice) {
  const auto least = static_cast<int64_t>(settings.factor.lower),
             most = static_cast<int64_t>(settings.factor.upper);
  const Tensor bits = least == most ? full({images[0]}, settings.factor.lower, DType::kInt32)
                                    : dice.integers({images[0]}, least, most);
  return {{"shift_factor", 8.0 - bits}};
}

Tensor apply_posterization(const Settings& settings, const Tensor& images, const Drawn& drawn, Dice&) {
  const Tensor steps = Tensor::from(std::vector<float>{1, 2, 4, 8, 16, 32, 64, 128, 256}, {9});
  const Tensor step = each_image(take(steps, cast(drawn.at("shift_factor"), DType::kInt32), 0), images);
  const Tensor bytes = floor(clip(to_unit(settings, images) * 255.0, 0, 255));
  return from_unit(settings, floor(bytes / step) * step * (1.0 / 255));
}

// ---- Sharpness ----

Tensor apply_sharpness(const Settings& settings, const Tensor& images, const Drawn& drawn, Dice&) {
  std::vector<float> smooth(9, 1.0f / 13);
  smooth[4] = 5.0f / 13;
  const Tensor change = filtered(images, Tensor::from(smooth, {3, 3})) - images;
  return limited(settings, images + (1.0 - each_image(drawn.at("factor"), images) * 2.0) * change);
}

// ---- Several in a row ----

Settings read_jitter(ConfigReader& reader) {
  Settings settings = read_common(reader);
  const auto factor = [&](const char* key) -> std::optional<Factor> {
    if (reader.json(key).is_null()) return std::nullopt;
    return read_factor(reader, key);
  };
  settings.brightness = factor("brightness_factor");
  settings.contrast = factor("contrast_factor");
  settings.saturation = factor("saturation_factor");
  settings.hue = factor("hue_factor");
  return settings;
}

Drawn draw_nothing(const Settings&, const Shape&, Dice&) { return {}; }

Bounds within(const Factor& factor, double least) { return bounds_of(factor, least); }

Tensor apply_jitter(const Settings& settings, const Tensor& images, const Drawn&, Dice& dice) {
  const RandomColorOptions options{.value_range = settings.value_range, .seed = settings.seed};
  Tensor x = images;
  if (settings.brightness) x = RandomBrightness(*settings.brightness, options).call(x, dice.context());
  if (settings.contrast) x = RandomContrast(*settings.contrast, options).call(x, dice.context());
  Settings own = settings;
  if (settings.saturation) {
    own.factor = within(*settings.saturation, -1);
    x = apply_saturation(own, x, draw_saturation(own, x.shape(), dice), dice);
  }
  if (settings.hue) {
    own.factor = within(*settings.hue, 0);
    x = apply_hue(own, x, draw_hue(own, x.shape(), dice), dice);
  }
  return x;
}

const bool colour_augmentations_registered = [] {
  add_augmentation({"RandomHue", read_factor_from<0>, draw_hue, apply_hue});
  add_augmentation({"RandomSaturation", read_factor_from<-1>, draw_saturation, apply_saturation});
  add_augmentation({"RandomGrayscale", read_grey, draw_grey, apply_grey});
  add_augmentation({"RandomColorDegeneration", read_factor_from<-1>, draw_factor, apply_degeneration});
  add_augmentation({"RandomInvert", read_invert, draw_invert, apply_invert});
  add_augmentation({"RandomPosterization", read_posterization, draw_posterization, apply_posterization});
  add_augmentation({"RandomSharpness", read_factor_from<0>, draw_factor, apply_sharpness});
  add_augmentation({"RandomColorJitter", read_jitter, draw_nothing, apply_jitter});
  return true;
}();

}  // namespace
}  // namespace lamina::detail
