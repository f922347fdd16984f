// Writers of sorting, places in sorted sequences and the largest elements.
#include "lamina/formats/onnx/export/writer.h"
#include "lamina/ops/searchsorted.h"
#include "lamina/ops/top_k.h"

namespace lamina::onnx {
namespace {

// Of equal elements ONNX gives the first one first, as we do.
void largest(Writing& w, const std::string& count, bool ascending) {
  const DType given = w.dtype(0), wide = given == DType::kBool ? DType::kInt32 : Writing::wide(given);
  const Names made = w.builder().nodes("TopK", {w.as(w.in(0), given, wide), count}, 2,
                                       {{"axis", -1}, {"largest", ascending ? 0 : 1}, {"sorted", 1}});
  w.out(0, w.as(made[0], wide, given));
  if (w.outputs() > 1) w.out(1, w.cast(made[1], w.out_dtype(1)));
}

void searchsorted(Writing& w) {
  const char* const not_before = w.attrs<SearchSortedAttrs>().right ? "Greater" : "GreaterOrEqual";
  const DType given = w.dtype(0), wide = Writing::wide(given);
  const std::string each = w.over_axes("Unsqueeze", w.as(w.in(1), given, wide), {w.rank(1)}, 13);
  const std::string behind = w.node("Not", {w.node(not_before, {w.as(w.in(0), given, wide), each})});
  w.out(0, w.over_axes("ReduceSum", w.cast(behind, w.out_dtype(0)), {w.rank(1)}, 13, {{"keepdims", 0}}));
}

const bool kOrderRegistered[] = {
    register_writer("sort", [](Writing& w) { largest(w, w.extents().list(w.extent(0, w.rank(0) - 1)), true); }),
    register_writer("top_k",
                    [](Writing& w) {
                      const Extent k = w.extent_of<TopKAttrs>([](const TopKAttrs& attrs) { return attrs.k; });
                      largest(w, w.extents().list(k), false);
                    }),
    register_writer("searchsorted", searchsorted),
};

}  // namespace
}  // namespace lamina::onnx
