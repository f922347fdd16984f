// Conv2D: convolution, bias and activation; the engine fuses them.
#include "lamina/nn/layers/conv2d.h"

#include "lamina/nn/activations/activation.h"
#include "lamina/nn/config.h"
#include "lamina/nn/layers/kernel_arguments.h"
#include "lamina/nn/layers/spatial.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/conv2d.h"

namespace lamina {

Conv2D::Conv2D(int64_t filters, Size2 kernel_size, const Conv2DOptions& options)
    : KerasLayer<Conv2D>(options.name, options.trainable, options.dtype),
      filters_(filters),
      kernel_size_(kernel_size),
      options_(options) {
  if (filters < 1) fail("filters must be positive, received " + std::to_string(filters));
  if (options.groups < 1 || filters % options.groups != 0) {
    fail("groups must be positive and divide filters, received groups = " + std::to_string(options.groups) +
         ", filters = " + std::to_string(filters));
  }
  const detail::KernelWindows windows{kernel_size, options.strides, options.dilation_rate, options.padding};
  if (const std::string error = windows.error(); !error.empty()) fail(error);
  require_initializer("kernel_initializer", options.kernel_initializer);
  require_initializer("bias_initializer", options.bias_initializer);
  options_.activation = find_activation(options.activation, *this).name;
  set_activity_regularizer(options.activity_regularizer);
}

Shape Conv2D::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  const int64_t channels = input[3];
  if (channels < 0) fail("the channel axis of the input must be known, received shape " + input.str());
  if (channels % options_.groups != 0) {
    fail("groups = " + std::to_string(options_.groups) + " must divide the channels, received shape " +
         input.str());
  }
  if (kernel_ && channels != kernel_->type.shape[2] * options_.groups) {
    fail("expected " + std::to_string(kernel_->type.shape[2] * options_.groups) +
         " channels, received shape " + input.str());
  }
  const detail::KernelWindows windows{kernel_size_, options_.strides, options_.dilation_rate,
                                      options_.padding};
  if (const std::string error = windows.misfit(input); !error.empty()) fail(error);
  const auto [height, width] = windows.over(input);
  return {input[0], height, width, filters_};
}

void Conv2D::create_weights(const Shape& input) {
  kernel_ =
      add_weight("kernel", {kernel_size_.height, kernel_size_.width, input[3] / options_.groups, filters_},
                 options_.kernel_initializer,
                 detail::weight_options(options_.kernel_regularizer, options_.kernel_constraint));
  if (options_.use_bias) {
    bias_ = add_weight("bias", {filters_}, options_.bias_initializer,
                       detail::weight_options(options_.bias_regularizer, options_.bias_constraint));
  }
}

Tensor Conv2D::call(const Tensor& x, CallContext& context) const {
  Tensor y = conv2d(x, context.value(kernel_, compute_dtype()),
                    {.strides = detail::pair(options_.strides),
                     .padding = options_.padding,
                     .dilations = detail::pair(options_.dilation_rate),
                     .groups = options_.groups});
  if (bias_) y = y + context.value(bias_, compute_dtype());
  return find_activation(options_.activation).function(y);
}

Json Conv2D::own_config() const {
  Json config = Json::object({{"filters", filters_},
                              {"kernel_size", detail::pair_json(kernel_size_)},
                              {"strides", detail::pair_json(options_.strides)},
                              {"padding", options_.padding},
                              {"data_format", "channels_last"},
                              {"dilation_rate", detail::pair_json(options_.dilation_rate)},
                              {"groups", options_.groups},
                              {"activation", options_.activation},
                              {"use_bias", options_.use_bias}});
  detail::write_kernel_arguments(config, options_);
  return config;
}

namespace {

const bool conv2d_registered = register_layer("Conv2D", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Conv2D");
  Conv2DOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const int64_t filters = reader.integer("filters");
  const Size2 kernel_size = reader.size2("kernel_size", {});
  options.strides = reader.size2("strides", {1, 1});
  options.padding = reader.string("padding", "valid");
  options.dilation_rate = reader.size2("dilation_rate", {1, 1});
  options.groups = reader.integer("groups", 1);
  detail::read_kernel_arguments(reader, options);
  reader.only("data_format", "channels_last");
  detail::allow_lora(reader);
  reader.done();
  return std::make_shared<Conv2D>(filters, kernel_size, options);
});

}  // namespace

}  // namespace lamina
