// ZeroPadding2D.
#include "lamina/nn/layers/zero_padding2d.h"

#include "lamina/nn/config.h"
#include "lamina/ops/pad.h"

namespace lamina {

ZeroPadding2D::ZeroPadding2D(Margins2D padding, const ZeroPadding2DOptions& options)
    : KerasLayer<ZeroPadding2D>(options.name, options.trainable, options.dtype), padding_(padding) {
  if (const std::string error = detail::margins_error("padding", padding); !error.empty()) fail(error);
}

Shape ZeroPadding2D::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  const auto grown = [](int64_t extent, int64_t more) { return extent < 0 ? -1 : extent + more; };
  return {input[0], grown(input[1], padding_.top + padding_.bottom),
          grown(input[2], padding_.left + padding_.right), input[3]};
}

Tensor ZeroPadding2D::call(const Tensor& x, CallContext&) const {
  return pad(x, {{0, 0}, {padding_.top, padding_.bottom}, {padding_.left, padding_.right}, {0, 0}});
}

Json ZeroPadding2D::own_config() const {
  return Json::object({{"padding", detail::margins_json(padding_)}, {"data_format", "channels_last"}});
}

namespace {

const bool zero_padding2d_registered = register_layer("ZeroPadding2D", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "ZeroPadding2D");
  ZeroPadding2DOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const Margins2D padding = detail::read_margins(reader, "padding", {1, 1});
  reader.only("data_format", "channels_last");
  reader.done();
  return std::make_shared<ZeroPadding2D>(padding, options);
});

}  // namespace

}  // namespace lamina
