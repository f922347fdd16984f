// CenterCropPad: what lies in the middle, or zeros around it.
#include <fmt/format.h>

#include "lamina/formats/onnx/operator.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/slice.h"

namespace lamina::onnx {
namespace {

std::vector<Value> center_crop_pad(Call& call) {
  const Tensor& x = call[0];
  const std::vector<int64_t> wanted = call.known_integers(1);
  std::vector<int64_t> axes;
  if (const auto given = call.integer_list("axes")) {
    axes = *given;
  } else {
    for (int axis = 0; axis < x.rank(); ++axis) axes.push_back(axis);
  }
  if (axes.size() != wanted.size())
    call.fail(fmt::format("has {} extents for {} axes", wanted.size(), axes.size()));
  std::vector<int64_t> starts(static_cast<size_t>(x.rank()), 0), stops = x.shape().dims();
  std::vector<std::pair<int64_t, int64_t>> paddings(static_cast<size_t>(x.rank()));
  for (size_t i = 0; i < axes.size(); ++i) {
    const int axis = x.shape().normalize(static_cast<int>(axes[i]));
    const auto at = static_cast<size_t>(axis);
    const int64_t extent = x.shape()[axis];
    if (wanted[i] < 0 || wanted[i] > 1 << 30)
      call.fail(fmt::format("an extent of its result would be {}", wanted[i]));
    if (wanted[i] < extent) {
      starts[at] = (extent - wanted[i]) / 2;
      stops[at] = starts[at] + wanted[i];
    } else {
      const int64_t more = wanted[i] - extent;
      paddings[at] = {more / 2, more - more / 2};
    }
  }
  return {Value(pad(slice(x, starts, stops), paddings), call.element())};
}

const bool kCenterCropPadRegistered = register_operator("CenterCropPad", 18, center_crop_pad);

}  // namespace
}  // namespace lamina::onnx
