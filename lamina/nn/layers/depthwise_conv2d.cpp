// DepthwiseConv2D.
#include "lamina/nn/layers/depthwise_conv2d.h"

#include "lamina/nn/activations/activation.h"
#include "lamina/nn/layers/kernel_arguments.h"
#include "lamina/nn/layers/spatial.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/conv.h"

namespace lamina {

DepthwiseConv2D::DepthwiseConv2D(Size2 kernel_size, const DepthwiseConv2DLayerOptions& options)
    : KerasLayer<DepthwiseConv2D>(options.name, options.trainable, options.dtype),
      kernel_size_(kernel_size),
      options_(options) {
  if (options.depth_multiplier < 1)
    fail("depth_multiplier must be positive, received " + std::to_string(options.depth_multiplier));
  const detail::KernelWindows windows{kernel_size, options.strides, options.dilation_rate, options.padding};
  if (const std::string error = windows.error(); !error.empty()) fail(error);
  require_initializer("depthwise_initializer", options.depthwise_initializer);
  require_initializer("bias_initializer", options.bias_initializer);
  options_.activation = find_activation(options.activation, *this).name;
  set_activity_regularizer(options.activity_regularizer);
}

Shape DepthwiseConv2D::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  if (input[3] < 0) fail("the channel axis of the input must be known, received shape " + input.str());
  if (kernel_ && input[3] != kernel_->type.shape[2]) {
    fail("expected " + std::to_string(kernel_->type.shape[2]) + " channels, received shape " + input.str());
  }
  const detail::KernelWindows windows{kernel_size_, options_.strides, options_.dilation_rate,
                                      options_.padding};
  if (const std::string error = windows.misfit(input); !error.empty()) fail(error);
  const auto [height, width] = windows.over(input);
  return {input[0], height, width, input[3] * options_.depth_multiplier};
}

void DepthwiseConv2D::create_weights(const Shape& input) {
  kernel_ =
      add_weight("kernel", {kernel_size_.height, kernel_size_.width, input[3], options_.depth_multiplier},
                 options_.depthwise_initializer,
                 detail::weight_options(options_.depthwise_regularizer, options_.depthwise_constraint));
  if (options_.use_bias) {
    bias_ = add_weight("bias", {input[3] * options_.depth_multiplier}, options_.bias_initializer,
                       detail::weight_options(options_.bias_regularizer, options_.bias_constraint));
  }
}

Tensor DepthwiseConv2D::call(const Tensor& x, CallContext& context) const {
  Tensor y = depthwise_conv2d(x, context.value(kernel_, compute_dtype()),
                              {.strides = detail::pair(options_.strides),
                               .padding = options_.padding,
                               .dilations = detail::pair(options_.dilation_rate)});
  if (bias_) y = y + context.value(bias_, compute_dtype());
  return find_activation(options_.activation).function(y);
}

Json DepthwiseConv2D::own_config() const {
  return Json::object({{"depth_multiplier", options_.depth_multiplier},
                       {"kernel_size", detail::pair_json(kernel_size_)},
                       {"strides", detail::pair_json(options_.strides)},
                       {"padding", options_.padding},
                       {"data_format", "channels_last"},
                       {"dilation_rate", detail::pair_json(options_.dilation_rate)},
                       {"activation", options_.activation},
                       {"use_bias", options_.use_bias},
                       {"depthwise_initializer", detail::choice_json(options_.depthwise_initializer)},
                       {"bias_initializer", detail::choice_json(options_.bias_initializer)},
                       {"depthwise_regularizer", detail::choice_json(options_.depthwise_regularizer)},
                       {"bias_regularizer", detail::choice_json(options_.bias_regularizer)},
                       {"activity_regularizer", nullptr},
                       {"depthwise_constraint", detail::choice_json(options_.depthwise_constraint)},
                       {"bias_constraint", detail::choice_json(options_.bias_constraint)}});
}

namespace {

const bool depthwise_conv2d_registered = register_layer("DepthwiseConv2D", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "DepthwiseConv2D");
  DepthwiseConv2DLayerOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const Size2 kernel_size = reader.size2("kernel_size", {});
  options.strides = reader.size2("strides", {1, 1});
  options.padding = reader.string("padding", "valid");
  options.depth_multiplier = reader.integer("depth_multiplier", 1);
  options.dilation_rate = reader.size2("dilation_rate", {1, 1});
  options.activation = reader.activation();
  options.use_bias = reader.boolean("use_bias", true);
  options.depthwise_initializer = reader.initializer("depthwise_initializer", "glorot_uniform");
  options.bias_initializer = reader.initializer("bias_initializer", "zeros");
  options.depthwise_regularizer = reader.regularizer("depthwise_regularizer");
  options.bias_regularizer = reader.regularizer("bias_regularizer");
  options.activity_regularizer = reader.regularizer("activity_regularizer");
  options.depthwise_constraint = reader.constraint("depthwise_constraint");
  options.bias_constraint = reader.constraint("bias_constraint");
  reader.only("data_format", "channels_last");
  reader.done();
  return std::make_shared<DepthwiseConv2D>(kernel_size, options);
});

}  // namespace

}  // namespace lamina
