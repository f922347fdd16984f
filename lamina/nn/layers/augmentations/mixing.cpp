// Augmentations that mix images with each other or with nothing: MixUp, CutMix, RandomErasing.
#include "lamina/nn/config.h"
#include "lamina/nn/layers/augmentations/kinds.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::detail {
namespace {

using Settings = AugmentationSettings;

struct Span {
  Tensor from, to;  // (batch,)
};

// A share of the extent, anywhere in it.
Span span_of(const Tensor& share, int64_t extent, Dice& dice) {
  const Tensor length = share * static_cast<double>(extent);
  const Tensor from = dice.uniform({share.shape()[0]}) * (static_cast<double>(extent) - length);
  return {from, from + length};
}

// Whether each place along an axis of that extent lies in the span: (batch, 1, extent) or (batch, extent, 1).
Tensor inside(const Span& span, int64_t extent, bool of_columns) {
  const Tensor places = cast(arange(extent), DType::kFloat32);
  const Tensor in = ops::logical_and(ops::greater_equal(expand_dims(places, 0), expand_dims(span.from, 1)),
                                     ops::less(expand_dims(places, 0), expand_dims(span.to, 1)));
  return expand_dims(in, of_columns ? 1 : 2);
}

Tensor box(const Span& columns, const Span& rows, const Shape& images) {
  const Tensor in = ops::logical_and(inside(columns, images[2], true), inside(rows, images[1], false));
  return expand_dims(in, 3);
}

// ---- MixUp ----

Settings read_mix_up(ConfigReader& reader) {
  Settings settings;
  settings.seed = reader.optional_integer("seed");
  settings.alpha = reader.number("alpha", 0.2);
  if (!(settings.alpha > 0)) reader.fail("alpha", "must be positive");
  return settings;
}

Drawn draw_mix_up(const Settings& settings, const Shape& images, Dice& dice) {
  const Tensor order = dice.permutation(images[0]);
  return {{"mix_weight", dice.beta(images[0], full({}, settings.alpha))}, {"permutation_order", order}};
}

Tensor apply_mix_up(const Settings&, const Tensor& images, const Drawn& drawn, Dice&) {
  const Tensor weight = each_image(drawn.at("mix_weight"), images);
  return weight * images + (1.0 - weight) * take(images, drawn.at("permutation_order"), 0);
}

// ---- CutMix ----

Settings read_cut_mix(ConfigReader& reader) {
  Settings settings;
  settings.seed = reader.optional_integer("seed");
  settings.factor = read_bounds(reader, "factor", 0, 1, 1.0);
  return settings;
}

Drawn draw_cut_mix(const Settings& settings, const Shape& images, Dice& dice) {
  const Tensor alpha = dice.uniform({}, settings.factor) + 1e-6;
  const Tensor share = sqrt(1.0 - dice.beta(images[0], alpha));
  const Span columns = span_of(share, images[2], dice), rows = span_of(share, images[1], dice);
  return {{"batch_masks", box(columns, rows, images)}, {"permutation_order", dice.permutation(images[0])}};
}

Tensor apply_cut_mix(const Settings&, const Tensor& images, const Drawn& drawn, Dice&) {
  return where(drawn.at("batch_masks"), take(images, drawn.at("permutation_order"), 0), images);
}

// ---- RandomErasing ----

Settings read_erasing(ConfigReader& reader) {
  Settings settings = read_common(reader);
  settings.factor = read_bounds(reader, "factor", 0, 1, 1.0);
  settings.scale =
      reader.json("scale").is_null() ? Bounds{0.02, 0.33} : read_bounds(reader, "scale", 0, 1, std::nullopt);
  const Json fill = reader.json("fill_value");
  settings.fill_value.clear();
  if (fill.is_list()) {
    settings.fill_value = reader.numbers("fill_value");
    if (settings.fill_value.size() != 3) reader.fail("fill_value", "must be a number or a list of three");
  } else if (!fill.is_null()) {
    settings.fill_value = {reader.number("fill_value")};
  }
  return settings;
}

Drawn draw_erasing(const Settings& settings, const Shape& images, Dice& dice) {
  const Tensor share = sqrt(dice.uniform({images[0], 2}, settings.scale));
  const Span columns = span_of(index(share, {ellipsis, 0}), images[2], dice);
  const Span rows = span_of(index(share, {ellipsis, 1}), images[1], dice);
  const Tensor chosen = dice.chances(images[0], settings.factor);
  Tensor fill;
  if (settings.fill_value.empty()) {
    fill = dice.normal(images) * settings.value_range.second;
  } else {
    const auto count = static_cast<int64_t>(settings.fill_value.size());
    if (count != 1 && count != images[3]) {
      throw InvalidArgument("RandomErasing: fill_value has " + std::to_string(count) +
                            " numbers, images are of shape " + images.str());
    }
    fill = cast(Tensor::from(settings.fill_value, {count}), DType::kFloat32);
  }
  return {{"apply_erasing", chosen},
          {"batch_masks", box(columns, rows, images)},
          {"fill_value", clip(fill, settings.value_range.first, settings.value_range.second)}};
}

Tensor apply_erasing(const Settings&, const Tensor& images, const Drawn& drawn, Dice&) {
  const Tensor erased =
      ops::logical_and(each_image(drawn.at("apply_erasing"), images), drawn.at("batch_masks"));
  return where(erased, cast(drawn.at("fill_value"), images.dtype()), images);
}

const bool mixing_augmentations_registered = [] {
  add_augmentation({"MixUp", read_mix_up, draw_mix_up, apply_mix_up});
  add_augmentation({"CutMix", read_cut_mix, draw_cut_mix, apply_cut_mix});
  add_augmentation({"RandomErasing", read_erasing, draw_erasing, apply_erasing});
  return true;
}();

}  // namespace
}  // namespace lamina::detail
