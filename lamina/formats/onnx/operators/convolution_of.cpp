// Convolutions of integers, by way of floats, with the attributes that Conv has.
#include "lamina/formats/onnx/operators/convolution_of.h"

#include <fmt/format.h>

#include "lamina/ops/conv2d.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/transpose.h"

namespace lamina::onnx {
namespace {

std::vector<int64_t> list_of(const Call& call, const char* name, size_t axes, int64_t otherwise, int64_t least) {
  std::vector<int64_t> values =
      call.integer_list(name).value_or(std::vector<int64_t>(axes, otherwise));
  if (values.size() != axes) call.fail(fmt::format("attribute '{}' has {} numbers; expected {}", name, values.size(), axes));
  for (const int64_t value : values) {
    if (value < least) call.fail(fmt::format("attribute '{}' holds {}; expected {} or more", name, value, least));
  }
  return values;
}

}  // namespace

Tensor convolution_of(Call& call, const Tensor& x, const Tensor& kernel) {
  const int rank = x.rank();
  if (rank < 3 || kernel.rank() != rank)
    call.fail(fmt::format("an input of shape {} and kernels of {} do not fit", x.shape().str(), kernel.shape().str()));
  if (rank > 4) throw Unsupported("convolutions of integers have one or two spatial axes here");
  const size_t axes = static_cast<size_t>(rank) - 2;
  std::vector<int64_t> strides = list_of(call, "strides", axes, 1, 1), dilations = list_of(call, "dilations", axes, 1, 1);
  std::vector<int64_t> pads = list_of(call, "pads", 2 * axes, 0, 0);
  const std::string automatic = call.text("auto_pad", "NOTSET");
  if (const auto sizes = call.integer_list("kernel_shape")) {
    for (size_t i = 0; i < axes; ++i) {
      if (sizes->size() != axes || (*sizes)[i] != kernel.shape()[static_cast<int>(i) + 2])
        call.fail(fmt::format("attribute 'kernel_shape' does not fit kernels of shape {}", kernel.shape().str()));
    }
  }
  for (size_t i = 0; i < axes && automatic != "NOTSET"; ++i) {
    const int axis = static_cast<int>(i) + 2;
    const int64_t reach = (kernel.shape()[axis] - 1) * dilations[i] + 1, extent = x.shape()[axis];
    const int64_t windows = (extent + strides[i] - 1) / strides[i];
    const int64_t all = std::max<int64_t>((windows - 1) * strides[i] + reach - extent, 0);
    if (automatic == "VALID") {
      pads[i] = pads[i + axes] = 0;
    } else if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
      pads[i] = automatic == "SAME_UPPER" ? all / 2 : all - all / 2;
      pads[i + axes] = all - pads[i];
    } else {
      call.fail("attribute 'auto_pad' is '" + automatic + "'");
    }
  }
  std::vector<std::pair<int64_t, int64_t>> paddings(2);
  for (size_t i = 0; i < axes; ++i) paddings.emplace_back(pads[i], pads[i + axes]);
  Tensor image = pad(x, paddings), window = kernel;
  if (axes == 1) {  // of one row
    image = reshape(image, {image.shape()[0], image.shape()[1], 1, image.shape()[2]});
    window = reshape(kernel, {kernel.shape()[0], kernel.shape()[1], 1, kernel.shape()[2]});
    strides.insert(strides.begin(), 1);
    dilations.insert(dilations.begin(), 1);
  }
  const Tensor result = conv2d(transpose(image, {0, 2, 3, 1}), transpose(window, {2, 3, 1, 0}),
                               {.strides = strides, .dilations = dilations, .groups = call.integer("group", 1)});
  const Tensor first = transpose(result, {0, 3, 1, 2});
  if (axes == 2) return first;
  return reshape(first, {first.shape()[0], first.shape()[1], first.shape()[3]});
}

}  // namespace lamina::onnx
