// MaxPooling1D and AveragePooling1D, as pooling of images that are one pixel wide.
#include "lamina/nn/layers/pooling1d.h"

#include "lamina/nn/layers/kernel_arguments.h"
#include "lamina/nn/layers/spatial.h"
#include "lamina/ops/pool2d.h"
#include "lamina/ops/reshape.h"

namespace lamina {

Pooling1D::Pooling1D(int64_t pool_size, const Pooling1DOptions& options)
    : Layer(options.name, options.trainable, options.dtype),
      pool_size_(pool_size),
      strides_(options.strides.value_or(pool_size)),
      padding_(options.padding) {}

void Pooling1D::check() const {
  for (const std::string& error :
       {detail::window_error("pool_size", {pool_size_, 1}), detail::window_error("strides", {strides_, 1}),
        detail::padding_error(padding_)}) {
    if (!error.empty()) fail(error);
  }
}

Shape Pooling1D::compute_output_shape(const Shape& input) const {
  require_rank(input, 3, "(batch, steps, channels)");
  const int64_t steps = detail::num_windows(input[1], pool_size_, strides_, 1, padding_);
  if (steps == 0) {
    fail("the window of " + std::to_string(pool_size_) + " steps does not fit into input of shape " +
         input.str() + "; make it smaller or use padding 'same'");
  }
  return {input[0], steps, input[2]};
}

Json Pooling1D::own_config() const {
  return Json::object({{"pool_size", Json::list({pool_size_})},
                       {"padding", padding_},
                       {"strides", Json::list({strides_})},
                       {"data_format", "channels_last"}});
}

MaxPooling1D::MaxPooling1D(int64_t pool_size, const Pooling1DOptions& options)
    : KerasLayer<MaxPooling1D, Pooling1D>(pool_size, options) {
  check();
}

Tensor MaxPooling1D::call(const Tensor& x, CallContext&) const {
  return squeeze(max_pool2d(expand_dims(x, 2), {pool_size_, 1}, {strides_, 1}, padding_), {2});
}

AveragePooling1D::AveragePooling1D(int64_t pool_size, const Pooling1DOptions& options)
    : KerasLayer<AveragePooling1D, Pooling1D>(pool_size, options) {
  check();
}

Tensor AveragePooling1D::call(const Tensor& x, CallContext&) const {
  return squeeze(avg_pool2d(expand_dims(x, 2), {pool_size_, 1}, {strides_, 1}, padding_), {2});
}

namespace {

template <class Pooling>
std::shared_ptr<Layer> windowed(const Json& config, const char* class_name) {
  ConfigReader reader(config, class_name);
  Pooling1DOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const int64_t pool_size = detail::single(reader, "pool_size", 2);
  options.strides = detail::single(reader, "strides", pool_size);
  options.padding = reader.string("padding", "valid");
  reader.only("data_format", "channels_last");
  reader.done();
  return std::make_shared<Pooling>(pool_size, options);
}

const bool max_registered = register_layer(
    "MaxPooling1D", [](const Json& config) { return windowed<MaxPooling1D>(config, "MaxPooling1D"); });
const bool average_registered = register_layer("AveragePooling1D", [](const Json& config) {
  return windowed<AveragePooling1D>(config, "AveragePooling1D");
});

}  // namespace

}  // namespace lamina
