// Pooling of volumes.
#include "lamina/nn/layers/pooling3d.h"

#include "lamina/nn/config.h"
#include "lamina/nn/layers/spatial.h"
#include "lamina/ops/conv3d.h"
#include "lamina/ops/reduce.h"

namespace lamina {

Pooling3D::Pooling3D(Size3 pool_size, const Pooling3DOptions& options)
    : Layer(options.name, options.trainable, options.dtype),
      pool_size_(pool_size),
      strides_(options.strides.value_or(pool_size)),
      padding_(options.padding) {}

void Pooling3D::check() const {
  for (const std::string& error :
       {detail::volume_window_error("pool_size", pool_size_), detail::volume_window_error("strides", strides_),
        detail::padding_error(padding_)}) {
    if (!error.empty()) fail(error);
  }
}

Shape Pooling3D::compute_output_shape(const Shape& input) const {
  require_rank(input, 5, "(batch, depth, height, width, channels)");
  const Size3 places = detail::volume_windows(input, pool_size_, strides_, 1, padding_);
  for (const int64_t extent : places.values()) {
    if (extent == 0)
      fail("the window " + detail::triple_json(pool_size_).dump() + " does not fit into input of shape " + input.str() +
           "; make it smaller or use padding 'same'");
  }
  return {input[0], places.depth, places.height, places.width, input[4]};
}

Json Pooling3D::own_config() const {
  return Json::object({{"pool_size", detail::triple_json(pool_size_)},
                       {"padding", padding_},
                       {"strides", detail::triple_json(strides_)},
                       {"data_format", "channels_last"}});
}

MaxPooling3D::MaxPooling3D(Size3 pool_size, const Pooling3DOptions& options)
    : KerasLayer<MaxPooling3D, Pooling3D>(pool_size, options) {
  check();
}

Tensor MaxPooling3D::call(const Tensor& x, CallContext&) const {
  return max_pool3d(x, pool_size_.values(), strides_.values(), padding_);
}

AveragePooling3D::AveragePooling3D(Size3 pool_size, const Pooling3DOptions& options)
    : KerasLayer<AveragePooling3D, Pooling3D>(pool_size, options) {
  check();
}

Tensor AveragePooling3D::call(const Tensor& x, CallContext&) const {
  return avg_pool3d(x, pool_size_.values(), strides_.values(), padding_);
}

GlobalPooling3D::GlobalPooling3D(const GlobalPooling3DOptions& options)
    : Layer(options.name, options.trainable, options.dtype), keepdims_(options.keepdims) {}

Shape GlobalPooling3D::compute_output_shape(const Shape& input) const {
  require_rank(input, 5, "(batch, depth, height, width, channels)");
  return keepdims_ ? Shape{input[0], 1, 1, 1, input[4]} : Shape{input[0], input[4]};
}

Json GlobalPooling3D::own_config() const {
  return Json::object({{"data_format", "channels_last"}, {"keepdims", keepdims_}});
}

GlobalAveragePooling3D::GlobalAveragePooling3D(const GlobalPooling3DOptions& options)
    : KerasLayer<GlobalAveragePooling3D, GlobalPooling3D>(options) {}

Tensor GlobalAveragePooling3D::call(const Tensor& x, CallContext&) const { return mean(x, {1, 2, 3}, keepdims_); }

GlobalMaxPooling3D::GlobalMaxPooling3D(const GlobalPooling3DOptions& options)
    : KerasLayer<GlobalMaxPooling3D, GlobalPooling3D>(options) {}

Tensor GlobalMaxPooling3D::call(const Tensor& x, CallContext&) const { return max(x, {1, 2, 3}, keepdims_); }

namespace {

template <class Pooling>
std::shared_ptr<Layer> windowed(const Json& config, const char* class_name) {
  ConfigReader reader(config, class_name);
  Pooling3DOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const Size3 pool_size = detail::read_size3(reader, "pool_size", 2);
  options.strides = detail::read_size3(reader, "strides", pool_size);
  options.padding = reader.string("padding", "valid");
  reader.only("data_format", "channels_last");
  reader.done();
  return std::make_shared<Pooling>(pool_size, options);
}

template <class Pooling>
std::shared_ptr<Layer> global(const Json& config, const char* class_name) {
  ConfigReader reader(config, class_name);
  GlobalPooling3DOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  options.keepdims = reader.boolean("keepdims", false);
  reader.only("data_format", "channels_last");
  reader.done();
  return std::make_shared<Pooling>(options);
}

const bool max_registered = register_layer(
    "MaxPooling3D", [](const Json& config) { return windowed<MaxPooling3D>(config, "MaxPooling3D"); });
const bool average_registered = register_layer(
    "AveragePooling3D", [](const Json& config) { return windowed<AveragePooling3D>(config, "AveragePooling3D"); });
const bool global_max_registered = register_layer("GlobalMaxPooling3D", [](const Json& config) {
  return global<GlobalMaxPooling3D>(config, "GlobalMaxPooling3D");
});
const bool global_average_registered = register_layer("GlobalAveragePooling3D", [](const Json& config) {
  return global<GlobalAveragePooling3D>(config, "GlobalAveragePooling3D");
});

}  // namespace

}  // namespace lamina
