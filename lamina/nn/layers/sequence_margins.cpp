// ZeroPadding1D, Cropping1D, UpSampling1D.
#include "lamina/nn/layers/sequence_margins.h"

#include <limits>

#include "lamina/nn/config.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/rearrange.h"
#include "lamina/ops/slice.h"

namespace lamina {
namespace {

Json margins_json(const StepMargins& margins) { return Json::list({margins.first, margins.second}); }

std::string margins_error(const char* what, const StepMargins& margins) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  for (const int64_t margin : {margins.first, margins.second}) {
    if (margin < 0 || margin > kMost)
      return std::string(what) + " must be from 0 to 2^31 - 1, received " + margins_json(margins).dump();
  }
  return {};
}

// A number or two.
StepMargins read_margins(ConfigReader& reader, const char* key) {
  if (reader.json(key).is_null()) return {1, 1};
  const Size2 sides = reader.size2(key, {1, 1});
  return {sides.height, sides.width};
}

}  // namespace

ZeroPadding1D::ZeroPadding1D(StepMargins padding, const SequenceMarginsOptions& options)
    : KerasLayer<ZeroPadding1D>(options.name, options.trainable, options.dtype), padding_(padding) {
  if (const std::string error = margins_error("padding", padding); !error.empty()) fail(error);
}

Shape ZeroPadding1D::compute_output_shape(const Shape& input) const {
  require_rank(input, 3, "(batch, steps, channels)");
  return {input[0], input[1] < 0 ? -1 : input[1] + padding_.first + padding_.second, input[2]};
}

Tensor ZeroPadding1D::call(const Tensor& x, CallContext&) const {
  return pad(x, {{0, 0}, {padding_.first, padding_.second}, {0, 0}});
}

Json ZeroPadding1D::own_config() const {
  return Json::object({{"padding", margins_json(padding_)}, {"data_format", "channels_last"}});
}

Cropping1D::Cropping1D(StepMargins cropping, const SequenceMarginsOptions& options)
    : KerasLayer<Cropping1D>(options.name, options.trainable, options.dtype), cropping_(cropping) {
  if (const std::string error = margins_error("cropping", cropping); !error.empty()) fail(error);
}

Shape Cropping1D::compute_output_shape(const Shape& input) const {
  require_rank(input, 3, "(batch, steps, channels)");
  const int64_t less = cropping_.first + cropping_.second;
  if (input[1] < 0) return {input[0], -1, input[2]};
  if (input[1] <= less)
    fail("cropping = " + margins_json(cropping_).dump() + " leaves nothing of input of shape " + input.str());
  return {input[0], input[1] - less, input[2]};
}

Tensor Cropping1D::call(const Tensor& x, CallContext&) const {
  return slice(x, {0, cropping_.first}, {x.shape()[0], x.shape()[1] - cropping_.second});
}

Json Cropping1D::own_config() const { return Json::object({{"cropping", margins_json(cropping_)}}); }

UpSampling1D::UpSampling1D(int64_t size, const SequenceMarginsOptions& options)
    : KerasLayer<UpSampling1D>(options.name, options.trainable, options.dtype), size_(size) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  if (size < 1 || size > kMost) fail("size must be from 1 to 2^31 - 1, received " + std::to_string(size));
}

Shape UpSampling1D::compute_output_shape(const Shape& input) const {
  require_rank(input, 3, "(batch, steps, channels)");
  return {input[0], input[1] < 0 ? -1 : input[1] * size_, input[2]};
}

Tensor UpSampling1D::call(const Tensor& x, CallContext&) const { return repeat(x, size_, 1); }

Json UpSampling1D::own_config() const { return Json::object({{"size", size_}}); }

namespace {

const bool padding_registered = register_layer("ZeroPadding1D", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "ZeroPadding1D");
  SequenceMarginsOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const StepMargins padding = read_margins(reader, "padding");
  reader.only("data_format", "channels_last");
  reader.done();
  return std::make_shared<ZeroPadding1D>(padding, options);
});

const bool cropping_registered = register_layer("Cropping1D", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Cropping1D");
  SequenceMarginsOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const StepMargins cropping = read_margins(reader, "cropping");
  reader.done();
  return std::make_shared<Cropping1D>(cropping, options);
});

const bool up_registered = register_layer("UpSampling1D", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "UpSampling1D");
  SequenceMarginsOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const int64_t size = reader.integer("size", 2);
  reader.done();
  return std::make_shared<UpSampling1D>(size, options);
});

}  // namespace

}  // namespace lamina
