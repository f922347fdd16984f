// ZeroPadding3D, Cropping3D, UpSampling3D.
#include "lamina/nn/layers/volume_margins.h"

#include <limits>

#include "lamina/nn/config.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/rearrange.h"
#include "lamina/ops/slice.h"

namespace lamina {
namespace {

constexpr const char* kLayout = "(batch, depth, height, width, channels)";

Json margins_json(const Margins3D& margins) {
  Json all = Json::list();
  for (const auto& [before, behind] : margins.sides) all.push_back(Json::list({before, behind}));
  return all;
}

std::string margins_error(const char* what, const Margins3D& margins) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  for (const auto& side : margins.sides) {
    for (const int64_t margin : {side.first, side.second}) {
      if (margin < 0 || margin > kMost)
        return std::string(what) + " must be from 0 to 2^31 - 1, received " + margins_json(margins).dump();
    }
  }
  return {};
}

// A number, three, or three pairs.
Margins3D read_margins(ConfigReader& reader, const char* key) {
  const Json value = reader.json(key);
  if (value.is_null()) return 1;
  if (value.is_int()) return value.as_int();
  const auto refuse = [&] { reader.fail(key, "must be a number, three, or three pairs, received " + value.dump()); };
  if (!value.is_list() || value.size() != 3) refuse();
  Margins3D margins;
  for (size_t axis = 0; axis < 3; ++axis) {
    const Json& entry = value.at(axis);
    const bool two = entry.is_list() && entry.size() == 2;
    const Json& before = two ? entry.at(size_t{0}) : entry;
    const Json& behind = two ? entry.at(1) : entry;
    if (!before.is_int() || !behind.is_int()) refuse();
    margins.sides[axis] = {before.as_int(), behind.as_int()};
  }
  return margins;
}

}  // namespace

ZeroPadding3D::ZeroPadding3D(const Margins3D& padding, const VolumeMarginsOptions& options)
    : KerasLayer<ZeroPadding3D>(options.name, options.trainable, options.dtype), padding_(padding) {
  if (const std::string error = margins_error("padding", padding); !error.empty()) fail(error);
}

Shape ZeroPadding3D::compute_output_shape(const Shape& input) const {
  require_rank(input, 5, kLayout);
  Shape output = input;
  for (int axis = 1; axis < 4; ++axis) {
    const auto& [before, behind] = padding_.sides[static_cast<size_t>(axis - 1)];
    if (input[axis] >= 0) output.set(axis, input[axis] + before + behind);
  }
  return output;
}

Tensor ZeroPadding3D::call(const Tensor& x, CallContext&) const {
  return pad(x, {{0, 0}, padding_.sides[0], padding_.sides[1], padding_.sides[2], {0, 0}});
}

Json ZeroPadding3D::own_config() const {
  return Json::object({{"padding", margins_json(padding_)}, {"data_format", "channels_last"}});
}

Cropping3D::Cropping3D(const Margins3D& cropping, const VolumeMarginsOptions& options)
    : KerasLayer<Cropping3D>(options.name, options.trainable, options.dtype), cropping_(cropping) {
  if (const std::string error = margins_error("cropping", cropping); !error.empty()) fail(error);
}

Shape Cropping3D::compute_output_shape(const Shape& input) const {
  require_rank(input, 5, kLayout);
  Shape output = input;
  for (int axis = 1; axis < 4; ++axis) {
    const auto& [before, behind] = cropping_.sides[static_cast<size_t>(axis - 1)];
    if (input[axis] < 0) continue;
    if (input[axis] <= before + behind)
      fail("cropping = " + margins_json(cropping_).dump() + " leaves nothing of input of shape " + input.str());
    output.set(axis, input[axis] - before - behind);
  }
  return output;
}

Tensor Cropping3D::call(const Tensor& x, CallContext&) const {
  std::vector<int64_t> starts{0}, stops{x.shape()[0]};
  for (int axis = 1; axis < 4; ++axis) {
    const auto& [before, behind] = cropping_.sides[static_cast<size_t>(axis - 1)];
    starts.push_back(before);
    stops.push_back(x.shape()[axis] - behind);
  }
  return slice(x, starts, stops);
}

Json Cropping3D::own_config() const {
  return Json::object({{"cropping", margins_json(cropping_)}, {"data_format", "channels_last"}});
}

UpSampling3D::UpSampling3D(Size3 size, const VolumeMarginsOptions& options)
    : KerasLayer<UpSampling3D>(options.name, options.trainable, options.dtype), size_(size) {
  if (const std::string error = detail::volume_window_error("size", size); !error.empty()) fail(error);
}

Shape UpSampling3D::compute_output_shape(const Shape& input) const {
  require_rank(input, 5, kLayout);
  Shape output = input;
  for (int axis = 1; axis < 4; ++axis) {
    if (input[axis] >= 0) output.set(axis, input[axis] * size_.values()[static_cast<size_t>(axis - 1)]);
  }
  return output;
}

Tensor UpSampling3D::call(const Tensor& x, CallContext&) const {
  Tensor y = x;
  for (int axis = 1; axis < 4; ++axis) {
    const int64_t times = size_.values()[static_cast<size_t>(axis - 1)];
    if (times > 1) y = repeat(y, times, axis);
  }
  return y;
}

Json UpSampling3D::own_config() const {
  return Json::object({{"size", detail::triple_json(size_)}, {"data_format", "channels_last"}});
}

namespace {

const bool padding_registered = register_layer("ZeroPadding3D", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "ZeroPadding3D");
  VolumeMarginsOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const Margins3D padding = read_margins(reader, "padding");
  reader.only("data_format", "channels_last");
  reader.done();
  return std::make_shared<ZeroPadding3D>(padding, options);
});

const bool cropping_registered = register_layer("Cropping3D", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Cropping3D");
  VolumeMarginsOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const Margins3D cropping = read_margins(reader, "cropping");
  reader.only("data_format", "channels_last");
  reader.done();
  return std::make_shared<Cropping3D>(cropping, options);
});

const bool up_registered = register_layer("UpSampling3D", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "UpSampling3D");
  VolumeMarginsOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const Size3 size = detail::read_size3(reader, "size", 2);
  reader.only("data_format", "channels_last");
  reader.done();
  return std::make_shared<UpSampling3D>(size, options);
});

}  // namespace

}  // namespace lamina
