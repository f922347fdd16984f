// RandAugment and AugMix: other augmentations, chosen at random for a batch.
#include <algorithm>
#include <functional>

#include "lamina/nn/config.h"
#include "lamina/nn/layers/augmentations/kinds.h"
#include "lamina/nn/layers/random_brightness.h"
#include "lamina/nn/layers/random_contrast.h"
#include "lamina/nn/layers/random_rotation.h"
#include "lamina/nn/layers/random_translation.h"
#include "lamina/nn/layers/tone_curves.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/control.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/slice.h"

namespace lamina::detail {
namespace {

using Settings = AugmentationSettings;
using Change = std::function<Tensor(const Tensor& images, Dice& dice)>;

Change change_by(const char* class_name, const Settings& settings) {
  return [kind = find_augmentation(class_name), settings](const Tensor& images, Dice& dice) {
    return kind->apply(settings, images, kind->draw(settings, images.shape(), dice), dice);
  };
}

template <class L>
Change change_by(const L& layer) {
  return [layer](const Tensor& images, Dice& dice) { return layer.call(images, dice.context()); };
}

// All that are chosen from, in Keras's order for AugMix; `all`: with those that change colours more.
std::vector<Change> changes(const Settings& settings, bool all) {
  const Factor factor{settings.factor.lower, settings.factor.upper};
  const RandomAffineOptions affine{.interpolation = settings.interpolation, .seed = settings.seed};
  const RandomColorOptions colour{.value_range = settings.value_range, .seed = settings.seed};
  Settings shear = settings, bits = settings;
  shear.x_factor = shear.y_factor = settings.factor;
  shear.fill_mode = "reflect";
  bits.factor = {1,
                 static_cast<double>(std::max<int64_t>(1, static_cast<int64_t>(8 * settings.factor.upper)))};
  std::vector<Change> result = {
      change_by("RandomShear", shear),
      change_by(RandomTranslation(factor, factor, affine)),
      change_by(RandomRotation(factor, affine)),
      change_by("RandomPosterization", bits),
      change_by(Solarization(factor, factor, colour)),
      change_by(AutoContrast(AutoContrastOptions{.value_range = settings.value_range})),
      change_by(Equalization(EqualizationOptions{.value_range = settings.value_range}))};
  if (!all) return result;
  result.push_back(change_by(RandomBrightness(factor, colour)));
  result.push_back(change_by("RandomColorDegeneration", settings));
  result.push_back(change_by(RandomContrast(factor, colour)));
  result.push_back(change_by("RandomSharpness", settings));
  return result;
}

// The images changed by the one of that number; by none where there is no such. The others do not run.
Tensor by_number(const Tensor& images, const Tensor& number, const std::vector<Change>& all, Dice& dice) {
  Tensor x = images;
  for (size_t i = 0; i < all.size(); ++i) {
    const auto chosen = [&](const std::vector<Tensor>& x) { return std::vector<Tensor>{all[i](x[0], dice)}; };
    const auto other = [](const std::vector<Tensor>& x) { return x; };
    x = cond(equal(number, static_cast<double>(i)), chosen, other, {x})[0];
  }
  return x;
}

void read_chosen(ConfigReader& reader, Settings& settings, double factor) {
  settings.factor = read_bounds(reader, "factor", 0, 1, factor);
  settings.interpolation = read_interpolation(reader);
}

int64_t read_count(ConfigReader& reader, const char* key, int64_t otherwise) {
  const int64_t count = reader.integer(key, otherwise);
  if (count < 0 || count > 16) reader.fail(key, "must be from 0 to 16");
  return count;
}

Settings read_rand_augment(ConfigReader& reader) {
  Settings settings = read_common(reader);
  settings.num_ops = read_count(reader, "num_ops", 2);
  read_chosen(reader, settings, 0.5);
  return settings;
}

Drawn draw_rand_augment(const Settings& settings, const Shape&, Dice& dice) {
  return {{"layer_idxes", dice.integers({std::max<int64_t>(settings.num_ops, 1)}, 0, 11)}};
}

Tensor apply_rand_augment(const Settings& settings, const Tensor& images, const Drawn& drawn, Dice& dice) {
  const std::vector<Change> all = changes(settings, true);
  Tensor x = images;
  for (int64_t i = 0; i < settings.num_ops; ++i)
    x = by_number(x, index(drawn.at("layer_idxes"), {i}), all, dice);
  return x;
}

Settings read_aug_mix(ConfigReader& reader) {
  Settings settings = read_common(reader);
  settings.num_chains = std::max<int64_t>(read_count(reader, "num_chains", 3), 1);
  settings.chain_depth = read_count(reader, "chain_depth", 3);
  settings.alpha = reader.number("alpha", 1.0);
  if (!(settings.alpha > 0)) reader.fail("alpha", "must be positive");
  settings.all_ops = reader.boolean("all_ops", true);
  read_chosen(reader, settings, 0.3);
  return settings;
}

Drawn draw_aug_mix(const Settings& settings, const Shape&, Dice& dice) {
  const Tensor parts = dice.gamma(settings.num_chains, settings.alpha);
  const int64_t count = settings.all_ops ? 11 : 7;
  return {{"chain_mixing_weights", parts / sum(parts)},
          {"weight_sample", dice.beta(1, full({}, settings.alpha))},
          {"chosen",
           dice.integers({settings.num_chains, std::max<int64_t>(settings.chain_depth, 1)}, 0, count + 1)}};
}

Tensor apply_aug_mix(const Settings& settings, const Tensor& images, const Drawn& drawn, Dice& dice) {
  const std::vector<Change> all = changes(settings, settings.all_ops);
  Tensor mixed;
  for (int64_t chain = 0; chain < settings.num_chains; ++chain) {
    Tensor x = images;
    for (int64_t i = 0; i < settings.chain_depth; ++i)
      x = by_number(x, index(drawn.at("chosen"), {chain, i}), all, dice);
    const Tensor part = x * cast(index(drawn.at("chain_mixing_weights"), {chain}), x.dtype());
    mixed = mixed.defined() ? mixed + part : part;
  }
  const Tensor weight = cast(index(drawn.at("weight_sample"), {0}), images.dtype());
  return clip(weight * images + (1.0 - weight) * mixed, settings.value_range.first,
              settings.value_range.second);
}

const bool chosen_augmentations_registered = [] {
  add_augmentation({"RandAugment", read_rand_augment, draw_rand_augment, apply_rand_augment});
  add_augmentation({"AugMix", read_aug_mix, draw_aug_mix, apply_aug_mix});
  return true;
}();

}  // namespace
}  // namespace lamina::detail
