// MaxPooling2D and AveragePooling2D.
#include "lamina/nn/layers/pooling2d.h"

#include "lamina/nn/config.h"
#include "lamina/nn/layers/spatial.h"
#include "lamina/ops/pool2d.h"

namespace lamina {

Pooling2D::Pooling2D(Size2 pool_size, const Pooling2DOptions& options)
    : Layer(options.name, true),
      pool_size_(pool_size),
      strides_(options.strides == Size2() ? pool_size : options.strides),
      padding_(options.padding) {}

void Pooling2D::check() const {
  for (const std::string& error :
       {detail::window_error("pool_size", pool_size_), detail::window_error("strides", strides_),
        detail::padding_error(padding_)}) {
    if (!error.empty()) fail(error);
  }
}

Shape Pooling2D::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  const int64_t height = detail::num_windows(input[1], pool_size_.height, strides_.height, 1, padding_);
  const int64_t width = detail::num_windows(input[2], pool_size_.width, strides_.width, 1, padding_);
  if (height == 0 || width == 0) {
    fail("the window (" + std::to_string(pool_size_.height) + ", " + std::to_string(pool_size_.width) +
         ") does not fit into input of shape " + input.str() + "; make it smaller or use padding 'same'");
  }
  return {input[0], height, width, input[3]};
}

Json Pooling2D::own_config() const {
  return Json::object({{"pool_size", detail::pair_json(pool_size_)},
                       {"padding", padding_},
                       {"strides", detail::pair_json(strides_)},
                       {"data_format", "channels_last"}});
}

MaxPooling2D::MaxPooling2D(Size2 pool_size, const Pooling2DOptions& options)
    : KerasLayer<MaxPooling2D, Pooling2D>(pool_size, options) {
  check();
}

Tensor MaxPooling2D::call(const Tensor& x, CallContext&) const {
  return max_pool2d(x, detail::pair(pool_size_), detail::pair(strides_), padding_);
}

AveragePooling2D::AveragePooling2D(Size2 pool_size, const Pooling2DOptions& options)
    : KerasLayer<AveragePooling2D, Pooling2D>(pool_size, options) {
  check();
}

Tensor AveragePooling2D::call(const Tensor& x, CallContext&) const {
  return avg_pool2d(x, detail::pair(pool_size_), detail::pair(strides_), padding_);
}

namespace {

template <class Pooling>
std::shared_ptr<Layer> windowed(const Json& config, const char* class_name) {
  ConfigReader reader(config, class_name);
  Pooling2DOptions options;
  bool trainable = true;
  std::string dtype;
  reader.layer_arguments(options.name, trainable, &dtype);
  const Size2 pool_size = reader.size2("pool_size", {2, 2});
  options.strides = reader.size2("strides", {});
  options.padding = reader.string("padding", "valid");
  reader.only("data_format", "channels_last");
  reader.done();
  const auto layer = std::make_shared<Pooling>(pool_size, options);
  if (!dtype.empty()) layer->set_dtype_policy(dtype);
  return layer;
}

const bool max_registered = register_layer(
    "MaxPooling2D", [](const Json& config) { return windowed<MaxPooling2D>(config, "MaxPooling2D"); });
const bool average_registered = register_layer("AveragePooling2D", [](const Json& config) {
  return windowed<AveragePooling2D>(config, "AveragePooling2D");
});

}  // namespace

}  // namespace lamina
