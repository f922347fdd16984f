// SeparableConv2D.
#include "lamina/nn/layers/separable_conv2d.h"

#include "lamina/nn/activations/activation.h"
#include "lamina/nn/layers/kernel_arguments.h"
#include "lamina/nn/layers/spatial.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/conv.h"
#include "lamina/ops/conv2d.h"

namespace lamina {

SeparableConv2D::SeparableConv2D(int64_t filters, Size2 kernel_size, const SeparableConv2DOptions& options)
    : KerasLayer<SeparableConv2D>(options.name, options.trainable, options.dtype),
      filters_(filters),
      kernel_size_(kernel_size),
      options_(options) {
  if (filters < 1) fail("filters must be positive, received " + std::to_string(filters));
  if (options.depth_multiplier < 1)
    fail("depth_multiplier must be positive, received " + std::to_string(options.depth_multiplier));
  const detail::KernelWindows windows{kernel_size, options.strides, options.dilation_rate, options.padding};
  if (const std::string error = windows.error(); !error.empty()) fail(error);
  require_initializer("depthwise_initializer", options.depthwise_initializer);
  require_initializer("pointwise_initializer", options.pointwise_initializer);
  require_initializer("bias_initializer", options.bias_initializer);
  options_.activation = find_activation(options.activation, *this).name;
  set_activity_regularizer(options.activity_regularizer);
}

Shape SeparableConv2D::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  if (input[3] < 0) fail("the channel axis of the input must be known, received shape " + input.str());
  if (depthwise_kernel_ && input[3] != depthwise_kernel_->type.shape[2]) {
    fail("expected " + std::to_string(depthwise_kernel_->type.shape[2]) + " channels, received shape " +
         input.str());
  }
  const detail::KernelWindows windows{kernel_size_, options_.strides, options_.dilation_rate,
                                      options_.padding};
  if (const std::string error = windows.misfit(input); !error.empty()) fail(error);
  const auto [height, width] = windows.over(input);
  return {input[0], height, width, filters_};
}

void SeparableConv2D::create_weights(const Shape& input) {
  const int64_t multiplier = options_.depth_multiplier;
  depthwise_kernel_ =
      add_weight("depthwise_kernel", {kernel_size_.height, kernel_size_.width, input[3], multiplier},
                 options_.depthwise_initializer,
                 detail::weight_options(options_.depthwise_regularizer, options_.depthwise_constraint));
  pointwise_kernel_ =
      add_weight("pointwise_kernel", {1, 1, input[3] * multiplier, filters_}, options_.pointwise_initializer,
                 detail::weight_options(options_.pointwise_regularizer, options_.pointwise_constraint));
  if (options_.use_bias) {
    bias_ = add_weight("bias", {filters_}, options_.bias_initializer,
                       detail::weight_options(options_.bias_regularizer, options_.bias_constraint));
  }
}

Tensor SeparableConv2D::call(const Tensor& x, CallContext& context) const {
  const Tensor places = depthwise_conv2d(x, context.value(depthwise_kernel_, compute_dtype()),
                                         {.strides = detail::pair(options_.strides),
                                          .padding = options_.padding,
                                          .dilations = detail::pair(options_.dilation_rate)});
  Tensor y = conv2d(places, context.value(pointwise_kernel_, compute_dtype()));
  if (bias_) y = y + context.value(bias_, compute_dtype());
  return find_activation(options_.activation).function(y);
}

Json SeparableConv2D::own_config() const {
  return Json::object({{"depth_multiplier", options_.depth_multiplier},
                       {"filters", filters_},
                       {"kernel_size", detail::pair_json(kernel_size_)},
                       {"strides", detail::pair_json(options_.strides)},
                       {"padding", options_.padding},
                       {"data_format", "channels_last"},
                       {"dilation_rate", detail::pair_json(options_.dilation_rate)},
                       {"activation", options_.activation},
                       {"use_bias", options_.use_bias},
                       {"depthwise_initializer", detail::choice_json(options_.depthwise_initializer)},
                       {"pointwise_initializer", detail::choice_json(options_.pointwise_initializer)},
                       {"bias_initializer", detail::choice_json(options_.bias_initializer)},
                       {"depthwise_regularizer", detail::choice_json(options_.depthwise_regularizer)},
                       {"pointwise_regularizer", detail::choice_json(options_.pointwise_regularizer)},
                       {"bias_regularizer", detail::choice_json(options_.bias_regularizer)},
                       {"activity_regularizer", nullptr},
                       {"depthwise_constraint", detail::choice_json(options_.depthwise_constraint)},
                       {"pointwise_constraint", detail::choice_json(options_.pointwise_constraint)},
                       {"bias_constraint", detail::choice_json(options_.bias_constraint)}});
}

namespace {

const bool separable_conv2d_registered = register_layer("SeparableConv2D", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "SeparableConv2D");
  SeparableConv2DOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const int64_t filters = reader.integer("filters");
  const Size2 kernel_size = reader.size2("kernel_size", {});
  options.strides = reader.size2("strides", {1, 1});
  options.padding = reader.string("padding", "valid");
  options.dilation_rate = reader.size2("dilation_rate", {1, 1});
  options.depth_multiplier = reader.integer("depth_multiplier", 1);
  options.activation = reader.activation();
  options.use_bias = reader.boolean("use_bias", true);
  options.depthwise_initializer = reader.initializer("depthwise_initializer", "glorot_uniform");
  options.pointwise_initializer = reader.initializer("pointwise_initializer", "glorot_uniform");
  options.bias_initializer = reader.initializer("bias_initializer", "zeros");
  options.depthwise_regularizer = reader.regularizer("depthwise_regularizer");
  options.pointwise_regularizer = reader.regularizer("pointwise_regularizer");
  options.bias_regularizer = reader.regularizer("bias_regularizer");
  options.activity_regularizer = reader.regularizer("activity_regularizer");
  options.depthwise_constraint = reader.constraint("depthwise_constraint");
  options.pointwise_constraint = reader.constraint("pointwise_constraint");
  options.bias_constraint = reader.constraint("bias_constraint");
  reader.only("data_format", "channels_last");
  reader.done();
  return std::make_shared<SeparableConv2D>(filters, kernel_size, options);
});

}  // namespace

}  // namespace lamina
