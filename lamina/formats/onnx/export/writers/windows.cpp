// Writers of convolutions and poolings: images as (batch, channels, height, width), kernels as (filters, channels,
// height, width).
#include <algorithm>
#include <charconv>
#include <optional>

#include "lamina/formats/onnx/export/writer.h"
#include "lamina/graph/contraction.h"

namespace lamina::onnx {
namespace {

constexpr int kRows = 1, kColumns = 2;

// A window along one axis of an image.
struct Window {
  int64_t size = 1, stride = 1, dilation = 1;
  int64_t reach() const { return (size - 1) * dilation + 1; }
};

struct Padding {
  int64_t before = 0, after = 0;
  bool operator==(const Padding&) const = default;
};

Padding same(const Window& window, int64_t extent) {
  const int64_t output = (extent + window.stride - 1) / window.stride;
  const int64_t all = std::max<int64_t>(0, (output - 1) * window.stride + window.reach() - extent);
  return {all / 2, all - all / 2};
}

// "1,1,0,2": above, below, left, right.
std::array<Padding, 2> given(const std::string& text) {
  std::array<int64_t, 4> numbers{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int64_t& number : numbers) {
    at = std::from_chars(at, end, number).ptr;
    if (at < end) ++at;
  }
  return {Padding{numbers[0], numbers[1]}, Padding{numbers[2], numbers[3]}};
}

// Of images with that extent in each trace; nothing where it differs.
std::optional<Padding> padding_of(const std::string& text, int axis, const Window& window, const Extent& extent) {
  if (text == "valid" || (text == "same" && window.reach() == 1)) return Padding{};
  if (text != "same") return given(text)[static_cast<size_t>(axis - kRows)];
  // One element behind is beside all windows where the length needs none.
  if (window.reach() == 2 && !extent.fixed()) return Padding{0, 1};
  const Padding first = same(window, extent.values[0]);
  for (const int64_t value : extent.values) {
    if (same(window, value) != first) return std::nullopt;
  }
  // The same for every length only where steps are of one pixel, or the length is known.
  if (!extent.fixed() && window.stride != 1) return std::nullopt;
  return first;
}

Attributes window_attributes(Writing& w, const std::string& padding, const Window& rows, const Window& columns,
                             bool convolution) {
  Attributes attributes{{"kernel_shape", std::vector<int64_t>{rows.size, columns.size}},
                        {"strides", std::vector<int64_t>{rows.stride, columns.stride}}};
  if (convolution) attributes.emplace_back("dilations", std::vector<int64_t>{rows.dilation, columns.dilation});
  const std::optional<Padding> above = padding_of(padding, kRows, rows, w.extent(0, kRows));
  const std::optional<Padding> left = padding_of(padding, kColumns, columns, w.extent(0, kColumns));
  if (above && left) {
    attributes.emplace_back("pads", std::vector<int64_t>{above->before, left->before, above->after, left->after});
  } else if (!convolution && (rows.size < rows.stride || columns.size < columns.stride)) {
    // By ONNX's formula its padding can be negative, which run times refuse.
    w.refuse("a pool smaller than its stride with padding 'same' on images of open extents; write the model for fixed "
             "shapes");
  } else if (rows.dilation == 1 && columns.dilation == 1) {
    attributes.emplace_back("auto_pad", "SAME_UPPER");
  } else {
    w.refuse("a dilated window with strides and padding 'same' on images of open extents");
  }
  return attributes;
}

// Run times convolve floats of 32 and 16 bits.
DType computed(DType dtype) { return dtype == DType::kFloat64 ? DType::kFloat32 : dtype; }

Window window_of(Writing& w, const Conv2DAttrs& attrs, int axis) {
  const auto place = static_cast<size_t>(axis - kRows);
  return {w.fixed(1, axis - kRows, "the size of the kernel"), attrs.strides[place], attrs.dilations[place]};
}

const std::vector<int> kFiltersFirst{3, 2, 0, 1};

void conv2d(Writing& w) {
  const auto& attrs = w.attrs<Conv2DAttrs>();
  Attributes attributes = window_attributes(w, attrs.padding, window_of(w, attrs, kRows), window_of(w, attrs, kColumns), true);
  attributes.emplace_back("group", attrs.groups);
  const DType dtype = w.dtype(0), as = computed(dtype);
  const std::string x = w.as(w.channels_first(0), dtype, as), kernel = w.as(w.in_order(1, kFiltersFirst), dtype, as);
  w.out_channels_first(0, w.as(w.node("Conv", {x, kernel}, attributes), as, dtype));
}

// How a transposed convolution gets images of `image` from maps of `map`.
struct Transposed {
  Padding padding;
  int64_t more = 0;  // rows that nothing is added to
  bool operator==(const Transposed&) const = default;
};

Transposed transposed(Writing& w, const Conv2DAttrs& attrs, int axis, size_t trace) {
  const Window window = window_of(w, attrs, axis);
  const int64_t image = w.attrs<Conv2DGradAttrs>(trace).shape[axis], map = w.extent(0, axis).values[trace];
  Transposed result;
  if (attrs.padding == "same") result.padding = same(window, image);
  if (attrs.padding != "same" && attrs.padding != "valid")
    result.padding = given(attrs.padding)[static_cast<size_t>(axis - kRows)];
  result.more = image + result.padding.before + result.padding.after - (map - 1) * window.stride - window.reach();
  return result;
}

void conv2d_transpose(Writing& w) {
  const Conv2DAttrs& attrs = w.attrs<Conv2DGradAttrs>(0).conv;
  const Transposed rows = transposed(w, attrs, kRows, 0), columns = transposed(w, attrs, kColumns, 0);
  for (size_t trace = 1; trace < w.traces(); ++trace) {
    if (transposed(w, attrs, kRows, trace) != rows || transposed(w, attrs, kColumns, trace) != columns)
      w.refuse("its padding follows from open extents; write the model for fixed shapes");
  }
  Attributes attributes{
      {"kernel_shape",
       std::vector<int64_t>{window_of(w, attrs, kRows).size, window_of(w, attrs, kColumns).size}},
      {"strides", attrs.strides},
      {"dilations", attrs.dilations},
      {"group", attrs.groups},
      {"output_padding", std::vector<int64_t>{rows.more, columns.more}},
      {"pads", std::vector<int64_t>{rows.padding.before, columns.padding.before, rows.padding.after,
                                    columns.padding.after}}};
  const DType dtype = w.dtype(0), as = computed(dtype);
  const std::string x = w.as(w.channels_first(0), dtype, as), kernel = w.as(w.in_order(1, kFiltersFirst), dtype, as);
  w.out_channels_first(0, w.as(w.node("ConvTranspose", {x, kernel}, attributes), as, dtype));
}

void pool(Writing& w, const char* type) {
  const auto& attrs = w.attrs<Pool2DAttrs>();
  if (w.outputs() > 1 && w.used(1)) w.refuse("the places of the largest elements are used, which only training does");
  const Attributes attributes = window_attributes(w, attrs.padding, {attrs.pool[0], attrs.strides[0]},
                                                  {attrs.pool[1], attrs.strides[1]}, false);
  const DType dtype = w.dtype(0), as = is_floating(dtype) ? computed(dtype) : DType::kFloat64;
  w.out_channels_first(0, w.as(w.node(type, {w.as(w.channels_first(0), dtype, as)}, attributes), as, dtype));
}

const bool kWindowsRegistered[] = {
    register_writer("conv2d", conv2d),
    register_writer("conv2d_grad_input", conv2d_transpose),
    register_writer("max_pool2d", [](Writing& w) { pool(w, "MaxPool"); }),
    register_writer("max_pool2d_with_index", [](Writing& w) { pool(w, "MaxPool"); }),
    register_writer("avg_pool2d", [](Writing& w) { pool(w, "AveragePool"); }),
};

}  // namespace
}  // namespace lamina::onnx
