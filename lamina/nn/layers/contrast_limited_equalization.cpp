// ContrastLimitedAdaptiveHistogramEqualization, on a scale of 255 as Keras computes it.
#include "lamina/nn/layers/contrast_limited_equalization.h"

#include <algorithm>
#include <cmath>
#include <limits>

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

constexpr int64_t kLevels = 256;

// One axis of an image, cut into tiles.
struct TiledAxis {
  int64_t extent, tiles, size;  ///< pixels, tiles, pixels of a tile
  std::vector<int32_t> source;  ///< the pixel that each one comes from: what is missing is mirrored
  std::vector<int32_t> tile;    ///< the tile in which it lies
  std::vector<int32_t> before, after;  ///< of the image's pixels: the curves around them, of which tiles' first and last are doubled
  std::vector<float> weight;           ///< of the one after
};

TiledAxis tiled(int64_t extent, int64_t tiles) {
  TiledAxis axis{extent, tiles, (extent + tiles - 1) / tiles, {}, {}, {}, {}, {}};
  for (int64_t i = 0; i < axis.size * tiles; ++i) {
    const int64_t at = i % (2 * extent);
    axis.source.push_back(static_cast<int32_t>(at < extent ? at : 2 * extent - 1 - at));
    axis.tile.push_back(static_cast<int32_t>(i / axis.size));
  }
  for (int64_t i = 0; i < extent; ++i) {
    const float place = (static_cast<float>(i) - static_cast<float>(axis.size) / 2) / static_cast<float>(axis.size) + 1;
    const float floor = std::floor(place);
    const auto within = [&](float tile) { return static_cast<int32_t>(std::clamp<float>(tile, 0, static_cast<float>(tiles + 1))); };
    axis.before.push_back(within(floor));
    axis.after.push_back(within(floor + 1));
    axis.weight.push_back(place - floor);
  }
  return axis;
}

// Numbers of an axis as they broadcast against (batch, height, width, channels).
template <class Number>
Tensor along(const std::vector<Number>& values, int place) {
  std::vector<int64_t> shape(4, 1);
  shape[static_cast<size_t>(place)] = static_cast<int64_t>(values.size());
  return Tensor::from(values, Shape(shape));
}

}  // namespace

ContrastLimitedAdaptiveHistogramEqualization::ContrastLimitedAdaptiveHistogramEqualization(
    const ContrastLimitedAdaptiveHistogramEqualizationOptions& options)
    : KerasLayer<ContrastLimitedAdaptiveHistogramEqualization>(options.name, options.trainable, options.dtype),
      options_(options) {
  const auto [low, high] = options.value_range;
  if (!std::isfinite(low) || !std::isfinite(high) || low == high) fail("value_range must be two different numbers");
  const auto [rows, columns] = options.tile_grid_size;
  constexpr int64_t kMost = 1 << 20;
  if (rows < 1 || columns < 1 || rows > kMost || columns > kMost / rows)
    fail("tile_grid_size must be two positive numbers with a product of at most 2^20, received (" +
         std::to_string(rows) + ", " + std::to_string(columns) + ")");
  if (std::isnan(options.clip_limit)) fail("clip_limit must be a number");
}

Shape ContrastLimitedAdaptiveHistogramEqualization::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  return input;
}

Tensor ContrastLimitedAdaptiveHistogramEqualization::call(const Tensor& x, CallContext&) const {
  if (x.size() == 0) return x;
  const auto [low, high] = options_.value_range;
  const int64_t batch = x.shape()[0], channels = x.shape()[3];
  const TiledAxis rows = tiled(x.shape()[1], options_.tile_grid_size.first),
                  columns = tiled(x.shape()[2], options_.tile_grid_size.second);
  const int64_t tiles = (rows.tiles + 2) * (columns.tiles + 2);
  if (batch * channels > std::numeric_limits<int32_t>::max() / kLevels / tiles)
    fail("a batch of shape " + x.shape().str() + " has too many tiles; take fewer images at once, or fewer tiles");
  const Tensor bytes = (cast(x, DType::kFloat32) - low) / (high - low) * 255.0;
  const Tensor level = cast(clip(bytes, 0, 255), DType::kInt32);

  // How often each brightness is in each tile of each channel.
  const auto count = [](size_t n) { return static_cast<int64_t>(n); };
  const Tensor image = reshape(arange(batch), {batch, 1, 1, 1}), channel = reshape(arange(channels), {1, 1, 1, channels});
  const Tensor padded = take(take(level, Tensor::from(rows.source, {count(rows.source.size())}), 1),
                             Tensor::from(columns.source, {count(columns.source.size())}), 2);
  const Tensor tile = (image * static_cast<double>(rows.tiles) + along(rows.tile, 1)) * static_cast<double>(columns.tiles) +
                      along(columns.tile, 2);
  const Tensor place = (tile * static_cast<double>(channels) + channel) * static_cast<double>(kLevels) + padded;
  const Tensor places = reshape(place, {-1});
  const int64_t curves = batch * rows.tiles * columns.tiles * channels, pixels = rows.size * columns.size;
  Tensor counts = reshape(scatter_add(ones(places.shape()), places, 0, curves * kLevels), {curves, kLevels});
  if (options_.clip_limit > 0) {
    const Tensor clipped = minimum(counts, options_.clip_limit * static_cast<double>(pixels) / kLevels);
    counts = clipped + sum(counts - clipped, {-1}, true) / static_cast<double>(kLevels);
  }

  // What each brightness becomes there.
  const Tensor until = cumsum(counts, -1), least = min(until, {-1}, true);
  const Tensor rest = static_cast<double>(pixels) - least;
  const Tensor curve = clip((until - least) * 255.0 / where(equal(rest, 0.0), 1.0, rest), 0, 255);
  Tensor grid = reshape(curve, {batch, rows.tiles, columns.tiles, channels * kLevels});
  const auto doubled = [](const Tensor& curves, int axis) {
    const int64_t last = curves.shape()[axis] - 1;
    std::vector<int32_t> order{0};
    for (int64_t i = 0; i <= last; ++i) order.push_back(static_cast<int32_t>(i));
    order.push_back(static_cast<int32_t>(last));
    return take(curves, Tensor::from(order, {last + 3}), axis);
  };
  grid = reshape(doubled(doubled(grid, 1), 2), {-1});

  // Between the middles of tiles.
  const auto value = [&](const std::vector<int32_t>& row, const std::vector<int32_t>& column) {
    const Tensor at = (image * static_cast<double>(rows.tiles + 2) + along(row, 1)) * static_cast<double>(columns.tiles + 2) +
                      along(column, 2);
    return take(grid, (at * static_cast<double>(channels) + channel) * static_cast<double>(kLevels) + level, 0);
  };
  const Tensor right = along(columns.weight, 2), down = along(rows.weight, 1);
  const Tensor top = value(rows.before, columns.before) * (1.0 - right) + value(rows.before, columns.after) * right;
  const Tensor bottom = value(rows.after, columns.before) * (1.0 - right) + value(rows.after, columns.after) * right;
  const Tensor y = top * (1.0 - down) + bottom * down;
  return cast(y / 255.0 * (high - low) + low, x.dtype());
}

Json ContrastLimitedAdaptiveHistogramEqualization::own_config() const {
  return Json::object({{"data_format", "channels_last"},
                       {"value_range", Json::list({options_.value_range.first, options_.value_range.second})},
                       {"clip_limit", options_.clip_limit},
                       {"tile_grid_size", Json::list({options_.tile_grid_size.first, options_.tile_grid_size.second})}});
}

namespace {

const bool contrast_limited_equalization_registered = register_layer(
    "ContrastLimitedAdaptiveHistogramEqualization", [](const Json& config) -> std::shared_ptr<Layer> {
      ConfigReader reader(config, "ContrastLimitedAdaptiveHistogramEqualization");
      ContrastLimitedAdaptiveHistogramEqualizationOptions options;
      options.clip_limit = reader.number("clip_limit", options.clip_limit);
      const Size2 grid = reader.size2("tile_grid_size", {options.tile_grid_size.first, options.tile_grid_size.second});
      options.tile_grid_size = {grid.height, grid.width};
      const RandomColorOptions read = detail::read_color_options(reader);
      reader.done();
      options.value_range = read.value_range;
      options.name = read.name;
      options.trainable = read.trainable;
      options.dtype = read.dtype;
      return std::make_shared<ContrastLimitedAdaptiveHistogramEqualization>(options);
    });

}  // namespace

}  // namespace lamina
