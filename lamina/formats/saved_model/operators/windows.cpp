// Convolutions, poolings, normalisation and resizing of images whose channels come last: by the operators of
// ONNX on tensors that lie as these want them.
#include <fmt/format.h>

#include <algorithm>

#include "lamina/formats/saved_model/operators/results.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/conv.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/resize.h"
#include "lamina/ops/unary.h"

namespace lamina::tensorflow {
namespace {

// The inner numbers of an attribute that has one for each axis: (1, h, w, 1).
std::vector<int64_t> inner(Call& call, const char* name, int rank) {
  const auto given = call.integer_list(name);
  if (!given || given->empty()) return std::vector<int64_t>(static_cast<size_t>(rank) - 2, 1);
  if (given->size() != static_cast<size_t>(rank) || given->front() != 1 || given->back() != 1)
    call.fail(fmt::format(
        "attribute '{}' has not one number for each of {} axes, with 1 for batch and channels", name, rank));
  return {given->begin() + 1, given->end() - 1};
}

// Explicit paddings (of all axes) as ONNX lists them: all before, then all behind.
std::vector<int64_t> explicit_pads(Call& call, int rank) {
  const auto given = call.integer_list("explicit_paddings");
  if (!given || given->size() != 2 * static_cast<size_t>(rank))
    call.fail("attribute 'explicit_paddings' does not fit its input");
  std::vector<int64_t> before, after;
  for (size_t i = 1; i + 1 < static_cast<size_t>(rank); ++i) {
    before.push_back((*given)[2 * i]);
    after.push_back((*given)[2 * i + 1]);
  }
  before.insert(before.end(), after.begin(), after.end());
  return before;
}

// "SAME", "VALID" as ONNX calls them; "EXPLICIT" gives numbers.
Attribute padding(Call& call, int rank) {
  const std::string how = call.text("padding");
  if (how == "EXPLICIT") return {"pads", explicit_pads(call, rank)};
  call.ignore({"explicit_paddings"});
  if (how == "SAME") return {"auto_pad", std::string("SAME_UPPER")};
  if (how == "VALID") return {"auto_pad", std::string("VALID")};
  call.fail("attribute 'padding' is '" + how + "'");
}

Value kernel_value(const Value& kernel) {
  return Value::lying(kernel.tensor(), onnx::kernel_order(kernel.rank()), kernel.type());
}

std::vector<Value> images(const Value& y, ElementType type) { return {Value(channels_last(y), type)}; }

void require_rank(Call& call, const Value& x, int rank) {
  if (x.rank() != rank)
    call.fail(fmt::format("takes tensors of {} axes, received {}", rank, x.shape().str()));
}

std::vector<Value> convolution(Call& call, int rank) {
  require_channels_last(call);
  call.ignore({"use_cudnn_on_gpu"});
  const Value &x = call.value(0), &kernel = call.value(1);
  require_rank(call, x, rank);
  require_rank(call, kernel, rank);
  const int64_t channels = kernel.shape()[rank - 2];
  if (channels < 1 || x.shape()[rank - 1] % channels != 0)
    call.fail("its kernel " + kernel.shape().str() + " does not fit its input " + x.shape().str());
  const Value y = apply_onnx(call, "Conv", {as_channels_second(x), kernel_value(kernel)},
                             {{"strides", inner(call, "strides", rank)},
                              {"dilations", inner(call, "dilations", rank)},
                              {"group", x.shape()[rank - 1] / channels},
                              padding(call, rank)})[0];
  return images(y, x.type());
}

// kernel (h, w, channels, multiplier): so many filters for each channel, which stay together.
std::vector<Value> depthwise(Call& call) {
  require_channels_last(call);
  const Value &x = call.value(0), &kernel = call.value(1);
  require_rank(call, x, 4);
  require_rank(call, kernel, 4);
  const Shape k = kernel.shape();
  if (k[2] != x.shape()[3]) call.fail("its kernel " + k.str() + " does not fit its input " + x.shape().str());
  const Value one_each = Value(reshape(kernel.tensor(), {k[0], k[1], 1, k[2] * k[3]}), kernel.type());
  const Value y = apply_onnx(call, "Conv", {as_channels_second(x), kernel_value(one_each)},
                             {{"strides", inner(call, "strides", 4)},
                              {"dilations", inner(call, "dilations", 4)},
                              {"group", k[2]},
                              padding(call, 4)})[0];
  return images(y, x.type());
}

// What a convolution would have had to be given: the transposed one. Inputs: the shape of that, kernel,
// gradient.
std::vector<Value> transposed(Call& call, int rank) {
  require_channels_last(call);
  call.ignore({"use_cudnn_on_gpu"});
  const std::vector<int64_t> sizes = call.known_integers(0);
  const Value &kernel = call.value(1), &x = call.value(2);
  require_rank(call, x, rank);
  require_rank(call, kernel, rank);
  const std::string how = call.text("padding");
  if (how != "SAME" && how != "VALID") throw Unsupported("pads by numbers: attribute 'padding'");
  call.ignore({"explicit_paddings"});
  std::vector<int64_t> extents;
  if (sizes.size() == static_cast<size_t>(rank)) {
    extents.assign(sizes.begin() + 1, sizes.end() - 1);
  } else if (sizes.size() == static_cast<size_t>(rank) - 2) {
    extents = sizes;
  } else {
    call.fail("its shape has not one number for each axis");
  }
  const Shape k = kernel.shape();
  if (k[rank - 1] != x.shape()[rank - 1])
    call.fail("its kernel " + k.str() + " does not fit its input " + x.shape().str());
  // (h, w, filters, channels) here is the kernel of the convolution; ONNX's is (channels, filters, h, w).
  const Value y =
      apply_onnx(call, "ConvTranspose",
                 {as_channels_second(x),
                  Value::lying(
                      kernel.tensor(),
                      [&] {
                        onnx::Order order;  // of ONNX's axes (channels, filters, h, w), as they lie
                        for (int axis = 2; axis < rank; ++axis) order.push_back(axis);
                        order.push_back(1);
                        order.push_back(0);
                        return order;
                      }(),
                      kernel.type())},
                 {{"strides", inner(call, "strides", rank)},
                  {"dilations", inner(call, "dilations", rank)},
                  {"output_shape", extents},
                  {"auto_pad", std::string(how == "SAME" ? "SAME_UPPER" : "VALID")}})[0];
  return images(y, x.type());
}

std::vector<Value> pooled(Call& call, const char* op) {
  require_channels_last(call);
  const Value& x = call.value(0);
  const int rank = x.rank();
  if (rank != 4 && rank != 5) call.fail("takes images or volumes, received " + x.shape().str());
  const Value y = apply_onnx(call, op, {as_channels_second(x)},
                             {{"kernel_shape", inner(call, "ksize", rank)},
                              {"strides", inner(call, "strides", rank)},
                              padding(call, rank)})[0];
  return images(y, x.type());
}

std::vector<Value> bias_add(Call& call) {
  const std::string format = call.text("data_format", "NHWC");
  Tensor bias = call[1];
  if (bias.rank() != 1) call.fail("its bias has the shape " + bias.shape().str());
  const int rank = call[0].rank();
  if (format == "NCHW" && rank > 2) {
    Shape line{bias.shape()[0]};
    for (int i = 2; i < rank; ++i) line.push_back(1);
    bias = reshape(bias, line);
  }
  return {like(add(call[0], bias), call.element())};
}

std::vector<Value> normalized(Call& call) {
  const std::string format = call.text("data_format", "NHWC");
  const bool last = format == "NHWC" || format == "NDHWC";
  if (!last && format != "NCHW" && format != "NCDHW")
    call.fail("attribute 'data_format' is '" + format + "'");
  const double epsilon = call.number("epsilon", 1e-4);
  const bool training = call.integer("is_training", 1) != 0;
  call.number("exponential_avg_factor", 1.0);
  const ElementType type = call.element();
  const Tensor x = cast(call[0], DType::kFloat32);
  Tensor mean = call[3], variance = call[4];
  const auto placed = [&](const Tensor& line) {
    if (last) return line;
    Shape shape{line.shape()[0]};
    for (int i = 2; i < x.rank(); ++i) shape.push_back(1);
    return reshape(line, shape);
  };
  if (training) {
    std::vector<int> axes;
    for (int i = 0; i < x.rank(); ++i) {
      if (i != (last ? x.rank() - 1 : 1)) axes.push_back(i);
    }
    mean = lamina::mean(x, axes);
    variance = lamina::mean(square(subtract(x, placed(mean))), axes);
  }
  const Tensor scale = multiply(call[1], rsqrt(add(variance, epsilon)));
  const Tensor y = add(multiply(x, placed(scale)), placed(subtract(call[2], multiply(mean, scale))));
  return {like(y, type), Value(mean), Value(variance)};
}

std::vector<Value> resized(Call& call, const char* mode) {
  Value x = call.value(0);
  require_rank(call, x, 4);
  // What lies between elements is a float32, whatever they are.
  if (mode != std::string("nearest") && x.type() != ElementType::kFloat)
    x = Value(cast(x.tensor(), DType::kFloat32), ElementType::kFloat);
  const std::vector<int64_t> sizes = call.known_integers(1);
  const bool corners = call.integer("align_corners", 0) != 0,
             half = call.integer("half_pixel_centers", 0) != 0;
  if (sizes.size() != 2 || sizes[0] < 1 || sizes[1] < 1) call.fail("it takes a height and a width");
  const std::string kind = mode;
  const bool nearest = kind == "nearest", cubic = kind == "cubic";
  const Shape s = x.shape();
  // TensorFlow rounds the places of this one to a table, as the op does.
  if (cubic && half && !corners) return {like(resize2d(x.tensor(), sizes[0], sizes[1], "bicubic"), x.type())};
  // The nearest one is that whose place begins before the middle.
  std::string places = corners ? "align_corners" : half ? "half_pixel" : "asymmetric";
  std::string rounding = corners ? "round_prefer_ceil" : "floor";
  if (nearest && half && !corners) rounding = "round_prefer_ceil";
  const Value y =
      apply_onnx(call, "Resize",
                 {as_channels_second(x), Value(), Value(), integers_value({s[0], s[3], sizes[0], sizes[1]})},
                 {{"mode", kind},
                  {"coordinate_transformation_mode", places},
                  {"nearest_mode", rounding},
                  {"cubic_coeff_a", -0.75}})[0];
  return images(y, x.type());
}

const std::vector<std::string> kStatistics{
    "y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2", "reserve_space_3"};

const bool kWindowsRegistered[] = {
    register_operator("Conv2D", [](Call& call) { return convolution(call, 4); }),
    register_operator("Conv3D", [](Call& call) { return convolution(call, 5); }),
    register_operator("DepthwiseConv2dNative", depthwise),
    register_operator("Conv2DBackpropInput", [](Call& call) { return transposed(call, 4); }),
    register_operator("Conv3DBackpropInputV2", [](Call& call) { return transposed(call, 5); }),
    register_operator("MaxPool", [](Call& call) { return pooled(call, "MaxPool"); }),
    register_operator("MaxPool3D", [](Call& call) { return pooled(call, "MaxPool"); }),
    register_operator("AvgPool", [](Call& call) { return pooled(call, "AveragePool"); }),
    register_operator("AvgPool3D", [](Call& call) { return pooled(call, "AveragePool"); }),
    register_operator("BiasAdd", bias_add),
    register_operator("BiasAddV1", bias_add),
    register_operator("FusedBatchNorm", normalized, kStatistics),
    register_operator("FusedBatchNormV2", normalized, kStatistics),
    register_operator("FusedBatchNormV3", normalized, kStatistics),
    register_operator("ResizeBilinear", [](Call& call) { return resized(call, "linear"); }),
    register_operator("ResizeBicubic", [](Call& call) { return resized(call, "cubic"); }),
    register_operator("ResizeNearestNeighbor", [](Call& call) { return resized(call, "nearest"); })};

}  // namespace
}  // namespace lamina::tensorflow
