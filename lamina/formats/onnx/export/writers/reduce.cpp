// Writers of reductions, cumulative sums, softmax and normalisation.
#include <algorithm>

#include "lamina/formats/onnx/export/writer.h"
#include "lamina/ops/argreduce.h"
#include "lamina/ops/cumulative.h"
#include "lamina/ops/normalization.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/softmax.h"

namespace lamina::onnx {
namespace {

struct Reduction {
  const char* type;
  int axes_are_input;  // since which operator set
  bool truth = false;  // any and all: of what differs from 0
};

void reduce(Writing& w, const Reduction& reduction) {
  const auto& attrs = w.attrs<ReduceAttrs>();
  const DType given = w.dtype(0), result = w.out_dtype(0);
  const DType wide = reduction.truth || given == DType::kBool ? DType::kInt32 : Writing::wide(given);
  const auto prepared = [&](const std::string& x) {
    return w.as(reduction.truth ? w.as(x, given, DType::kBool) : x, reduction.truth ? DType::kBool : given, wide);
  };
  if (attrs.axes.empty()) return w.out(0, w.as(prepared(w.in(0)), wide, result));
  // Images need not move where what stays has its order.
  std::vector<int64_t> axes(attrs.axes.begin(), attrs.axes.end());
  const bool lies = w.lies_channels_first(0);
  const auto stays = [&](int64_t axis) { return std::count(axes.begin(), axes.end(), axis) == 0; };
  bool in_place = lies && attrs.keepdims;
  if (lies && !attrs.keepdims) {
    in_place = !stays(w.rank(0) - 1);
    for (int axis = 1; !in_place && axis + 1 < w.rank(0); ++axis) {
      if (stays(axis)) break;
      in_place = axis + 2 == w.rank(0);
    }
  }
  if (in_place) {
    for (int64_t& axis : axes) axis = channels_first_axis(static_cast<int>(axis), w.rank(0));
    std::sort(axes.begin(), axes.end());
  }
  const std::string x = prepared(in_place ? w.channels_first(0) : w.in(0));
  const std::string y = w.as(w.over_axes(reduction.type, x, axes, reduction.axes_are_input,
                                         {{"keepdims", attrs.keepdims ? 1 : 0}}),
                             wide, result);
  if (in_place && attrs.keepdims && w.rank(0) > 2) {
    w.out_channels_first(0, y);
  } else {
    w.out(0, y);
  }
}

void position(Writing& w, const char* type) {
  const auto& attrs = w.attrs<ArgReduceAttrs>();
  const DType given = w.dtype(0), wide = given == DType::kBool ? DType::kInt32 : Writing::wide(given);
  const std::string place = w.node(type, {w.as(w.in(0), given, wide)},
                                   {{"axis", attrs.axis}, {"keepdims", attrs.keepdims ? 1 : 0}});
  w.out(0, w.cast(place, w.out_dtype(0)));
}

void softmax(Writing& w, const char* type) {
  const int axis = w.attrs<SoftmaxAttrs>().axis;
  if (w.lies_channels_first(0)) {
    return w.out_channels_first(
        0, w.node(type, {w.channels_first(0)}, {{"axis", channels_first_axis(axis, w.rank(0))}}));
  }
  w.out(0, w.node(type, {w.in(0)}, {{"axis", axis}}));
}

// The last axis is summed, as the public op has put it there.
void cumsum(Writing& w) {
  const DType given = w.dtype(0), wide = Writing::wide(given);
  const std::string y = w.node("CumSum", {w.as(w.in(0), given, wide), w.builder().integer(w.rank(0) - 1)},
                               {{"reverse", w.attrs<CumulativeAttrs>().reverse ? 1 : 0}});
  w.out(0, w.as(y, wide, given));
}

void layer_normalization(Writing& w) {
  const auto& attrs = w.attrs<NormalizationAttrs>();
  if (w.opset() < 17 || !attrs.center) return w.body();
  std::string scale = w.absent(1) ? "" : w.in(1);
  if (scale.empty()) {
    std::vector<Extent> slice = w.extents(0);
    slice.erase(slice.begin(), slice.begin() + attrs.axis);
    scale = w.node("Expand", {w.number(1, w.dtype(0)), w.extents().list(slice)});
  }
  Names inputs{w.in(0), scale};
  if (!w.absent(2)) inputs.push_back(w.in(2));
  w.out(0, w.node("LayerNormalization", inputs, {{"axis", attrs.axis}, {"epsilon", attrs.epsilon}}));
}

bool reduction(const char* op, const Reduction& reduction) {
  return register_writer(op, [reduction](Writing& w) { reduce(w, reduction); });
}

const bool kReduceRegistered[] = {
    reduction("sum", {"ReduceSum", 13}),
    reduction("mean", {"ReduceMean", 18}),
    reduction("max", {"ReduceMax", 18}),
    reduction("min", {"ReduceMin", 18}),
    reduction("prod", {"ReduceProd", 18}),
    reduction("any", {"ReduceMax", 18, true}),
    reduction("all", {"ReduceMin", 18, true}),
    register_writer("argmax", [](Writing& w) { position(w, "ArgMax"); }),
    register_writer("argmin", [](Writing& w) { position(w, "ArgMin"); }),
    register_writer("softmax", [](Writing& w) { softmax(w, "Softmax"); }),
    register_writer("log_softmax", [](Writing& w) { softmax(w, "LogSoftmax"); }),
    register_writer("cumsum", cumsum),
    register_writer("layer_normalization", layer_normalization),
};

}  // namespace
}  // namespace lamina::onnx
