// MaxUnpool: maxima back at the places where MaxPool found them.
#include <fmt/format.h>

#include "lamina/formats/onnx/operator.h"
#include "lamina/ops/full.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/scatter_update.h"

namespace lamina::onnx {
namespace {

std::vector<Value> unpool(Call& call) {
  const Tensor &x = call[0], &places = call[1];
  const int axes = x.rank() - 2;
  const auto sizes = call.integer_list("kernel_shape");
  if (axes < 1 || !sizes || static_cast<int>(sizes->size()) != axes || places.shape() != x.shape())
    call.fail(fmt::format("an input of shape {}, places of {} and its kernel_shape do not fit",
                          x.shape().str(), places.shape().str()));
  const auto count = static_cast<size_t>(axes);
  const std::vector<int64_t> strides = call.integer_list("strides").value_or(std::vector<int64_t>(count, 1));
  const std::vector<int64_t> pads = call.integer_list("pads").value_or(std::vector<int64_t>(2 * count, 0));
  if (strides.size() != count || pads.size() != 2 * count)
    call.fail("its strides and pads do not fit its kernel_shape");
  Shape shape{x.shape()[0], x.shape()[1]};
  for (size_t i = 0; i < count; ++i) {
    const int64_t extent =
        (x.shape()[static_cast<int>(i) + 2] - 1) * strides[i] - pads[i] - pads[i + count] + (*sizes)[i];
    if (extent < 0) call.fail(fmt::format("an extent of its result would be {}", extent));
    shape.push_back(extent);
  }
  const Tensor flat = scatter_update(zeros({shape.size()}, x.dtype()), reshape(places, {places.size(), 1}),
                                     reshape(x, {x.size()}));
  Tensor result = reshape(flat, shape);
  if (call.has(2)) {
    const Shape wanted(call.known_integers(2));
    std::vector<std::pair<int64_t, int64_t>> paddings;
    for (int axis = 0; axis < shape.rank(); ++axis) {
      if (wanted.rank() != shape.rank() || wanted[axis] < shape[axis])
        call.fail(fmt::format("its output_shape {} is smaller than {}", wanted.str(), shape.str()));
      paddings.emplace_back(0, wanted[axis] - shape[axis]);
    }
    result = pad(result, paddings);
  }
  return {Value(result, call.element())};
}

const bool kMaxUnpoolRegistered = register_operator("MaxUnpool", 9, unpool);

}  // namespace
}  // namespace lamina::onnx
