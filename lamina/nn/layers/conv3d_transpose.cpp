// Conv3DTranspose.
#include "lamina/nn/layers/conv3d_transpose.h"

#include "lamina/base/error.h"
#include "lamina/nn/activations/activation.h"
#include "lamina/nn/layers/kernel_arguments.h"
#include "lamina/nn/layers/spatial.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/conv3d.h"

namespace lamina {
namespace {

Conv3DTransposeOptions windows(const Conv3DTransposeLayerOptions& options) {
  return {.strides = options.strides.values(),
          .padding = options.padding,
          .output_padding = options.output_padding ? options.output_padding->values() : std::vector<int64_t>(),
          .dilations = options.dilation_rate.values()};
}

}  // namespace

Conv3DTranspose::Conv3DTranspose(int64_t filters, Size3 kernel_size, const Conv3DTransposeLayerOptions& options)
    : KerasLayer<Conv3DTranspose>(options.name, options.trainable, options.dtype),
      filters_(filters),
      kernel_size_(kernel_size),
      options_(options) {
  if (filters < 1) fail("filters must be positive, received " + std::to_string(filters));
  for (const std::string& error :
       {detail::volume_window_error("kernel_size", kernel_size), detail::volume_window_error("strides", options.strides),
        detail::volume_window_error("dilation_rate", options.dilation_rate), detail::padding_error(options.padding)}) {
    if (!error.empty()) fail(error);
  }
  if (options.strides != Size3(1) && options.dilation_rate != Size3(1))
    fail("strides above 1 cannot be combined with a dilation_rate above 1");
  for (size_t i = 0; options.output_padding && i < 3; ++i) {
    const int64_t extra = options.output_padding->values()[i];
    if (extra < 0 || extra >= options.strides.values()[i])
      fail("output_padding must not be negative and must be below strides, received " +
           detail::triple_json(*options.output_padding).dump() + " with strides " +
           detail::triple_json(options.strides).dump());
  }
  require_initializer("kernel_initializer", options.kernel_initializer);
  require_initializer("bias_initializer", options.bias_initializer);
  options_.activation = find_activation(options.activation, *this).name;
  set_activity_regularizer(options.activity_regularizer);
}

Shape Conv3DTranspose::compute_output_shape(const Shape& input) const {
  require_rank(input, 5, "(batch, depth, height, width, channels)");
  const int64_t channels = input[4];
  if (channels < 0) fail("the channel axis of the input must be known, received shape " + input.str());
  if (kernel_ && channels != kernel_->type.shape[4])
    fail("expected " + std::to_string(kernel_->type.shape[4]) + " channels, received shape " + input.str());
  Shape output;
  try {
    output = conv3d_transpose_shape(
        input, {kernel_size_.depth, kernel_size_.height, kernel_size_.width, filters_, channels}, windows(options_));
  } catch (const InvalidArgument& error) {
    fail(error.what());
  }
  for (int axis = 1; axis < 4; ++axis) {
    if (input[axis] < 0) output.set(axis, -1);
  }
  return output;
}

void Conv3DTranspose::create_weights(const Shape& input) {
  kernel_ = add_weight("kernel", {kernel_size_.depth, kernel_size_.height, kernel_size_.width, filters_, input[4]},
                       options_.kernel_initializer,
                       detail::weight_options(options_.kernel_regularizer, options_.kernel_constraint));
  if (options_.use_bias) {
    bias_ = add_weight("bias", {filters_}, options_.bias_initializer,
                       detail::weight_options(options_.bias_regularizer, options_.bias_constraint));
  }
}

Tensor Conv3DTranspose::call(const Tensor& x, CallContext& context) const {
  Tensor y = conv3d_transpose(x, context.value(kernel_, compute_dtype()), windows(options_));
  if (bias_) y = y + context.value(bias_, compute_dtype());
  return find_activation(options_.activation).function(y);
}

Json Conv3DTranspose::own_config() const {
  Json config = Json::object(
      {{"filters", filters_},
       {"kernel_size", detail::triple_json(kernel_size_)},
       {"strides", detail::triple_json(options_.strides)},
       {"padding", options_.padding},
       {"output_padding", options_.output_padding ? detail::triple_json(*options_.output_padding) : Json()},
       {"data_format", "channels_last"},
       {"dilation_rate", detail::triple_json(options_.dilation_rate)},
       {"activation", options_.activation},
       {"use_bias", options_.use_bias}});
  detail::write_kernel_arguments(config, options_);
  return config;
}

namespace {

const bool conv3d_transpose_registered = register_layer("Conv3DTranspose", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Conv3DTranspose");
  Conv3DTransposeLayerOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const int64_t filters = reader.integer("filters");
  const Size3 kernel_size = detail::read_size3(reader, "kernel_size", {});
  options.strides = detail::read_size3(reader, "strides", 1);
  options.padding = reader.string("padding", "valid");
  if (!reader.json("output_padding").is_null())
    options.output_padding = detail::read_size3(reader, "output_padding", {});
  options.dilation_rate = detail::read_size3(reader, "dilation_rate", 1);
  detail::read_kernel_arguments(reader, options);
  reader.only("data_format", "channels_last");
  reader.done();
  return std::make_shared<Conv3DTranspose>(filters, kernel_size, options);
});

}  // namespace

}  // namespace lamina
