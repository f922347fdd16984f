// Ranges, random columns and the rows of transformations.
#include "lamina/nn/layers/augmentation.h"

#include <algorithm>
#include <cmath>

#include "lamina/nn/config.h"
#include "lamina/ops/affine_transform.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/detail/affine_transform.h"
#include "lamina/ops/full.h"
#include "lamina/ops/random.h"
#include "lamina/ops/slice.h"

namespace lamina::detail {

Bounds bounds_of(const Factor& factor, double least) {
  if (factor.range) return {std::min(factor.lower, factor.upper), std::max(factor.lower, factor.upper)};
  const double size = std::abs(factor.lower);
  return {std::max(least, 0 - size), size};
}

std::string factor_error(const char* what, const Factor& factor, bool open) {
  const auto fits = [&](double x) { return (open ? x > -1 : x >= -1) && x <= 1; };
  if (fits(factor.lower) && fits(factor.upper)) return "";
  return std::string(what) + " must be a number or a list of two numbers in " +
         (open ? "(-1, 1]" : "[-1, 1]") + ", received " + factor_json(factor).dump();
}

std::string loose_factor_error(const char* what, const Factor& factor, double least) {
  const bool fits =
      factor.range ? factor.lower <= 1 && factor.upper >= least : factor.lower >= least && factor.lower <= 1;
  if (fits && std::isfinite(factor.lower) && std::isfinite(factor.upper)) return "";
  return std::string(what) + " must be a number or a list of two numbers in [" + (least < 0 ? "-1" : "0") +
         ", 1], received " + factor_json(factor).dump();
}

std::string affine_options_error(const RandomAffineOptions& options) {
  if (!fill_mode_of(options.fill_mode)) {
    return "fill_mode must be 'reflect', 'wrap', 'constant' or 'nearest', received '" + options.fill_mode +
           "'";
  }
  if (!is_affine_interpolation(options.interpolation)) {
    return "interpolation must be 'nearest' or 'bilinear', received '" + options.interpolation + "'";
  }
  return "";
}

Json factor_json(const Factor& factor) {
  return factor.range ? Json::list({factor.lower, factor.upper}) : Json(factor.lower);
}

Json bounds_json(const Bounds& bounds) { return Json::list({bounds.lower, bounds.upper}); }

Factor read_factor(ConfigReader& reader, const char* key) {
  if (!reader.json(key).is_list()) return reader.number(key);
  const std::vector<double> numbers = reader.numbers(key);
  if (numbers.size() != 2) reader.fail(key, "must be a number or a list of two");
  return {numbers[0], numbers[1]};
}

RandomAffineOptions read_affine_options(ConfigReader& reader) {
  RandomAffineOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  options.fill_mode = reader.string("fill_mode", "reflect");
  options.interpolation = reader.string("interpolation", "bilinear");
  options.seed = reader.optional_integer("seed");
  options.fill_value = reader.number("fill_value", 0);
  (void)reader.json("value_range");  // Keras 3.0 wrote one, of which places know nothing
  reader.only("data_format", "channels_last");
  return options;
}

RandomColorOptions read_color_options(ConfigReader& reader) {
  RandomColorOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  if (!reader.json("value_range").is_null()) {
    const std::vector<double> range = reader.numbers("value_range");
    if (range.size() != 2) reader.fail("value_range", "must be a list of two numbers");
    options.value_range = {range[0], range[1]};
  }
  options.seed = reader.optional_integer("seed");
  reader.only("data_format", "channels_last");
  return options;
}

Json value_range_json(const RandomColorOptions& options) {
  const auto number = [](double x) {
    return std::trunc(x) == x && std::abs(x) < 1e15 ? Json(static_cast<int64_t>(x)) : Json(x);
  };
  return Json::list({number(options.value_range.first), number(options.value_range.second)});
}

Json seed_json(const std::optional<int64_t>& seed) { return seed ? Json(*seed) : Json(); }

std::vector<Tensor> draw(CallContext& context, const std::optional<int64_t>& seed, int64_t batch,
                         const std::vector<Bounds>& bounds) {
  const CallContext::Random random = context.random(seed);
  const auto count = static_cast<int64_t>(bounds.size());
  const Tensor numbers = random_uniform(random.key, {count, batch}, random.stream);
  std::vector<Tensor> columns;
  for (int64_t i = 0; i < count; ++i) {
    const Bounds& b = bounds[static_cast<size_t>(i)];
    columns.push_back(index(numbers, {i}) * (b.upper - b.lower) + b.lower);
  }
  return columns;
}

Tensor transform_rows(const std::vector<Tensor>& columns) {
  const auto known =
      std::find_if(columns.begin(), columns.end(), [](const Tensor& c) { return c.defined(); });
  const Tensor zero = zeros_like(*known);
  std::vector<Tensor> all;
  for (const Tensor& column : columns) all.push_back(column.defined() ? column : zero);
  return stack(all, 1);
}

Tensor transformed(const Tensor& images, const std::vector<Tensor>& columns,
                   const RandomAffineOptions& options) {
  return affine_transform(images, transform_rows(columns),
                          {options.interpolation, options.fill_mode, options.fill_value});
}

}  // namespace lamina::detail
