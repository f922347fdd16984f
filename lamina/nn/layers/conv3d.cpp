// Conv3D.
#include "lamina/nn/layers/conv3d.h"

#include "lamina/nn/activations/activation.h"
#include "lamina/nn/layers/kernel_arguments.h"
#include "lamina/nn/layers/spatial.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/conv3d.h"

namespace lamina {

Conv3D::Conv3D(int64_t filters, Size3 kernel_size, const Conv3DLayerOptions& options)
    : KerasLayer<Conv3D>(options.name, options.trainable, options.dtype),
      filters_(filters),
      kernel_size_(kernel_size),
      options_(options) {
  if (filters < 1) fail("filters must be positive, received " + std::to_string(filters));
  if (options.groups < 1 || filters % options.groups != 0) {
    fail("groups must be positive and divide filters, received groups = " + std::to_string(options.groups) +
         ", filters = " + std::to_string(filters));
  }
  for (const std::string& error :
       {detail::volume_window_error("kernel_size", kernel_size), detail::volume_window_error("strides", options.strides),
        detail::volume_window_error("dilation_rate", options.dilation_rate), detail::padding_error(options.padding)}) {
    if (!error.empty()) fail(error);
  }
  if (options.strides != Size3(1) && options.dilation_rate != Size3(1))
    fail("strides above 1 cannot be combined with a dilation_rate above 1");
  require_initializer("kernel_initializer", options.kernel_initializer);
  require_initializer("bias_initializer", options.bias_initializer);
  options_.activation = find_activation(options.activation, *this).name;
  set_activity_regularizer(options.activity_regularizer);
}

Shape Conv3D::compute_output_shape(const Shape& input) const {
  require_rank(input, 5, "(batch, depth, height, width, channels)");
  const int64_t channels = input[4];
  if (channels < 0) fail("the channel axis of the input must be known, received shape " + input.str());
  if (channels % options_.groups != 0) {
    fail("groups = " + std::to_string(options_.groups) + " must divide the channels, received shape " + input.str());
  }
  if (kernel_ && channels != kernel_->type.shape[3] * options_.groups) {
    fail("expected " + std::to_string(kernel_->type.shape[3] * options_.groups) + " channels, received shape " +
         input.str());
  }
  const Size3 places =
      detail::volume_windows(input, kernel_size_, options_.strides, options_.dilation_rate, options_.padding);
  for (const int64_t extent : places.values()) {
    if (extent == 0)
      fail("the kernel " + detail::triple_json(kernel_size_).dump() + " does not fit into input of shape " + input.str() +
           "; make it smaller or use padding 'same'");
  }
  return {input[0], places.depth, places.height, places.width, filters_};
}

void Conv3D::create_weights(const Shape& input) {
  kernel_ = add_weight(
      "kernel", {kernel_size_.depth, kernel_size_.height, kernel_size_.width, input[4] / options_.groups, filters_},
      options_.kernel_initializer, detail::weight_options(options_.kernel_regularizer, options_.kernel_constraint));
  if (options_.use_bias) {
    bias_ = add_weight("bias", {filters_}, options_.bias_initializer,
                       detail::weight_options(options_.bias_regularizer, options_.bias_constraint));
  }
}

Tensor Conv3D::call(const Tensor& x, CallContext& context) const {
  Tensor y = conv3d(x, context.value(kernel_, compute_dtype()),
                    {.strides = options_.strides.values(),
                     .padding = options_.padding,
                     .dilations = options_.dilation_rate.values(),
                     .groups = options_.groups});
  if (bias_) y = y + context.value(bias_, compute_dtype());
  return find_activation(options_.activation).function(y);
}

Json Conv3D::own_config() const {
  Json config = Json::object({{"filters", filters_},
                              {"kernel_size", detail::triple_json(kernel_size_)},
                              {"strides", detail::triple_json(options_.strides)},
                              {"padding", options_.padding},
                              {"data_format", "channels_last"},
                              {"dilation_rate", detail::triple_json(options_.dilation_rate)},
                              {"groups", options_.groups},
                              {"activation", options_.activation},
                              {"use_bias", options_.use_bias}});
  detail::write_kernel_arguments(config, options_);
  return config;
}

namespace {

const bool conv3d_registered = register_layer("Conv3D", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Conv3D");
  Conv3DLayerOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const int64_t filters = reader.integer("filters");
  const Size3 kernel_size = detail::read_size3(reader, "kernel_size", {});
  options.strides = detail::read_size3(reader, "strides", 1);
  options.padding = reader.string("padding", "valid");
  options.dilation_rate = detail::read_size3(reader, "dilation_rate", 1);
  options.groups = reader.integer("groups", 1);
  detail::read_kernel_arguments(reader, options);
  reader.only("data_format", "channels_last");
  detail::allow_lora(reader);
  reader.done();
  return std::make_shared<Conv3D>(filters, kernel_size, options);
});

}  // namespace

}  // namespace lamina
