// Conv1DTranspose.
#include "lamina/nn/layers/conv1d_transpose.h"

#include "lamina/nn/activations/activation.h"
#include "lamina/nn/layers/kernel_arguments.h"
#include "lamina/nn/layers/spatial.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/conv.h"
#include "lamina/ops/reshape.h"

namespace lamina {
namespace {

// As images of one row.
Conv2DTransposeOptions windows(const Conv1DTransposeLayerOptions& options) {
  return {.strides = {1, options.strides},
          .padding = options.padding,
          .output_padding =
              options.output_padding ? std::vector<int64_t>{0, *options.output_padding} : std::vector<int64_t>(),
          .dilations = {1, options.dilation_rate}};
}

}  // namespace

Conv1DTranspose::Conv1DTranspose(int64_t filters, int64_t kernel_size, const Conv1DTransposeLayerOptions& options)
    : KerasLayer<Conv1DTranspose>(options.name, options.trainable, options.dtype),
      filters_(filters),
      kernel_size_(kernel_size),
      options_(options) {
  if (filters < 1) fail("filters must be positive, received " + std::to_string(filters));
  for (const std::string& error :
       {detail::window_error("kernel_size", {kernel_size, 1}), detail::window_error("strides", {options.strides, 1}),
        detail::window_error("dilation_rate", {options.dilation_rate, 1}), detail::padding_error(options.padding)}) {
    if (!error.empty()) fail(error);
  }
  if (options.strides > 1 && options.dilation_rate > 1)
    fail("strides above 1 cannot be combined with a dilation_rate above 1");
  if (options.output_padding && (*options.output_padding < 0 || *options.output_padding >= options.strides))
    fail("output_padding must not be negative and must be below strides, received " +
         std::to_string(*options.output_padding) + " with strides " + std::to_string(options.strides));
  require_initializer("kernel_initializer", options.kernel_initializer);
  require_initializer("bias_initializer", options.bias_initializer);
  options_.activation = find_activation(options.activation, *this).name;
  set_activity_regularizer(options.activity_regularizer);
}

Shape Conv1DTranspose::compute_output_shape(const Shape& input) const {
  require_rank(input, 3, "(batch, steps, channels)");
  const int64_t channels = input[2];
  if (channels < 0) fail("the channel axis of the input must be known, received shape " + input.str());
  if (kernel_ && channels != kernel_->type.shape[2])
    fail("expected " + std::to_string(kernel_->type.shape[2]) + " channels, received shape " + input.str());
  Shape output;
  try {
    output = conv2d_transpose_shape({input[0], 1, input[1], channels}, {1, kernel_size_, filters_, channels},
                                    windows(options_));
  } catch (const InvalidArgument& error) {
    fail(error.what());
  }
  return {input[0], input[1] < 0 ? -1 : output[2], filters_};
}

void Conv1DTranspose::create_weights(const Shape& input) {
  kernel_ = add_weight("kernel", {kernel_size_, filters_, input[2]}, options_.kernel_initializer,
                       detail::weight_options(options_.kernel_regularizer, options_.kernel_constraint));
  if (options_.use_bias) {
    bias_ = add_weight("bias", {filters_}, options_.bias_initializer,
                       detail::weight_options(options_.bias_regularizer, options_.bias_constraint));
  }
}

Tensor Conv1DTranspose::call(const Tensor& x, CallContext& context) const {
  const Tensor kernel = context.value(kernel_, compute_dtype());
  Tensor y = squeeze(conv2d_transpose(expand_dims(x, 1), expand_dims(kernel, 0), windows(options_)), {1});
  if (bias_) y = y + context.value(bias_, compute_dtype());
  return find_activation(options_.activation).function(y);
}

Json Conv1DTranspose::own_config() const {
  Json config = Json::object(
      {{"filters", filters_},
       {"kernel_size", Json::list({kernel_size_})},
       {"strides", Json::list({options_.strides})},
       {"padding", options_.padding},
       {"output_padding", options_.output_padding ? Json::list({*options_.output_padding}) : Json()},
       {"data_format", "channels_last"},
       {"dilation_rate", Json::list({options_.dilation_rate})},
       {"activation", options_.activation},
       {"use_bias", options_.use_bias}});
  detail::write_kernel_arguments(config, options_);
  return config;
}

namespace {

const bool conv1d_transpose_registered = register_layer("Conv1DTranspose", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Conv1DTranspose");
  Conv1DTransposeLayerOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const int64_t filters = reader.integer("filters");
  const int64_t kernel_size = detail::single(reader, "kernel_size", {});
  options.strides = detail::single(reader, "strides", 1);
  options.padding = reader.string("padding", "valid");
  if (!reader.json("output_padding").is_null()) options.output_padding = detail::single(reader, "output_padding", {});
  options.dilation_rate = detail::single(reader, "dilation_rate", 1);
  detail::read_kernel_arguments(reader, options);
  reader.only("data_format", "channels_last");
  reader.done();
  return std::make_shared<Conv1DTranspose>(filters, kernel_size, options);
});

}  // namespace

}  // namespace lamina
