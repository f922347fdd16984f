// Conv1D.
#include "lamina/nn/layers/conv1d.h"

#include "lamina/nn/activations/activation.h"
#include "lamina/nn/layers/kernel_arguments.h"
#include "lamina/nn/layers/spatial.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/conv.h"

namespace lamina {

Conv1D::Conv1D(int64_t filters, int64_t kernel_size, const Conv1DLayerOptions& options)
    : KerasLayer<Conv1D>(options.name, options.trainable, options.dtype),
      filters_(filters),
      kernel_size_(kernel_size),
      options_(options) {
  if (filters < 1) fail("filters must be positive, received " + std::to_string(filters));
  if (options.groups < 1 || filters % options.groups != 0) {
    fail("groups must be positive and divide filters, received groups = " + std::to_string(options.groups) +
         ", filters = " + std::to_string(filters));
  }
  const std::string padding = options.padding == "causal" ? "valid" : options.padding;
  for (const std::string& error : {detail::window_error("kernel_size", {kernel_size, 1}),
                                   detail::window_error("strides", {options.strides, 1}),
                                   detail::window_error("dilation_rate", {options.dilation_rate, 1})}) {
    if (!error.empty()) fail(error);
  }
  if (!detail::padding_error(padding).empty())
    fail("padding must be 'valid', 'same' or 'causal', received '" + options.padding + "'");
  if (options.strides > 1 && options.dilation_rate > 1)
    fail("strides above 1 cannot be combined with a dilation_rate above 1");
  require_initializer("kernel_initializer", options.kernel_initializer);
  require_initializer("bias_initializer", options.bias_initializer);
  options_.activation = find_activation(options.activation, *this).name;
  set_activity_regularizer(options.activity_regularizer);
}

Shape Conv1D::compute_output_shape(const Shape& input) const {
  require_rank(input, 3, "(batch, steps, channels)");
  const int64_t channels = input[2];
  if (channels < 0) fail("the channel axis of the input must be known, received shape " + input.str());
  if (channels % options_.groups != 0) {
    fail("groups = " + std::to_string(options_.groups) + " must divide the channels, received shape " +
         input.str());
  }
  if (kernel_ && channels != kernel_->type.shape[1] * options_.groups) {
    fail("expected " + std::to_string(kernel_->type.shape[1] * options_.groups) +
         " channels, received shape " + input.str());
  }
  // "causal" pads as much as "same" does, all of it in front.
  const std::string padding = options_.padding == "valid" ? "valid" : "same";
  const int64_t steps =
      detail::num_windows(input[1], kernel_size_, options_.strides, options_.dilation_rate, padding);
  if (steps == 0) {
    fail("the kernel of " + std::to_string(kernel_size_) + " steps does not fit into input of shape " +
         input.str() + "; make it smaller or use padding 'same'");
  }
  return {input[0], steps, filters_};
}

void Conv1D::create_weights(const Shape& input) {
  kernel_ =
      add_weight("kernel", {kernel_size_, input[2] / options_.groups, filters_}, options_.kernel_initializer,
                 detail::weight_options(options_.kernel_regularizer, options_.kernel_constraint));
  if (options_.use_bias) {
    bias_ = add_weight("bias", {filters_}, options_.bias_initializer,
                       detail::weight_options(options_.bias_regularizer, options_.bias_constraint));
  }
}

Tensor Conv1D::call(const Tensor& x, CallContext& context) const {
  Tensor y = conv1d(x, context.value(kernel_, compute_dtype()),
                    {.stride = options_.strides,
                     .padding = options_.padding,
                     .dilation = options_.dilation_rate,
                     .groups = options_.groups});
  if (bias_) y = y + context.value(bias_, compute_dtype());
  return find_activation(options_.activation).function(y);
}

Json Conv1D::own_config() const {
  Json config = Json::object({{"filters", filters_},
                              {"kernel_size", Json::list({kernel_size_})},
                              {"strides", Json::list({options_.strides})},
                              {"padding", options_.padding},
                              {"data_format", "channels_last"},
                              {"dilation_rate", Json::list({options_.dilation_rate})},
                              {"groups", options_.groups},
                              {"activation", options_.activation},
                              {"use_bias", options_.use_bias}});
  detail::write_kernel_arguments(config, options_);
  return config;
}

namespace {

const bool conv1d_registered = register_layer("Conv1D", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Conv1D");
  Conv1DLayerOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const int64_t filters = reader.integer("filters");
  const int64_t kernel_size = detail::single(reader, "kernel_size", {});
  options.strides = detail::single(reader, "strides", 1);
  options.padding = reader.string("padding", "valid");
  options.dilation_rate = detail::single(reader, "dilation_rate", 1);
  options.groups = reader.integer("groups", 1);
  detail::read_kernel_arguments(reader, options);
  reader.only("data_format", "channels_last");
  detail::allow_lora(reader);
  reader.done();
  return std::make_shared<Conv1D>(filters, kernel_size, options);
});

}  // namespace

}  // namespace lamina
