// Conv2DTranspose.
#include "lamina/nn/layers/conv2d_transpose.h"

#include "lamina/nn/activations/activation.h"
#include "lamina/nn/layers/kernel_arguments.h"
#include "lamina/nn/layers/spatial.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/conv.h"

namespace lamina {
namespace {

Conv2DTransposeOptions windows(const Conv2DTransposeLayerOptions& options) {
  return {.strides = detail::pair(options.strides),
          .padding = options.padding,
          .output_padding =
              options.output_padding ? detail::pair(*options.output_padding) : std::vector<int64_t>(),
          .dilations = detail::pair(options.dilation_rate)};
}

}  // namespace

Conv2DTranspose::Conv2DTranspose(int64_t filters, Size2 kernel_size,
                                 const Conv2DTransposeLayerOptions& options)
    : KerasLayer<Conv2DTranspose>(options.name, options.trainable, options.dtype),
      filters_(filters),
      kernel_size_(kernel_size),
      options_(options) {
  if (filters < 1) fail("filters must be positive, received " + std::to_string(filters));
  const detail::KernelWindows windows{kernel_size, options.strides, options.dilation_rate, options.padding};
  if (const std::string error = windows.error(); !error.empty()) fail(error);
  const Size2 extra = options.output_padding.value_or(Size2());
  if (extra.height < 0 || extra.width < 0 ||
      (options.output_padding &&
       (extra.height >= options.strides.height || extra.width >= options.strides.width))) {
    fail("output_padding must not be negative and must be below strides, received (" +
         std::to_string(extra.height) + ", " + std::to_string(extra.width) + ") with strides (" +
         std::to_string(options.strides.height) + ", " + std::to_string(options.strides.width) + ")");
  }
  require_initializer("kernel_initializer", options.kernel_initializer);
  require_initializer("bias_initializer", options.bias_initializer);
  options_.activation = find_activation(options.activation, *this).name;
  set_activity_regularizer(options.activity_regularizer);
}

Shape Conv2DTranspose::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  const int64_t channels = input[3];
  if (channels < 0) fail("the channel axis of the input must be known, received shape " + input.str());
  if (kernel_ && channels != kernel_->type.shape[3]) {
    fail("expected " + std::to_string(kernel_->type.shape[3]) + " channels, received shape " + input.str());
  }
  Shape output;
  try {
    output = conv2d_transpose_shape(input, {kernel_size_.height, kernel_size_.width, filters_, channels},
                                    windows(options_));
  } catch (const InvalidArgument& error) {
    fail(error.what());
  }
  for (int axis = 1; axis < 3; ++axis) {
    if (input[axis] < 0) output.set(axis, -1);
  }
  return output;
}

void Conv2DTranspose::create_weights(const Shape& input) {
  kernel_ = add_weight("kernel", {kernel_size_.height, kernel_size_.width, filters_, input[3]},
                       options_.kernel_initializer,
                       detail::weight_options(options_.kernel_regularizer, options_.kernel_constraint));
  if (options_.use_bias) {
    bias_ = add_weight("bias", {filters_}, options_.bias_initializer,
                       detail::weight_options(options_.bias_regularizer, options_.bias_constraint));
  }
}

Tensor Conv2DTranspose::call(const Tensor& x, CallContext& context) const {
  Tensor y = conv2d_transpose(x, context.value(kernel_, compute_dtype()), windows(options_));
  if (bias_) y = y + context.value(bias_, compute_dtype());
  return find_activation(options_.activation).function(y);
}

Json Conv2DTranspose::own_config() const {
  Json config = Json::object(
      {{"filters", filters_},
       {"kernel_size", detail::pair_json(kernel_size_)},
       {"strides", detail::pair_json(options_.strides)},
       {"padding", options_.padding},
       {"output_padding", options_.output_padding ? detail::pair_json(*options_.output_padding) : Json()},
       {"data_format", "channels_last"},
       {"dilation_rate", detail::pair_json(options_.dilation_rate)},
       {"activation", options_.activation},
       {"use_bias", options_.use_bias}});
  detail::write_kernel_arguments(config, options_);
  return config;
}

namespace {

const bool conv2d_transpose_registered = register_layer("Conv2DTranspose", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Conv2DTranspose");
  Conv2DTransposeLayerOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const int64_t filters = reader.integer("filters");
  const Size2 kernel_size = reader.size2("kernel_size", {});
  options.strides = reader.size2("strides", {1, 1});
  options.padding = reader.string("padding", "valid");
  if (!reader.json("output_padding").is_null()) options.output_padding = reader.size2("output_padding", {});
  options.dilation_rate = reader.size2("dilation_rate", {1, 1});
  detail::read_kernel_arguments(reader, options);
  reader.only("data_format", "channels_last");
  reader.done();
  return std::make_shared<Conv2DTranspose>(filters, kernel_size, options);
});

}  // namespace

}  // namespace lamina
