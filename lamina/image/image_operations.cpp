// Operations of keras.ops.image as graphs in files hold them.
#include "lamina/base/error.h"
#include "lamina/image/colours.h"
#include "lamina/image/patches.h"
#include "lamina/image/resize.h"
#include "lamina/ops/affine_transform.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/conv.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/products.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

/// What `op` makes of images channels last, for either order of the axes.
template <class Op>
Tensor of_images(const OperationCall& call, Op&& op) {
  const Tensor& images = call.tensor(0);
  if (detail::word_of(call, "data_format", "channels_last") == "channels_last") return op(images);
  if (images.rank() == 3) return transpose(op(transpose(images, {1, 2, 0})), {2, 0, 1});
  if (images.rank() != 4)
    throw InvalidArgument("operation " + call.class_name + ": expected images, received " +
                          images.type().str());
  return transpose(op(transpose(images, {0, 2, 3, 1})), {0, 3, 1, 2});
}

template <Tensor (*op)(const Tensor&)>
Tensor run_colours(const OperationCall& call) {
  return of_images(call, op);
}

template <class T>
std::array<T, 2> two_of(const OperationCall& call, const char* key, T otherwise) {
  const Json* given = call.config.find(key);
  if (!given || given->is_null()) return {otherwise, otherwise};
  std::vector<T> numbers;
  const auto add = [&](const Json& number) {
    if constexpr (std::is_same_v<T, int64_t>)
      numbers.push_back(number.as_int());
    else
      numbers.push_back(number.as_double());
  };
  if (given->is_list()) {
    for (const Json& number : given->as_list()) add(number);
  } else {
    add(*given);
  }
  if (numbers.size() != 1 && numbers.size() != 2)
    throw Unsupported("operation " + call.class_name + ": expected one or two numbers for " + key +
                      ", received " + std::to_string(numbers.size()));
  return {numbers.front(), numbers.back()};
}

Tensor run_resize(const OperationCall& call) {
  image::ResizeOptions options;
  options.interpolation = detail::word_of(call, "interpolation", "bilinear");
  options.antialias = detail::flag_of(call, "antialias");
  options.crop_to_aspect_ratio = detail::flag_of(call, "crop_to_aspect_ratio");
  options.pad_to_aspect_ratio = detail::flag_of(call, "pad_to_aspect_ratio");
  options.fill_value = detail::number_of(call, "fill_value", 0);
  options.data_format = detail::word_of(call, "data_format", "channels_last");
  return image::resize(call.tensor(0), two_of<int64_t>(call, "size", 0), options);
}

Tensor run_affine(const OperationCall& call) {
  const AffineTransformAttrs attrs{.interpolation = detail::word_of(call, "interpolation", "bilinear"),
                                   .fill_mode = detail::word_of(call, "fill_mode", "constant"),
                                   .fill_value = detail::number_of(call, "fill_value", 0)};
  return of_images(call, [&](const Tensor& images) {
    if (is_floating(images.dtype())) return affine_transform(images, call.tensor(1), attrs);
    // Integers are cut, not rounded, as Keras has it.
    return cast(affine_transform(cast(images, DType::kFloat32), call.tensor(1), attrs), images.dtype());
  });
}

/// exp(-(x / sigma)^2 / 2) around the middle of `size`, its sum 1.
Tensor bell(int64_t size, double sigma, DType dtype) {
  const Tensor x = (cast(arange(size), DType::kFloat64) - static_cast<double>(size - 1) / 2) / sigma;
  const Tensor weights = exp(square(x) * -0.5);
  return cast(weights / sum(weights), dtype);
}

/// With zeros beyond the border.
Tensor run_blur(const OperationCall& call) {
  const std::array<int64_t, 2> size = two_of<int64_t>(call, "kernel_size", 3);
  const std::array<double, 2> sigma = two_of<double>(call, "sigma", 1);
  for (size_t i = 0; i < 2; ++i) {
    if (size[i] < 1 || size[i] > 4096 || !(sigma[i] > 0))
      throw InvalidArgument("operation GaussianBlur: expected kernel_size from 1 to 4096 and sigma above 0");
  }
  return of_images(call, [&](const Tensor& given) {
    if (!is_floating(given.dtype()))
      throw InvalidArgument("operation GaussianBlur: expected floats, received " + given.type().str());
    const Tensor images = given.rank() == 3 ? expand_dims(given, 0) : given;
    const Tensor bells =
        outer(bell(size[1], sigma[1], images.dtype()), bell(size[0], sigma[0], images.dtype()));
    // Keras makes a kernel of (second, first) numbers and reads it as (first, second).
    const Tensor kernel = repeat(reshape(bells, {size[0], size[1], 1, 1}), images.shape()[3], 2);
    const Tensor blurred = depthwise_conv2d(images, kernel, {.padding = "same"});
    return given.rank() == 3 ? squeeze(blurred, 0) : blurred;
  });
}

std::optional<int64_t> side_of(const OperationCall& call, const std::string& key) {
  const Json* number = call.config.find(key);
  if (!number || number->is_null()) return std::nullopt;
  return number->as_int();
}

template <Tensor (*op)(const Tensor&, const image::Sides&)>
Tensor run_sides(const OperationCall& call, const std::string& kind) {
  const image::Sides sides{.top = side_of(call, "top_" + kind),
                           .left = side_of(call, "left_" + kind),
                           .bottom = side_of(call, "bottom_" + kind),
                           .right = side_of(call, "right_" + kind),
                           .target_height = side_of(call, "target_height"),
                           .target_width = side_of(call, "target_width")};
  return of_images(call, [&](const Tensor& images) { return op(images, sides); });
}

Tensor run_patches(const OperationCall& call) {
  const std::array<int64_t, 2> size = two_of<int64_t>(call, "size", 0),
                               rates = two_of<int64_t>(call, "dilation_rate", 1);
  if (rates[0] != rates[1])
    throw Unsupported("operation ExtractPatches: only one dilation_rate for both axes is supported");
  image::PatchOptions options{.dilation_rate = rates[0],
                              .padding = detail::word_of(call, "padding", "valid")};
  const Json* strides = call.config.find("strides");
  if (strides && !strides->is_null()) options.strides = two_of<int64_t>(call, "strides", 1);
  return of_images(call, [&](const Tensor& images) { return image::extract_patches(images, size, options); });
}

const std::vector<std::string> kImages{"images"};
const bool image_operations_recorded = detail::register_operations(
    detail::kImageOps,
    {{"Resize", run_resize, kImages},
     {"RGBToGrayscale", run_colours<image::rgb_to_grayscale>, kImages},
     {"RGBToHSV", run_colours<image::rgb_to_hsv>, kImages},
     {"HSVToRGB", run_colours<image::hsv_to_rgb>, kImages},
     {"AffineTransform", run_affine, {"images", "transform"}},
     {"GaussianBlur", run_blur, kImages},
     {"CropImages", [](const OperationCall& call) { return run_sides<image::crop_images>(call, "cropping"); },
      kImages},
     {"PadImages", [](const OperationCall& call) { return run_sides<image::pad_images>(call, "padding"); },
      kImages},
     {"ExtractPatches", run_patches, kImages}});

}  // namespace
}  // namespace lamina
