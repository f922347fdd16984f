// DeformConv: convolutions whose kernels look beside their places.
#include <fmt/format.h>

#include "lamina/formats/onnx/operator.h"
#include "lamina/formats/onnx/operators/sampling.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/transpose.h"

namespace lamina::onnx {
namespace {

std::vector<Value> deform_conv(Call& call) {
  const Tensor &x = call[0], &w = call[1], &offset = call[2];
  const Tensor bias = call.optional(3), mask = call.optional(4);
  if (x.rank() != 4 || w.rank() != 4 || offset.rank() != 4)
    throw Unsupported(fmt::format("takes images of two axes; received {}", x.shape().str()));
  const auto list = [&](const char* name, std::vector<int64_t> otherwise, int64_t least) {
    const std::vector<int64_t> values = call.integer_list(name).value_or(otherwise);
    if (values.size() != otherwise.size())
      call.fail(fmt::format("attribute '{}' has {} numbers", name, values.size()));
    for (const int64_t value : values) {
      if (value < least || value > 1 << 20) call.fail(fmt::format("attribute '{}' holds {}", name, value));
    }
    return values;
  };
  const std::vector<int64_t> strides = list("strides", {1, 1}, 1), dilations = list("dilations", {1, 1}, 1);
  const std::vector<int64_t> pads = list("pads", {0, 0, 0, 0}, 0);
  const std::vector<int64_t> sizes = list("kernel_shape", {w.shape()[2], w.shape()[3]}, 1);
  const int64_t groups = call.integer("group", 1), shifts = call.integer("offset_group", 1);
  const int64_t batch = x.shape()[0], channels = x.shape()[1], filters = w.shape()[0];
  const int64_t rows = sizes[0], columns = sizes[1], taps = rows * columns;
  int64_t out[2];
  for (int i = 0; i < 2; ++i) {
    const auto at = static_cast<size_t>(i);
    const int64_t room = x.shape()[i + 2] + pads[at] + pads[at + 2] - dilations[at] * (sizes[at] - 1) - 1;
    out[i] = room < 0 ? 0 : room / strides[at] + 1;
  }
  if (groups < 1 || shifts < 1 || w.shape()[2] != rows || w.shape()[3] != columns ||
      channels != w.shape()[1] * groups || filters % groups != 0 || channels % shifts != 0 ||
      offset.shape() != Shape{batch, shifts * taps * 2, out[0], out[1]} ||
      (mask.defined() && mask.shape() != Shape{batch, shifts * taps, out[0], out[1]}) ||
      (bias.defined() && bias.shape() != Shape{filters})) {
    call.fail(fmt::format("images of shape {}, kernels of {} and offsets of {} do not fit", x.shape().str(),
                          w.shape().str(), offset.shape().str()));
  }
  const int64_t points = out[0] * out[1], each = channels / shifts;
  // Where each tap looks when nothing is moved, (1, taps, points) for rows and columns.
  std::vector<float> base[2];
  for (int axis = 0; axis < 2; ++axis) {
    const auto at = static_cast<size_t>(axis);
    for (int64_t tap = 0; tap < taps; ++tap) {
      for (int64_t point = 0; point < points; ++point) {
        const int64_t i = axis == 0 ? tap / columns : tap % columns,
                      o = axis == 0 ? point / out[1] : point % out[1];
        base[axis].push_back(static_cast<float>(o * strides[at] - pads[at] + i * dilations[at]));
      }
    }
  }
  // Images of one offset group lie side by side in the batch.
  const Tensor images = reshape(x, {batch * shifts, each, x.shape()[2], x.shape()[3]});
  const Tensor moves = reshape(offset, {batch * shifts, taps, 2, points});
  std::vector<Tensor> places;
  for (int64_t axis = 0; axis < 2; ++axis) {
    const Tensor move =
        reshape(slice(moves, {0, 0, axis}, {batch * shifts, taps, axis + 1}), {batch * shifts, taps, points});
    places.push_back(
        reshape(add(move, Tensor::from(base[axis], {1, taps, points})), {batch * shifts, taps * points}));
  }
  Tensor seen = reshape(sample(images, places, {}), {batch * shifts, each, taps, points});
  if (mask.defined()) seen = multiply(seen, reshape(mask, {batch * shifts, 1, taps, points}));
  const int64_t inputs = channels / groups;
  seen = reshape(seen, {batch, groups, inputs * taps, points});
  const Tensor kernels = reshape(w, {1, groups, filters / groups, inputs * taps});
  Tensor result = reshape(matmul(kernels, seen), {batch, filters, out[0], out[1]});
  if (bias.defined()) result = add(result, reshape(bias, {filters, 1, 1}));
  return {Value(result, call.element())};
}

const bool kDeformConvRegistered = register_operator("DeformConv", 19, deform_conv, {.trained = {1, 3}});

}  // namespace
}  // namespace lamina::onnx
