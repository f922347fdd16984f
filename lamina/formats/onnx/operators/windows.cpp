// Reading the attributes of windows.
#include "lamina/formats/onnx/operators/windows.h"

#include <fmt/format.h>

#include <algorithm>

#include "lamina/ops/reshape.h"

namespace lamina::onnx {

std::string Windows::padding(size_t axis) const {
  const std::vector<int64_t> none(axes());
  if (before == none && after == none) return "valid";  // the word that passes look for
  if (axes() == 1) return fmt::format("0,0,{},{}", before[0], after[0]);
  return fmt::format("{},{},{},{}", before[axis], after[axis], before[axis + 1], after[axis + 1]);
}

Windows windows_of(const Call& call, const Shape& x, const std::vector<int64_t>& sizes) {
  const size_t axes = sizes.size();
  if (axes < 1 || x.rank() != static_cast<int>(axes) + 2)
    call.fail("its windows have " + std::to_string(axes) + " axes, its input is " + x.str());
  const auto list = [&](const char* name, int64_t otherwise, size_t count, int64_t least) {
    std::vector<int64_t> values = call.integer_list(name).value_or(std::vector<int64_t>(count, otherwise));
    if (values.size() != count) call.fail(fmt::format("attribute '{}' must have {} numbers", name, count));
    for (const int64_t value : values) {
      constexpr int64_t kMost = int64_t{1} << 30;
      if (value < least || value > kMost) call.fail(fmt::format("attribute '{}' holds {}", name, value));
    }
    return values;
  };
  Windows windows{sizes, list("strides", 1, axes, 1), list("dilations", 1, axes, 1), {}, {}};
  for (const int64_t size : sizes) {
    if (size < 1) call.fail("a window has no elements");
  }
  const std::vector<int64_t> pads = list("pads", 0, 2 * axes, 0);
  const std::string automatic = call.text("auto_pad", "NOTSET");
  const bool ceil = call.integer("ceil_mode", 0) != 0;
  for (size_t i = 0; i < axes; ++i) {
    const int64_t extent = x[static_cast<int>(i) + 2], stride = windows.strides[i];
    if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
      const int64_t count = (extent + stride - 1) / stride;
      const int64_t total = std::max<int64_t>(0, (count - 1) * stride + windows.span(i) - extent);
      windows.before.push_back(automatic == "SAME_UPPER" ? total / 2 : (total + 1) / 2);
      windows.after.push_back(total - windows.before[i]);
      continue;
    }
    if (automatic != "NOTSET" && automatic != "VALID" && !automatic.empty())
      call.fail("attribute 'auto_pad' is '" + automatic + "'");
    const bool valid = automatic == "VALID";
    windows.before.push_back(valid ? 0 : pads[i]);
    windows.after.push_back(valid ? 0 : pads[i + axes]);
    if (!ceil) continue;
    const int64_t whole = extent + windows.before[i] + windows.after[i] - windows.span(i);
    // Rounded up, one window fits into an image that it reaches less than a stride beyond.
    if (whole <= -stride) continue;
    int64_t count = whole < 0 ? 1 : (whole + stride - 1) / stride + 1;
    // A window that begins in the padding behind has nothing to say.
    if ((count - 1) * stride >= extent + windows.before[i]) --count;
    windows.after[i] = std::max<int64_t>(windows.after[i], (count - 1) * stride + windows.span(i) - extent - windows.before[i]);
  }
  return windows;
}

Tensor as_images(const Tensor& x) {
  if (x.rank() != 3) return x;
  return reshape(x, {x.shape()[0], 1, x.shape()[1], x.shape()[2]});
}

Tensor from_images(const Tensor& y, int rank) {
  if (rank != 3) return y;
  return reshape(y, {y.shape()[0], y.shape()[2], y.shape()[3]});
}

}  // namespace lamina::onnx
