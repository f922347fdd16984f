// Writers of ops that look elements up and put them in places, and of constants.
#include <cmath>

#include "lamina/formats/onnx/export/writer.h"
#include "lamina/ops/full.h"
#include "lamina/ops/one_hot.h"
#include "lamina/ops/take.h"
#include "lamina/ops/take_along_axis.h"

namespace lamina::onnx {
namespace {

std::string indices(Writing& w, size_t i) {
  const DType dtype = w.dtype(i);
  return w.as(w.in(i), dtype, Writing::wide(dtype));
}

void take(Writing& w) { w.out(0, w.node("Gather", {w.in(0), indices(w, 1)}, {{"axis", w.attrs<TakeAttrs>().axis}})); }

void lookup(Writing& w) { w.out(0, w.node("Gather", {w.in(0), indices(w, 1)}, {{"axis", 0}})); }

void take_along_axis(Writing& w) {
  w.out(0, w.node("GatherElements", {w.in(0), indices(w, 1)}, {{"axis", w.attrs<TakeAlongAxisAttrs>().axis}}));
}

// Classes out of range are 0 everywhere; ONNX's operator would count negative ones from the end.
void one_hot(Writing& w) {
  const auto& attrs = w.attrs<OneHotAttrs>();
  std::vector<int64_t> classes;
  for (int64_t i = 0; i < attrs.depth; ++i) classes.push_back(i);
  const std::string each = w.over_axes("Unsqueeze", w.as(w.in(0), w.dtype(0), DType::kInt64), {w.rank(0)}, 13);
  w.out(0, w.cast(w.node("Equal", {each, w.integers(classes)}), w.out_dtype(0)));
}

// A number that follows from the extents: they, or 1 divided by them.
std::string fill_value(Writing& w) {
  const auto& first = w.attrs<FullAttrs>(0);
  bool same = true, whole = true, parts = true;
  Extent values, quotients;
  for (size_t i = 0; i < w.traces(); ++i) {
    const double value = w.attrs<FullAttrs>(i).value;
    same = same && detail::same_number(value, first.value);
    whole = whole && std::abs(value) < 1e15 && value == std::trunc(value);
    values.values.push_back(whole ? static_cast<int64_t>(value) : 0);
    const double quotient = value == 0 ? 0 : std::round(1 / value);
    parts = parts && std::abs(quotient) >= 1 && std::abs(quotient) < 1e15 && 1 / quotient == value;
    quotients.values.push_back(parts ? static_cast<int64_t>(quotient) : 0);
  }
  const DType dtype = w.out_dtype(0);
  if (same) return w.number(first.value, dtype);
  if (whole) return w.cast(w.extents().scalar(values), dtype);
  if (parts)
    return w.node("Div", {w.number(1, dtype), w.cast(w.extents().scalar(quotients), dtype)});
  w.refuse("its value follows from open extents; write the model for fixed shapes");
}

void full(Writing& w) {
  const std::string value = fill_value(w);
  if (w.out_rank(0) == 0) return w.out(0, value);
  w.out(0, w.node("Expand", {value, w.extents().list(w.out_extents(0))}));
}

void arange(Writing& w) {
  const std::string range = w.node("Range", {w.builder().integer(0), w.extents().scalar(w.out_extent(0, 0)),
                                             w.builder().integer(1)});
  w.out(0, w.as(range, DType::kInt64, w.out_dtype(0)));
}

const bool kIndexingRegistered[] = {
    register_writer("take", take),       register_writer("embedding_lookup", lookup),
    register_writer("take_along_axis", take_along_axis), register_writer("one_hot", one_hot),
    register_writer("full", full),       register_writer("arange", arange),
};

}  // namespace
}  // namespace lamina::onnx
