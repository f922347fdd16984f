// AutoContrast, Equalization and Solarization, on a scale of 255 as Keras computes them.
#include "lamina/nn/layers/tone_curves.h"

#include <algorithm>
#include <cmath>

#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/cumulative.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

using Range = std::pair<double, double>;

Range sorted(const Range& range) { return std::minmax(range.first, range.second); }

std::string range_error(const Range& range) {
  if (std::isfinite(range.first) && std::isfinite(range.second) && range.first != range.second) return "";
  return "value_range must be two different numbers";
}

Tensor to_bytes(const Tensor& x, const Range& range) {
  return (x - range.first) * (255 / (range.second - range.first));
}

Tensor from_bytes(const Tensor& x, const Range& range) {
  return x * ((range.second - range.first) / 255) + range.first;
}

Json range_json(const Range& range) {
  RandomColorOptions options;
  options.value_range = range;
  return detail::value_range_json(options);
}

std::string unit_error(const char* what, const Factor& factor) {
  const auto fits = [](double x) { return x >= 0 && x <= 1; };
  if (fits(factor.lower) && fits(factor.upper)) return "";
  return std::string(what) + " must be a number or a list of two numbers in [0, 1], received " +
         detail::factor_json(factor).dump();
}

}  // namespace

AutoContrast::AutoContrast(const AutoContrastOptions& options)
    : KerasLayer<AutoContrast>(options.name, options.trainable, options.dtype),
      range_(sorted(options.value_range)) {
  if (const std::string error = range_error(range_); !error.empty()) fail(error);
}

Shape AutoContrast::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  return input;
}

Tensor AutoContrast::call(const Tensor& x, CallContext&) const {
  const Tensor bytes = to_bytes(x, range_);
  const Tensor low = min(bytes, {1, 2}, true), high = max(bytes, {1, 2}, true);
  const Tensor one_colour = equal(low, high);
  const Tensor scale = 255.0 / where(one_colour, 1.0, high - low);
  const Tensor stretched = clip(bytes * scale - low * scale, 0, 255);
  return where(one_colour, x, from_bytes(stretched, range_));
}

Json AutoContrast::own_config() const {
  return Json::object({{"data_format", "channels_last"}, {"value_range", range_json(range_)}});
}

Equalization::Equalization(const EqualizationOptions& options)
    : KerasLayer<Equalization>(options.name, options.trainable, options.dtype),
      range_(sorted(options.value_range)),
      bins_(options.bins) {
  if (const std::string error = range_error(range_); !error.empty()) fail(error);
  if (bins_ < 1 || bins_ > (1 << 24)) fail("bins must be from 1 to 2^24, received " + std::to_string(bins_));
}

Shape Equalization::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  return input;
}

Tensor Equalization::call(const Tensor& x, CallContext& context) const {
  if (!context.training) return x;
  const double last = static_cast<double>(bins_ - 1);
  std::vector<Tensor> channels;
  for (int64_t c = 0; c < x.shape()[3]; ++c) {
    const Tensor bytes = to_bytes(index(x, {ellipsis, c}), range_);
    const Tensor bin = cast(clip(bytes * (last / 255), 0, last), DType::kInt32);
    const Tensor places = reshape(bin, {-1});
    const Tensor counts = scatter_add(ones(places.shape()), places, 0, bins_);
    const Tensor until = cumsum(counts, 0);
    const Tensor all = sum(counts), least = min(where(ops::greater(until, 0.0), until, all));
    const Tensor spread = where(ops::greater(all - least, 0.0), all - least, 1.0);
    const Tensor curve = clip(round((until - least) * 255.0 / spread), 0, 255);
    const Tensor several = ops::greater(sum(cast(ops::greater(counts, 0.0), DType::kFloat32)), 1.0);
    const Tensor equalized = where(several, cast(take(curve, bin, 0), x.dtype()), bytes);
    channels.push_back(from_bytes(equalized, range_));
  }
  return stack(channels, -1);
}

Json Equalization::own_config() const {
  return Json::object(
      {{"data_format", "channels_last"}, {"bins", bins_}, {"value_range", range_json(range_)}});
}

Solarization::Solarization(const Factor& addition_factor, const Factor& threshold_factor,
                           const RandomColorOptions& options)
    : KerasLayer<Solarization>(options.name, options.trainable, options.dtype),
      addition_(detail::bounds_of(addition_factor, 0)),
      threshold_(detail::bounds_of(threshold_factor, 0)),
      options_(options) {
  options_.value_range = sorted(options.value_range);
  for (const std::string& error :
       {unit_error("addition_factor", addition_factor), unit_error("threshold_factor", threshold_factor),
        range_error(options_.value_range)}) {
    if (!error.empty()) fail(error);
  }
}

Shape Solarization::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  return input;
}

Tensor Solarization::call(const Tensor& x, CallContext& context) const {
  if (!context.training) return x;
  const int64_t batch = x.shape()[0];
  const std::vector<Tensor> drawn =
      detail::draw(context, options_.seed, batch,
                   {{addition_.lower, addition_.upper * 255}, {threshold_.lower, threshold_.upper * 255}});
  const auto each = [&](const Tensor& column) { return cast(reshape(column, {batch, 1, 1, 1}), x.dtype()); };
  const Tensor bytes = clip(to_bytes(x, options_.value_range) + each(drawn[0]), 0, 255);
  const Tensor solarized = where(ops::less(bytes, each(drawn[1])), bytes, 255.0 - bytes);
  return from_bytes(solarized, options_.value_range);
}

Json Solarization::own_config() const {
  return Json::object({{"data_format", "channels_last"},
                       {"value_range", detail::value_range_json(options_)},
                       {"addition_factor", detail::bounds_json(addition_)},
                       {"threshold_factor", detail::bounds_json(threshold_)},
                       {"seed", detail::seed_json(options_.seed)}});
}

namespace {

const bool contrast_registered =
    register_layer("AutoContrast", [](const Json& config) -> std::shared_ptr<Layer> {
      ConfigReader reader(config, "AutoContrast");
      const RandomColorOptions read = detail::read_color_options(reader);
      reader.done();
      return std::make_shared<AutoContrast>(
          AutoContrastOptions{read.value_range, read.name, read.trainable, read.dtype});
    });

const bool equalization_registered =
    register_layer("Equalization", [](const Json& config) -> std::shared_ptr<Layer> {
      ConfigReader reader(config, "Equalization");
      const RandomColorOptions read = detail::read_color_options(reader);
      const int64_t bins = reader.integer("bins", 256);
      reader.done();
      return std::make_shared<Equalization>(
          EqualizationOptions{read.value_range, bins, read.name, read.trainable, read.dtype});
    });

const bool solarization_registered =
    register_layer("Solarization", [](const Json& config) -> std::shared_ptr<Layer> {
      ConfigReader reader(config, "Solarization");
      const auto factor = [&](const char* key) {
        return reader.json(key).is_null() ? Factor(0) : detail::read_factor(reader, key);
      };
      const Factor addition = factor("addition_factor"), threshold = factor("threshold_factor");
      const RandomColorOptions options = detail::read_color_options(reader);
      reader.done();
      return std::make_shared<Solarization>(addition, threshold, options);
    });

}  // namespace

}  // namespace lamina
