// Writers of products, convolutions and poolings.
#include <algorithm>
#include <array>
#include <charconv>

#include "lamina/formats/tflite/export/writer.h"
#include "lamina/graph/contraction.h"

namespace lamina::tflite {
namespace {

constexpr int8_t kSame = 0, kValid = 1;

// The paddings of an op as one of TFLite's; where they are others, x gets them before.
struct Padded {
  int32_t x;
  int8_t padding;
};

Padded padded(Writing& w, const std::string& padding, double value) {
  if (padding == "same") return {w.in(0), kSame};
  if (padding == "valid") return {w.in(0), kValid};
  std::array<int32_t, 8> ends{};
  const char* at = padding.data();
  const char* const end = at + padding.size();
  for (size_t i = 2; i < 6; ++i) {
    at = std::from_chars(at, end, ends[i]).ptr;
    if (at < end) ++at;
  }
  Shape shape = w.shape(0);
  for (int axis = 1; axis <= 2; ++axis)
    shape.set(axis,
              shape[axis] + ends[static_cast<size_t>(2 * axis)] + ends[static_cast<size_t>(2 * axis) + 1]);
  const int32_t sides =
      w.builder().constant(Tensor::from(std::vector<int32_t>(ends.begin(), ends.end()), {4, 2}), "paddings");
  return {w.op(fb::BuiltinOperator_PADV2, {w.in(0), sides, w.number(value)}, shape), kValid};
}

void conv2d_of(Writing& w) {
  const auto& attrs = w.attrs<Conv2DAttrs>();
  if (w.dtype(0) != DType::kFloat32) w.refuse("convolutions are of float32 there");
  const Shape& kernel = w.shape(1);
  const Padded x = padded(w, attrs.padding, 0);
  const int64_t channels = w.shape(0)[3];
  const int32_t sh = static_cast<int32_t>(attrs.strides[0]), sw = static_cast<int32_t>(attrs.strides[1]);
  const int32_t dh = static_cast<int32_t>(attrs.dilations[0]), dw = static_cast<int32_t>(attrs.dilations[1]);
  const int8_t padding = x.padding;
  if (attrs.groups == channels && channels > 1) {  // each channel by itself
    const int32_t filters = w.reshaped(w.in(1), {1, kernel[0], kernel[1], kernel[3]});
    const auto multiplier = static_cast<int32_t>(kernel[3] / channels);
    return w.out(0,
                 w.op(fb::BuiltinOperator_DEPTHWISE_CONV_2D, {x.x, filters},
                      {fb::Options_DepthwiseConv2D, [=](auto& builder, [[maybe_unused]] int8_t activation) {
                         return fb::CreateDepthwiseConv2DOptions(builder, padding, sw, sh, multiplier,
                                                                 activation, dw, dh)
                             .Union();
                       }}));
  }
  const int32_t filters = w.transposed(w.in(1), {3, 0, 1, 2});
  w.out(0, w.op(fb::BuiltinOperator_CONV_2D, {x.x, filters},
                {fb::Options_Conv2D, [=](auto& builder, [[maybe_unused]] int8_t activation) {
                   return fb::CreateConv2DOptions(builder, padding, sw, sh, activation, dw, dh).Union();
                 }}));
}

void transposed_conv(Writing& w) {
  const Conv2DAttrs& attrs = w.attrs<Conv2DGradAttrs>().conv;
  if (attrs.groups != 1 || attrs.dilations != std::vector<int64_t>{1, 1})
    w.refuse("transposed convolutions have no groups and no dilations there");
  if (attrs.padding != "same" && attrs.padding != "valid")
    w.refuse("transposed convolutions are padded as 'same' or 'valid' there");
  const int8_t padding = attrs.padding == "same" ? kSame : kValid;
  const int32_t sh = static_cast<int32_t>(attrs.strides[0]), sw = static_cast<int32_t>(attrs.strides[1]);
  const Shape& shape = w.out_type().shape;
  const int32_t filters = w.transposed(w.in(1), {2, 0, 1, 3});
  w.out(0, w.op(fb::BuiltinOperator_TRANSPOSE_CONV,
                {w.builder().integers({shape.begin(), shape.end()}), filters, w.in(0)},
                {fb::Options_TransposeConv, [=](auto& builder, [[maybe_unused]] int8_t activation) {
                   return fb::CreateTransposeConvOptions(builder, padding, sw, sh).Union();
                 }}));
}

template <fb::BuiltinOperator code>
void pool(Writing& w) {
  const auto& attrs = w.attrs<Pool2DAttrs>();
  for (size_t i = 1; i < w.written().size(); ++i) {
    if (w.used(i)) w.refuse("the places of the largest elements are used, which only training does");
  }
  if (code == fb::BuiltinOperator_AVERAGE_POOL_2D && attrs.padding != "same" && attrs.padding != "valid")
    w.refuse("means over windows are padded as 'same' or 'valid' there");
  const Padded x = padded(w, attrs.padding, -3.4028234663852886e38);
  const int8_t padding = x.padding;
  const int32_t sh = static_cast<int32_t>(attrs.strides[0]), sw = static_cast<int32_t>(attrs.strides[1]);
  const int32_t height = static_cast<int32_t>(attrs.pool[0]), width = static_cast<int32_t>(attrs.pool[1]);
  w.out(0,
        w.op(code, {x.x}, {fb::Options_Pool2D, [=](auto& builder, [[maybe_unused]] int8_t activation) {
                             return fb::CreatePool2DOptions(builder, padding, sw, sh, width, height).Union();
                           }}));
}

void matmul_of(Writing& w) {
  const auto& attrs = w.attrs<MatmulAttrs>();
  const bool ta = attrs.transpose_a, tb = attrs.transpose_b;
  if (w.dtype(0) != DType::kFloat32) w.refuse("products are of float32 there");
  // Weights are rows of outputs there.
  if (w.constant(1).defined() && w.rank(1) == 2 && !ta) {
    const int32_t weights = tb ? w.in(1) : w.transposed(w.in(1), {1, 0});
    const Shape& shape = w.out_type().shape;
    const int32_t y =
        w.op(fb::BuiltinOperator_FULLY_CONNECTED, {w.in(0), weights}, shape,
             {fb::Options_FullyConnected, [](auto& builder, [[maybe_unused]] int8_t activation) {
                return fb::CreateFullyConnectedOptions(builder, activation, 0, true).Union();
              }});
    return w.out(0, y);
  }
  w.out(0, w.op(fb::BuiltinOperator_BATCH_MATMUL, w.inputs(),
                {fb::Options_BatchMatMul, [=](auto& builder, [[maybe_unused]] int8_t activation) {
                   return fb::CreateBatchMatMulOptions(builder, ta, tb).Union();
                 }}));
}

const bool kProductsRegistered[] = {register_writer("conv2d", conv2d_of),
                            register_writer("conv2d_grad_input", transposed_conv),
                            register_writer("max_pool2d", pool<fb::BuiltinOperator_MAX_POOL_2D>),
                            register_writer("max_pool2d_with_index", pool<fb::BuiltinOperator_MAX_POOL_2D>),
                            register_writer("avg_pool2d", pool<fb::BuiltinOperator_AVERAGE_POOL_2D>),
                            register_writer("matmul", matmul_of)};

}  // namespace
}  // namespace lamina::tflite
