// Augmentations of places: shear, perspective, elastic distortion, blur.
#include <algorithm>
#include <cmath>

#include "lamina/nn/config.h"
#include "lamina/nn/layers/augmentations/kinds.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/linalg.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take_along_axis.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::detail {
namespace {

using Settings = AugmentationSettings;

void read_filling(ConfigReader& reader, Settings& settings) {
  settings.interpolation = read_interpolation(reader);
  settings.fill_value = {reader.number("fill_value", 0)};
}

Tensor moved(const Settings& settings, const Tensor& images, const std::vector<Tensor>& row) {
  RandomAffineOptions options;
  options.fill_mode = settings.fill_mode;
  options.interpolation = settings.interpolation;
  options.fill_value = settings.fill_value[0];
  return transformed(images, row, options);
}

// ---- Shear ----

Bounds read_shear_factor(ConfigReader& reader, const char* key) {
  const auto check = [&](double x) {
    if (!(x >= 0 && x <= 1)) reader.fail(key, "must be a number or a list of two numbers in [0, 1]");
  };
  if (reader.json(key).is_list()) {
    // A number is written by Keras as a range around 0, which it does not read again.
    const Factor given = read_factor(reader, key);
    check(std::abs(given.lower));
    check(std::abs(given.upper));
    return {std::min(given.lower, given.upper), std::max(given.lower, given.upper)};
  }
  const double given = reader.number(key, 0.0);
  check(given);
  return {-given, given};
}

Settings read_shear(ConfigReader& reader) {
  Settings settings;
  settings.seed = reader.optional_integer("seed");
  settings.x_factor = read_shear_factor(reader, "x_factor");
  settings.y_factor = read_shear_factor(reader, "y_factor");
  read_filling(reader, settings);
  settings.fill_mode = reader.string("fill_mode", "reflect");
  RandomAffineOptions options;
  options.fill_mode = settings.fill_mode;
  if (const std::string error = affine_options_error(options); !error.empty())
    reader.fail("fill_mode", error);
  return settings;
}

Drawn draw_shear(const Settings& settings, const Shape& images, Dice& dice) {
  const Shape one{images[0], 1};
  const Tensor sign = where(ops::greater(dice.uniform(one), 0.5), -1.0, ones(one));
  const Tensor y = dice.uniform(one, settings.y_factor), x = dice.uniform(one, settings.x_factor);
  return {{"shear_factor", concatenate({x, y}, 1) * sign}};
}

Tensor apply_shear(const Settings& settings, const Tensor& images, const Drawn& drawn, Dice&) {
  const Tensor& factor = drawn.at("shear_factor");
  const Tensor x = index(factor, {ellipsis, 0}), y = index(factor, {ellipsis, 1}), one = ones_like(x);
  return moved(settings, images, {one, x, {}, y, one, {}, {}, {}});
}

// ---- Perspective ----

Settings read_perspective(ConfigReader& reader) {
  Settings settings;
  settings.seed = reader.optional_integer("seed");
  settings.factor = read_bounds(reader, "factor", 0, 1, 1.0);
  const double scale = reader.number("scale", 1.0);
  if (!(scale >= 0 && scale <= 1)) reader.fail("scale", "must be in [0, 1]");
  settings.scale = {-0.5 * scale, 0.5 * scale};
  read_filling(reader, settings);
  settings.fill_mode = "constant";
  return settings;
}

Drawn draw_perspective(const Settings& settings, const Shape& images, Dice& dice) {
  const Tensor chosen = dice.chances(images[0], settings.factor);
  const auto right = static_cast<float>(images[2] - 1), bottom = static_cast<float>(images[1] - 1);
  const Tensor corners =
      Tensor::from(std::vector<float>{0, 0, right, 0, 0, bottom, right, bottom}, {1, 4, 2});
  const Tensor start = broadcast_to(corners, {images[0], 4, 2});
  const Tensor end = start + start * dice.uniform({images[0], 4, 2}, settings.scale);
  return {{"apply_perspective", chosen}, {"start_points", start}, {"end_points", end}};
}

Tensor apply_perspective(const Settings& settings, const Tensor& images, const Drawn& drawn, Dice&) {
  // The eight numbers that lead from the end points to the start points, by as many equations.
  std::vector<Tensor> equations, right_sides;
  for (int64_t corner = 0; corner < 4; ++corner) {
    const auto at = [&](const char* name, int64_t axis) {
      return index(drawn.at(name), {ellipsis, corner, axis});
    };
    const Tensor x = at("end_points", 0), y = at("end_points", 1), one = ones_like(x), none = zeros_like(x);
    const Tensor start_x = at("start_points", 0), start_y = at("start_points", 1);
    equations.push_back(stack({x, y, one, none, none, none, -start_x * x, -start_x * y}, -1));
    equations.push_back(stack({none, none, none, x, y, one, -start_y * x, -start_y * y}, -1));
    right_sides.push_back(start_x);
    right_sides.push_back(start_y);
  }
  const Tensor solved = linalg::solve(stack(equations, 1), expand_dims(stack(right_sides, -1), -1));
  std::vector<Tensor> row;
  for (int64_t i = 0; i < 8; ++i) row.push_back(index(solved, {ellipsis, i, 0}));
  return where(each_image(drawn.at("apply_perspective"), images), moved(settings, images, row), images);
}

// ---- Blur ----

// exp(-(x / sigma)^2 / 2) around the middle of `size`, its sum 1; beyond `reach` nothing.
Tensor bell(int64_t size, const Tensor& sigma, const Tensor& reach = {}) {
  const Tensor x = cast(arange(size), DType::kFloat32) - static_cast<double>(size - 1) / 2;
  Tensor weights = exp(square(x / sigma) * -0.5);
  if (reach.defined()) weights = where(ops::less_equal(abs(x), reach), weights, 0.0);
  return weights / sum(weights);
}

Settings read_blur(ConfigReader& reader) {
  Settings settings = read_common(reader);
  settings.factor = read_bounds(reader, "factor", 0, 1, 1.0);
  settings.sigma = read_bounds(reader, "sigma", 0, 1, 1.0);
  std::vector<int64_t> size = {3, 3};
  if (reader.json("kernel_size").is_list()) {
    size = reader.integers("kernel_size");
    if (size.size() != 2) reader.fail("kernel_size", "must be an odd number or a list of two");
  } else {
    size[0] = size[1] = reader.integer("kernel_size", 3);
  }
  for (const int64_t extent : size) {
    if (extent < 1 || extent % 2 == 0 || extent > 1023)
      reader.fail("kernel_size", "must be odd, and from 1 to 1023");
  }
  settings.kernel_size = {size[0], size[1]};
  return settings;
}

Drawn draw_blur(const Settings& settings, const Shape& images, Dice& dice) {
  const Tensor chosen = dice.chances(images[0], settings.factor);
  return {{"should_apply_blur", chosen}, {"blur_factor", dice.uniform({2}, settings.sigma) + 1e-6}};
}

Tensor apply_blur(const Settings& settings, const Tensor& images, const Drawn& drawn, Dice&) {
  const Tensor& sigma = drawn.at("blur_factor");
  const auto [first, second] = settings.kernel_size;
  const Tensor x = bell(first, index(sigma, {0})), y = bell(second, index(sigma, {1}));
  // Keras makes the product with y along the rows and then names its axes the other way around.
  const Tensor kernel = reshape(expand_dims(y, 1) * expand_dims(x, 0), {first, second});
  const Tensor blurred =
      where(each_image(drawn.at("should_apply_blur"), images), filtered(images, kernel), images);
  return clip(blurred, settings.value_range.first, settings.value_range.second);
}

// ---- Elastic distortion ----

Settings read_elastic(ConfigReader& reader) {
  Settings settings = read_common(reader);
  settings.factor = read_bounds(reader, "factor", 0, 1, 1.0);
  settings.scale = read_bounds(reader, "scale", 0, 1, 1.0);
  read_filling(reader, settings);
  settings.fill_mode = reader.string("fill_mode", "reflect");
  for (const char* known : {"constant", "nearest", "wrap", "mirror", "reflect"}) {
    if (settings.fill_mode == known) return settings;
  }
  reader.fail("fill_mode", "must be 'constant', 'nearest', 'wrap', 'mirror' or 'reflect'");
}

Drawn draw_elastic(const Settings& settings, const Shape& images, Dice& dice) {
  const Tensor chosen = dice.chances(images[0], settings.factor);
  return {{"apply_transform", chosen},
          {"distortion_factor", dice.uniform({}, settings.scale)},
          {"noise", dice.normal({images[0], images[1], images[2]})}};
}

// Where places beyond the border lead, int32; what is beyond it after all is told by `valid`.
Tensor folded(const Tensor& place, int64_t extent, const std::string& fill_mode, Tensor& valid) {
  const auto size = static_cast<double>(extent);
  if (fill_mode == "constant") {
    const Tensor in = ops::logical_and(ops::greater_equal(place, 0.0), ops::less(place, size));
    valid = valid.defined() ? ops::logical_and(valid, in) : in;
  }
  Tensor inner = place;
  if (fill_mode == "wrap") inner = mod(place, size);
  if (fill_mode == "reflect" || fill_mode == "mirror") {
    const Tensor along = mod(abs(place), 2 * size);
    inner = where(ops::less(along, size), along, (fill_mode == "reflect" ? 2 * size - 1 : 2 * size) - along);
  }
  return clip(inner, 0, size - 1);
}

Tensor apply_elastic(const Settings& settings, const Tensor& images, const Drawn& drawn, Dice&) {
  if (settings.scale.upper == 0 || settings.factor.upper == 0) return images;
  const Shape& s = images.shape();
  const double shorter = static_cast<double>(std::min(s[1], s[2])),
               longer = static_cast<double>(std::max(s[1], s[2]));
  const Tensor& factor = drawn.at("distortion_factor");
  const Tensor alpha = factor * (0.1 * longer), sigma = factor * (0.05 * shorter);
  // The kernel reaches 3 * floor(sigma) far, which is random: one for the largest, with zeros beyond.
  const auto widest = static_cast<int64_t>(3 * std::floor(0.05 * shorter * settings.scale.upper));
  const Tensor weights = bell(2 * widest + 1, maximum(sigma, 1e-30), floor(sigma) * 3.0);
  // Keras draws the way down with the numbers of the way to the right.
  const Tensor noise = expand_dims(drawn.at("noise"), 3) * sigma;
  const Tensor smooth = filtered(filtered(noise, expand_dims(weights, 0)), expand_dims(weights, 1));
  const Tensor way = squeeze(smooth, {3}) * alpha;
  const Tensor y = expand_dims(expand_dims(cast(arange(s[1]), DType::kFloat32), 1), 0) + way;
  const Tensor x = expand_dims(expand_dims(cast(arange(s[2]), DType::kFloat32), 0), 0) + way;

  const bool nearest = settings.interpolation == "nearest";
  const Tensor top = nearest ? round(y) : floor(y), left = nearest ? round(x) : floor(x);
  const Tensor below = y - top, beside = x - left;
  const Tensor rows = reshape(images, {s[0], s[1] * s[2], s[3]});
  const auto at = [&](double down, double right) {
    Tensor valid;
    const Tensor row = folded(top + down, s[1], settings.fill_mode, valid);
    const Tensor column = folded(left + right, s[2], settings.fill_mode, valid);
    const Tensor place = cast(row * static_cast<double>(s[2]) + column, DType::kInt32);
    const Tensor indices = broadcast_to(reshape(place, {s[0], s[1] * s[2], 1}), {s[0], s[1] * s[2], s[3]});
    Tensor found = reshape(take_along_axis(rows, indices, 1), s);
    if (valid.defined()) found = where(expand_dims(valid, 3), found, settings.fill_value[0]);
    return found;
  };
  const auto share = [&](const Tensor& part) { return cast(expand_dims(part, 3), images.dtype()); };
  Tensor bent = at(0, 0);
  if (!nearest) {
    const Tensor down = share(below), right = share(beside);
    bent = (bent * (1.0 - right) + at(0, 1) * right) * (1.0 - down) +
           (at(1, 0) * (1.0 - right) + at(1, 1) * right) * down;
  }
  const Tensor chosen = where(each_image(drawn.at("apply_transform"), images), bent, images);
  return clip(chosen, settings.value_range.first, settings.value_range.second);
}

const bool place_augmentations_registered = [] {
  add_augmentation({"RandomShear", read_shear, draw_shear, apply_shear});
  add_augmentation({"RandomPerspective", read_perspective, draw_perspective, apply_perspective});
  add_augmentation({"RandomGaussianBlur", read_blur, draw_blur, apply_blur});
  add_augmentation({"RandomElasticTransform", read_elastic, draw_elastic, apply_elastic});
  return true;
}();

}  // namespace
}  // namespace lamina::detail
