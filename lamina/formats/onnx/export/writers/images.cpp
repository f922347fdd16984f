// Writer of resized images: ONNX's Resize where it is the same, or the pixels and weights of the axes as constants.
#include "lamina/formats/onnx/export/writer.h"
#include "lamina/ops/detail/resize.h"
#include "lamina/ops/transpose.h"

namespace lamina::onnx {
namespace {

constexpr int kRows = 1, kColumns = 2;

// The matrix (output, input) that resizes an axis.
Tensor weights(const detail::ResizedAxis& axis, int64_t input) {
  const auto output = static_cast<int64_t>(axis.first.size()) - 1;
  std::vector<float> all(static_cast<size_t>(output * input));
  for (int64_t i = 0; i < output; ++i) {
    for (const detail::ResizedAxis::Tap* tap = axis.begin(i); tap != axis.end(i); ++tap)
      all[static_cast<size_t>(i * input + tap->from)] += static_cast<float>(tap->weight);
  }
  return Tensor::from(all, {output, input});
}

std::string by_tables(Writing& w, const std::string& image, const ResizeAttrs& attrs) {
  const int64_t height = w.fixed(0, kRows, "the height"), width = w.fixed(0, kColumns, "the width");
  const detail::ResizedAxis rows = detail::resized_axis(height, attrs.height, attrs);
  const detail::ResizedAxis columns = detail::resized_axis(width, attrs.width, attrs);
  Builder& b = w.builder();
  if (attrs.interpolation == "nearest") {
    std::vector<int64_t> from_rows, from_columns;
    for (const auto& tap : rows.taps) from_rows.push_back(tap.from);
    for (const auto& tap : columns.taps) from_columns.push_back(tap.from);
    const std::string narrow = b.node("Gather", {image, b.integers(from_rows)}, {{"axis", 2}});
    return b.node("Gather", {narrow, b.integers(from_columns)}, {{"axis", 3}});
  }
  const std::string by_rows = b.constant(weights(rows, height), "rows");
  const std::string by_columns = b.constant(transpose(weights(columns, width)).eval(), "columns");
  return b.node("MatMul", {b.node("MatMul", {by_rows, image}), by_columns});
}

// ONNX's places are the same; at borders between pixels, where rounding decides, only for whole factors.
std::string by_resize(Writing& w, const std::string& image, const std::string& interpolation) {
  const bool nearest = interpolation == "nearest";
  const std::vector<Extent> sizes{w.extent(0, 0), w.extent(0, 3), w.out_extent(0, kRows), w.out_extent(0, kColumns)};
  Attributes attributes{{"mode", nearest ? "nearest" : "linear"}, {"coordinate_transformation_mode", "half_pixel"}};
  if (nearest) attributes.emplace_back("nearest_mode", "round_prefer_ceil");
  return w.node("Resize", {image, "", "", w.extents().list(sizes)}, attributes);
}

void resize(Writing& w) {
  const auto& attrs = w.attrs<ResizeAttrs>(0);
  const bool fixed = w.extent(0, kRows).fixed() && w.extent(0, kColumns).fixed() && w.out_extent(0, kRows).fixed() &&
                     w.out_extent(0, kColumns).fixed();
  const bool plain = !attrs.antialias && (attrs.interpolation == "nearest" || attrs.interpolation == "bilinear");
  if (!fixed && !plain)
    w.refuse("resizing images of open extents by '" + attrs.interpolation + "'" +
             (attrs.antialias ? " with antialias" : "") + "; write the model for fixed shapes");
  const DType dtype = w.dtype(0);
  const std::string image = w.as(w.channels_first(0), dtype, DType::kFloat32);
  const bool tables = fixed && (!plain || attrs.interpolation == "nearest");
  const std::string resized = tables ? by_tables(w, image, attrs) : by_resize(w, image, attrs.interpolation);
  w.out_channels_first(0, w.as(resized, DType::kFloat32, dtype));
}

const bool kImagesRegistered = register_writer("resize2d", resize);

}  // namespace
}  // namespace lamina::onnx
