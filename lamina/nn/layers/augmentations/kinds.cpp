// Random numbers, arguments and the list of augmentations.
#include "lamina/nn/layers/augmentations/kinds.h"

#include <algorithm>
#include <cmath>

#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/conv.h"
#include "lamina/ops/full.h"
#include "lamina/ops/random.h"
#include "lamina/ops/random_distributions.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"

namespace lamina::detail {
namespace {

std::vector<AugmentationKind>& augmentation_kinds() {
  static std::vector<AugmentationKind> all;
  return all;
}

}  // namespace

bool add_augmentation(const AugmentationKind& kind) {
  augmentation_kinds().push_back(kind);
  return true;
}

const AugmentationKind* find_augmentation(const std::string& class_name) {
  for (const AugmentationKind& kind : augmentation_kinds()) {
    if (class_name == kind.class_name) return &kind;
  }
  return nullptr;
}

Tensor Dice::uniform(const Shape& shape, const Bounds& bounds) {
  return random_uniform(random_.key, shape, next()) * (bounds.upper - bounds.lower) + bounds.lower;
}

Tensor Dice::normal(const Shape& shape) { return random_normal(random_.key, shape, next()); }

Tensor Dice::beta(int64_t count, const Tensor& alpha) {
  return random_beta(random_.key, {count}, alpha, alpha, next());
}

Tensor Dice::gamma(int64_t count, double alpha) {
  return random_gamma(random_.key, {count}, full({}, alpha), next());
}

Tensor Dice::integers(const Shape& shape, int64_t least, int64_t end) {
  return random_randint(random_.key, shape, least, end, DType::kInt32, next());
}

Tensor Dice::permutation(int64_t count) { return random_permutation(random_.key, count, next()); }

Tensor Dice::chances(int64_t count, const Bounds& bounds) {
  const Tensor chance = uniform({count}, bounds);
  return ops::less(uniform({count}), chance);
}

Bounds read_bounds(ConfigReader& reader, const char* key, int least, int most,
                   std::optional<double> otherwise) {
  const auto refuse = [&] {
    reader.fail(key, "must be a number or a list of two numbers in [" + std::to_string(least) + ", " +
                         std::to_string(most) + "]");
  };
  if (reader.json(key).is_list()) {
    const Factor given = read_factor(reader, key);
    if (!(given.lower <= most && given.upper >= least)) refuse();
    return {std::min(given.lower, given.upper), std::max(given.lower, given.upper)};
  }
  const double given = reader.number(key, otherwise);
  if (!(given >= least && given <= most)) refuse();
  return {std::max<double>(-std::abs(given), least), std::abs(given)};
}

std::pair<double, double> read_range(ConfigReader& reader) {
  if (reader.json("value_range").is_null()) return {0, 255};
  const std::vector<double> range = reader.numbers("value_range");
  if (range.size() != 2 || !std::isfinite(range[0]) || !std::isfinite(range[1]) || range[0] == range[1])
    reader.fail("value_range", "must be a list of two different numbers");
  return std::minmax(range[0], range[1]);
}

std::string read_interpolation(ConfigReader& reader) {
  const std::string given = reader.string("interpolation", "bilinear");
  if (given != "bilinear" && given != "nearest") reader.fail("interpolation", "must be 'nearest' or 'bilinear'");
  return given;
}

AugmentationSettings read_common(ConfigReader& reader) {
  AugmentationSettings settings;
  settings.value_range = read_range(reader);
  settings.seed = reader.optional_integer("seed");
  return settings;
}

Tensor each_image(const Tensor& column, const Tensor& like) {
  const Tensor shaped = reshape(column, {-1, 1, 1, 1});
  return column.dtype() == DType::kBool ? shaped : cast(shaped, like.dtype());
}

Tensor grey_of(const Tensor& images) {
  if (images.shape()[3] != 3) return images;
  const Tensor weights = cast(Tensor::from(std::vector<float>{0.2989f, 0.587f, 0.114f}, {3}), images.dtype());
  return sum(images * weights, {-1}, true);
}

Tensor filtered(const Tensor& images, const Tensor& kernel) {
  const Shape shape{kernel.shape()[0], kernel.shape()[1], images.shape()[3], 1};
  const Tensor each = broadcast_to(reshape(kernel, {shape[0], shape[1], 1, 1}), shape);
  return depthwise_conv2d(images, cast(each, images.dtype()), {.padding = "same"});
}

}  // namespace lamina::detail
