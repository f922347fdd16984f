// DepthwiseConv1D.
#include "lamina/nn/layers/depthwise_conv1d.h"

#include "lamina/nn/activations/activation.h"
#include "lamina/nn/layers/kernel_arguments.h"
#include "lamina/nn/layers/spatial.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/conv.h"

namespace lamina {

DepthwiseConv1D::DepthwiseConv1D(int64_t kernel_size, const DepthwiseConv1DOptions& options)
    : KerasLayer<DepthwiseConv1D>(options.name, options.trainable, options.dtype),
      kernel_size_(kernel_size),
      options_(options) {
  if (options.depth_multiplier < 1)
    fail("depth_multiplier must be positive, received " + std::to_string(options.depth_multiplier));
  for (const std::string& error : {detail::window_error("kernel_size", {kernel_size, 1}),
                                   detail::window_error("strides", {options.strides, 1}),
                                   detail::window_error("dilation_rate", {options.dilation_rate, 1})}) {
    if (!error.empty()) fail(error);
  }
  if (options.padding != "valid" && options.padding != "same" && options.padding != "causal")
    fail("padding must be 'valid', 'same' or 'causal', received '" + options.padding + "'");
  if (options.strides > 1 && options.dilation_rate > 1)
    fail("strides above 1 cannot be combined with a dilation_rate above 1");
  require_initializer("depthwise_initializer", options.depthwise_initializer);
  require_initializer("bias_initializer", options.bias_initializer);
  options_.activation = find_activation(options.activation, *this).name;
  set_activity_regularizer(options.activity_regularizer);
}

Shape DepthwiseConv1D::compute_output_shape(const Shape& input) const {
  require_rank(input, 3, "(batch, steps, channels)");
  if (input[2] < 0) fail("the channel axis of the input must be known, received shape " + input.str());
  if (kernel_ && input[2] != kernel_->type.shape[1]) {
    fail("expected " + std::to_string(kernel_->type.shape[1]) + " channels, received shape " + input.str());
  }
  // "causal" pads as much as "same" does, all of it in front.
  const std::string padding = options_.padding == "valid" ? "valid" : "same";
  const int64_t steps =
      detail::num_windows(input[1], kernel_size_, options_.strides, options_.dilation_rate, padding);
  if (steps == 0) {
    fail("the kernel of " + std::to_string(kernel_size_) + " steps does not fit into input of shape " + input.str() +
         "; make it smaller or use padding 'same'");
  }
  return {input[0], steps, input[2] * options_.depth_multiplier};
}

void DepthwiseConv1D::create_weights(const Shape& input) {
  kernel_ =
      add_weight("kernel", {kernel_size_, input[2], options_.depth_multiplier},
                 options_.depthwise_initializer,
                 detail::weight_options(options_.depthwise_regularizer, options_.depthwise_constraint));
  if (options_.use_bias) {
    bias_ = add_weight("bias", {input[2] * options_.depth_multiplier}, options_.bias_initializer,
                       detail::weight_options(options_.bias_regularizer, options_.bias_constraint));
  }
}

Tensor DepthwiseConv1D::call(const Tensor& x, CallContext& context) const {
  Tensor y = depthwise_conv1d(x, context.value(kernel_, compute_dtype()),
                              {.stride = options_.strides,
                               .padding = options_.padding,
                               .dilation = options_.dilation_rate});
  if (bias_) y = y + context.value(bias_, compute_dtype());
  return find_activation(options_.activation).function(y);
}

Json DepthwiseConv1D::own_config() const {
  return Json::object({{"depth_multiplier", options_.depth_multiplier},
                       {"kernel_size", Json::list({kernel_size_})},
                       {"strides", Json::list({options_.strides})},
                       {"padding", options_.padding},
                       {"data_format", "channels_last"},
                       {"dilation_rate", Json::list({options_.dilation_rate})},
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

const bool depthwise_conv1d_registered = register_layer("DepthwiseConv1D", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "DepthwiseConv1D");
  DepthwiseConv1DOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const int64_t kernel_size = detail::single(reader, "kernel_size", {});
  options.strides = detail::single(reader, "strides", 1);
  options.padding = reader.string("padding", "valid");
  options.depth_multiplier = reader.integer("depth_multiplier", 1);
  options.dilation_rate = detail::single(reader, "dilation_rate", 1);
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
  return std::make_shared<DepthwiseConv1D>(kernel_size, options);
});

}  // namespace

}  // namespace lamina
