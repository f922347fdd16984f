// Writers of ops that put elements in places, and of slices whose places only a run knows.
#include "lamina/formats/onnx/export/writer.h"
#include "lamina/ops/dynamic_slice.h"
#include "lamina/ops/scatter_update.h"
#include "lamina/ops/take.h"
#include "lamina/ops/take_along_axis.h"

namespace lamina::onnx {
namespace {

void require_opset(Writing& w, int since, const std::string& what) {
  if (w.opset() < since) w.refuse(what + " is written since operator set " + std::to_string(since));
}

std::string as_int64(Writing& w, size_t i) { return w.as(w.in(i), w.dtype(i), DType::kInt64); }

void scatter_update(Writing& w) {
  const std::string& reduction = w.attrs<ScatterUpdateAttrs>().reduction;
  Attributes attributes;
  if (!reduction.empty()) {
    require_opset(w, reduction == "add" || reduction == "mul" ? 16 : 18, "scattering with '" + reduction + "'");
    attributes.emplace_back("reduction", reduction);
  }
  const DType given = w.dtype(0), wide = reduction.empty() ? given : Writing::wide(given);
  const std::string x = w.as(w.in(0), given, wide), updates = w.as(w.in(2), given, wide);
  w.out(0, w.as(w.node("ScatterND", {x, as_int64(w, 1), updates}, attributes), wide, given));
}

std::string zeros(Writing& w, DType dtype) {
  return w.node("Expand", {w.number(0, dtype), w.extents().list(w.out_extents(0))});
}

void scatter_add(Writing& w) {
  require_opset(w, 16, "scattering with 'add'");
  if (w.attrs<ScatterAddAttrs>(0).axis != 0) w.refuse("adding along another axis than the first");
  const DType given = w.dtype(0), wide = Writing::wide(given);
  const std::string places = w.over_axes("Unsqueeze", as_int64(w, 1), {w.rank(1)}, 13);
  w.out(0, w.as(w.node("ScatterND", {zeros(w, wide), places, w.as(w.in(0), given, wide)}, {{"reduction", "add"}}), wide,
                given));
}

void scatter_add_along_axis(Writing& w) {
  require_opset(w, 16, "scattering with 'add'");
  const DType given = w.dtype(0), wide = Writing::wide(given);
  const int axis = w.attrs<ScatterAddAlongAxisAttrs>(0).axis;
  w.out(0, w.as(w.node("ScatterElements", {zeros(w, wide), as_int64(w, 1), w.as(w.in(0), given, wide)},
                       {{"axis", axis}, {"reduction", "add"}}),
                wide, given));
}

void dynamic_slice(Writing& w) {
  if (w.rank(0) == 0) return w.out_same(0, 0);
  const std::string starts = as_int64(w, 1);
  const std::string stops = w.node("Add", {starts, w.extents().list(w.out_extents(0))});
  w.out(0, w.node("Slice", {w.in(0), starts, stops}));
}

constexpr size_t kUpdates = 2;

// The places of all updates, axis by axis.
void slice_update(Writing& w) {
  const int rank = w.rank(0);
  if (rank == 0) return w.out_same(0, kUpdates);
  const std::string starts = as_int64(w, 1), shape = w.extents().list(w.extents(kUpdates));
  Names places;
  for (int axis = 0; axis < rank; ++axis) {
    const std::string steps = w.node(
        "Range", {w.builder().integer(0), w.extents().scalar(w.extent(kUpdates, axis)), w.builder().integer(1)});
    std::string here = w.node("Add", {steps, w.node("Gather", {starts, w.integers({axis})}, {{"axis", 0}})});
    std::vector<int64_t> behind;
    for (int more = axis + 1; more < rank; ++more) behind.push_back(more - axis);
    if (!behind.empty()) here = w.over_axes("Unsqueeze", here, behind, 13);
    places.push_back(w.over_axes("Unsqueeze", w.node("Expand", {here, shape}), {rank}, 13));
  }
  const std::string all = w.node("Concat", places, {{"axis", rank}});
  w.out(0, w.node("ScatterND", {w.in(0), all, w.in(kUpdates)}));
}

const bool kScatterRegistered[] = {
    register_writer("scatter_update", scatter_update),
    register_writer("scatter_add", scatter_add),
    register_writer("scatter_add_along_axis", scatter_add_along_axis),
    register_writer("dynamic_slice", dynamic_slice),
    register_writer("slice_update", slice_update),
};

}  // namespace
}  // namespace lamina::onnx
