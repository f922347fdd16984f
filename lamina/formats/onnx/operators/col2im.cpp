// Col2Im: images of blocks that overlap, which add up.
#include <fmt/format.h>

#include "lamina/formats/onnx/operator.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take.h"

namespace lamina::onnx {
namespace {

std::vector<Value> col2im(Call& call) {
  const Tensor& x = call[0];
  const std::vector<int64_t> image = call.known_integers(1), block = call.known_integers(2);
  const size_t axes = image.size();
  const auto list = [&](const char* name, size_t size, int64_t otherwise, int64_t least) {
    const std::vector<int64_t> values =
        call.integer_list(name).value_or(std::vector<int64_t>(size, otherwise));
    if (values.size() != size)
      call.fail(fmt::format("attribute '{}' has {} numbers; expected {}", name, values.size(), size));
    for (const int64_t value : values) {
      if (value < least || value > 1 << 20) call.fail(fmt::format("attribute '{}' holds {}", name, value));
    }
    return values;
  };
  const std::vector<int64_t> dilations = list("dilations", axes, 1, 1), strides = list("strides", axes, 1, 1);
  const std::vector<int64_t> pads = list("pads", 2 * axes, 0, 0);
  if (axes == 0 || block.size() != axes || x.rank() != 3)
    call.fail("takes (batch, channels of blocks, blocks) and as many extents of image as of block");
  // With the border that is cut off at the end.
  Shape padded, blocks, inside;
  for (size_t i = 0; i < axes; ++i) {
    if (image[i] < 1 || image[i] > 1 << 24 || block[i] < 1 || block[i] > 1 << 20)
      call.fail("extents of images and blocks must be positive");
    padded.push_back(image[i] + pads[i] + pads[i + axes]);
    const int64_t room = padded[static_cast<int>(i)] - dilations[i] * (block[i] - 1) - 1;
    if (room < 0) call.fail("a block is larger than the image");
    blocks.push_back(room / strides[i] + 1);
    inside.push_back(block[i]);
  }
  const int64_t in_block = inside.size(), count = blocks.size();
  if (x.shape()[1] % in_block != 0 || x.shape()[2] != count)
    call.fail(fmt::format("an input of shape {} does not fit {} blocks of {} pixels", x.shape().str(), count,
                          in_block));
  if (padded.size() > INT32_MAX) throw Unsupported("images of more than 2^31 pixels");
  std::vector<int32_t> places;
  for (int64_t pixel = 0; pixel < in_block; ++pixel) {
    for (int64_t at = 0; at < count; ++at) {
      int64_t place = 0, step = 1, pixel_rest = pixel, block_rest = at;
      for (size_t i = axes; i-- > 0;) {
        const int axis = static_cast<int>(i);
        place += step * (block_rest % blocks[axis] * strides[i] + pixel_rest % inside[axis] * dilations[i]);
        step *= padded[axis];
        pixel_rest /= inside[axis];
        block_rest /= blocks[axis];
      }
      places.push_back(static_cast<int32_t>(place));
    }
  }
  const int64_t batch = x.shape()[0], channels = x.shape()[1] / in_block;
  const Tensor flat = scatter_add(reshape(x, {batch, channels, in_block * count}),
                                  Tensor::from(places, {in_block * count}), 2, padded.size());
  Shape shape{batch, channels};
  std::vector<int64_t> starts{0, 0}, stops{batch, channels};
  for (size_t i = 0; i < axes; ++i) {
    shape.push_back(padded[static_cast<int>(i)]);
    starts.push_back(pads[i]);
    stops.push_back(pads[i] + image[i]);
  }
  return {Value(slice(reshape(flat, shape), starts, stops), call.element())};
}

const bool kCol2imRegistered = register_operator("Col2Im", 18, col2im);

}  // namespace
}  // namespace lamina::onnx
