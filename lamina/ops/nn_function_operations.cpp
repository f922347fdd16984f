// Operations of keras.ops.nn that graphs in files hold and that are functions here: convolutions, pooling,
// normalization, attention and cross-entropies.
#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/ops/attention.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/conv.h"
#include "lamina/ops/conv2d.h"
#include "lamina/ops/crossentropy.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/normalization.h"
#include "lamina/ops/pool2d.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

void check_channels_last(const OperationCall& call) {
  const Json* format = call.config.find("data_format");
  if (format && format->is_string() && format->as_string() != "channels_last")
    throw Unsupported("operation " + call.class_name + ": only data_format channels_last is supported");
}

[[noreturn]] void refuse_rank(const OperationCall& call, const Tensor& x, const char* expected) {
  throw Unsupported("operation " + call.class_name + ": only " + expected + " are supported, received " +
                    x.type().str());
}

/// `count` numbers, of which one stands for all.
std::vector<int64_t> numbers_of(const OperationCall& call, const char* key, size_t count,
                                std::vector<int64_t> otherwise) {
  const Json* given = call.config.find(key);
  if (!given || given->is_null()) return otherwise;
  std::vector<int64_t> numbers = detail::integers_of(call, key);
  if (numbers.size() == 1) numbers.resize(count, numbers[0]);
  if (numbers.size() != count)
    throw InvalidArgument("operation " + call.class_name + ": expected one number or " +
                          std::to_string(count) + " for " + key + ", received " +
                          std::to_string(numbers.size()));
  return numbers;
}

const std::vector<int64_t> kOnes{1, 1};

/// Of images, or of series as images of one row.
template <Tensor (*pool)(const Tensor&, const std::vector<int64_t>&, const std::vector<int64_t>&,
                         const std::string&)>
Tensor pooled(const OperationCall& call) {
  check_channels_last(call);
  const Tensor& x = call.tensor(0);
  const std::string padding = detail::word_of(call, "padding", "valid");
  if (x.rank() == 4) {
    const std::vector<int64_t> size = numbers_of(call, "pool_size", 2, kOnes);
    return pool(x, size, numbers_of(call, "strides", 2, size), padding);
  }
  if (x.rank() != 3) refuse_rank(call, x, "(batch, steps, channels) and (batch, height, width, channels)");
  const std::vector<int64_t> size = numbers_of(call, "pool_size", 1, {1});
  const std::vector<int64_t> strides = numbers_of(call, "strides", 1, size);
  return squeeze(pool(expand_dims(x, 1), {1, size[0]}, {1, strides[0]}, padding), 1);
}

Tensor conv(const OperationCall& call) {
  check_channels_last(call);
  const Tensor &x = call.tensor(0), &kernel = call.tensor(1);
  if (x.rank() != kernel.rank() || (x.rank() != 3 && x.rank() != 4))
    refuse_rank(
        call, x,
        "(batch, steps, channels) and (batch, height, width, channels), with a kernel of as many axes,");
  const int64_t each = kernel.shape()[-2];
  if (each < 1 || x.shape()[-1] % each != 0)
    throw InvalidArgument("operation Conv: the channels of " + x.type().str() +
                          " are no multiple of those of the kernel, " + kernel.type().str());
  const int64_t groups = x.shape()[-1] / each;
  const std::string padding = detail::word_of(call, "padding", "valid");
  const size_t axes = static_cast<size_t>(x.rank()) - 2;
  const std::vector<int64_t> ones(axes, 1);
  const std::vector<int64_t> strides = numbers_of(call, "strides", axes, ones);
  const std::vector<int64_t> dilations = numbers_of(call, "dilation_rate", axes, ones);
  if (axes == 1)
    return conv1d(x, kernel,
                  {.stride = strides[0], .padding = padding, .dilation = dilations[0], .groups = groups});
  return conv2d(x, kernel,
                {.strides = strides, .padding = padding, .dilations = dilations, .groups = groups});
}

Tensor depthwise(const OperationCall& call) {
  check_channels_last(call);
  const Tensor& x = call.tensor(0);
  if (x.rank() != 4) refuse_rank(call, x, "(batch, height, width, channels)");
  return depthwise_conv2d(x, call.tensor(1),
                          {.strides = numbers_of(call, "strides", 2, kOnes),
                           .padding = detail::word_of(call, "padding", "valid"),
                           .dilations = numbers_of(call, "dilation_rate", 2, kOnes)});
}

Tensor separable(const OperationCall& call) { return conv2d(depthwise(call), call.tensor(2)); }

Tensor optional_tensor(const OperationCall& call, size_t place) {
  return place < call.args.size() && std::holds_alternative<Tensor>(call.args[place]) ? call.tensor(place)
                                                                                      : Tensor();
}

/// The first of the axes, which must be the last ones of x.
int trailing_axis(const OperationCall& call, const Tensor& x) {
  std::vector<int> axes{-1};
  if (const Axes given = detail::axes_of(call); !given.empty()) axes = {given.begin(), given.end()};
  int first = x.rank() - 1;
  std::vector<bool> there(static_cast<size_t>(x.rank()));
  for (const int axis : axes) {
    const int place = detail::checked_axis(call.class_name.c_str(), x, axis);
    there[static_cast<size_t>(place)] = true;
    first = std::min(first, place);
  }
  for (int axis = first; axis < x.rank(); ++axis) {
    if (!there[static_cast<size_t>(axis)])
      throw Unsupported("operation " + call.class_name + ": only axes up to the last one are supported");
  }
  return first;
}

Tensor layer_norm(const OperationCall& call) {
  if (detail::flag_of(call, "rms_scaling"))
    throw Unsupported("operation LayerNorm: rms_scaling is not supported");
  const Tensor& x = call.tensor(0);
  return layer_normalization(x, optional_tensor(call, 1), optional_tensor(call, 2), trailing_axis(call, x),
                             detail::number_of(call, "epsilon", 1e-7));
}

Tensor rms_norm(const OperationCall& call) {
  const Tensor& x = call.tensor(0);
  return rms_normalization(x, optional_tensor(call, 1), trailing_axis(call, x),
                           detail::number_of(call, "epsilon", 1e-7));
}

Tensor batch_norm(const OperationCall& call) {
  const Tensor& x = call.tensor(0);
  const int axis = detail::checked_axis("BatchNorm", x, detail::axis_of(call, -1));
  const auto along = [&](const Tensor& vector) {
    Shape shape;
    for (int i = 0; i < x.rank(); ++i) shape.push_back(i == axis ? x.shape()[axis] : 1);
    if (vector.rank() != 1 || vector.shape()[0] != x.shape()[axis])
      throw InvalidArgument("operation BatchNorm: expected vectors of axis " + std::to_string(axis) + " of " +
                            x.type().str() + ", received " + vector.type().str());
    return reshape(vector, shape);
  };
  Tensor factor = rsqrt(along(call.tensor(2)) + detail::number_of(call, "epsilon", 1e-3));
  if (const Tensor scale = optional_tensor(call, 4); scale.defined()) factor = factor * along(scale);
  const Tensor result = (x - along(call.tensor(1))) * factor;
  const Tensor offset = optional_tensor(call, 3);
  return offset.defined() ? result + along(offset) : result;
}

Tensor attention(const OperationCall& call) {
  AttentionOptions options{.bias = optional_tensor(call, 3),
                           .mask = optional_tensor(call, 4),
                           .is_causal = detail::flag_of(call, "is_causal")};
  if (call.args.size() > 5 && !call.value(5).is_null()) options.scale = call.number(5);
  const Json* cap = call.config.find("attn_logits_soft_cap");
  if (cap && !cap->is_null())
    throw Unsupported("operation DotProductAttention: attn_logits_soft_cap is not supported");
  return dot_product_attention(call.tensor(0), call.tensor(1), call.tensor(2), options);
}

template <Tensor (*entropy)(const Tensor&, const Tensor&, bool)>
Tensor entropy_of(const OperationCall& call) {
  const int last = call.tensor(1).rank() - 1, axis = detail::axis_of(call, -1);
  if (axis != -1 && axis != last)
    throw Unsupported("operation " + call.class_name + ": only the last axis is supported");
  return entropy(call.tensor(0), call.tensor(1), detail::flag_of(call, "from_logits"));
}

const bool nn_function_operations_recorded = detail::register_operations(
    detail::kNnOps,
    {{"MaxPool", pooled<max_pool2d>, {"inputs"}},
     {"AveragePool", pooled<avg_pool2d>, {"inputs"}},
     {"Conv", conv, {"inputs", "kernel"}},
     {"DepthwiseConv", depthwise, {"inputs", "kernel"}},
     {"SeparableConv", separable, {"inputs", "depthwise_kernel", "pointwise_kernel"}},
     {"LayerNorm", layer_norm, {"x", "gamma", "beta"}},
     {"RMSNorm", rms_norm, {"x", "scale"}},
     {"BatchNorm", batch_norm, {"x", "mean", "variance", "offset", "scale"}},
     {"DotProductAttention", attention, {"query", "key", "value", "bias", "mask", "scale"}},
     {"CategoricalCrossentropy", entropy_of<categorical_crossentropy>, {"target", "output"}},
     {"SparseCategoricalCrossentropy", entropy_of<sparse_categorical_crossentropy>, {"target", "output"}},
     {"BinaryCrossentropy", entropy_of<binary_crossentropy>, {"target", "output"}}});

}  // namespace
}  // namespace lamina
