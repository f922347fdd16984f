// Writers of ops that move elements, choose them, or reduce axes.
#include <algorithm>

#include "lamina/formats/tflite/export/writer.h"
#include "lamina/ops/argreduce.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/cumulative.h"
#include "lamina/ops/one_hot.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/resize.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/take.h"
#include "lamina/ops/top_k.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/where.h"

namespace lamina::tflite {
namespace {

std::vector<int64_t> list(const Shape& shape) { return {shape.begin(), shape.end()}; }

void reshape_of(Writing& w) { w.out(0, w.reshaped(w.in(0), w.out_type().shape)); }
void transpose_of(Writing& w) { w.out(0, w.transposed(w.in(0), w.attrs<TransposeAttrs>().perm)); }

// TFLite slices 5 axes at most: neighbours of which all is taken become one.
void slice_of(Writing& w) {
  SliceAttrs attrs;
  Shape from, to;
  bool whole_before = false;
  for (int axis = 0; axis < w.rank(0); ++axis) {
    const auto place = static_cast<size_t>(axis);
    const SliceAttrs& given = w.attrs<SliceAttrs>();
    const int64_t extent = w.shape(0)[axis];
    const bool whole = given.sizes[place] == extent && given.steps[place] == 1;
    if (w.rank(0) > 5 && whole && whole_before) {
      from.set(from.rank() - 1, from[from.rank() - 1] * extent);
      to.set(to.rank() - 1, to[to.rank() - 1] * extent);
      attrs.sizes.back() *= extent;
    } else {
      from.push_back(extent);
      to.push_back(given.sizes[place]);
      attrs.starts.push_back(given.starts[place]);
      attrs.sizes.push_back(given.sizes[place]);
      attrs.steps.push_back(given.steps[place]);
    }
    whole_before = whole;
  }
  if (from.rank() > 5) w.refuse("slices have at most 5 axes");
  std::vector<int64_t> ends;
  int64_t end_mask = 0;
  bool plain = true;
  for (size_t i = 0; i < attrs.starts.size(); ++i) {
    const int64_t end = attrs.starts[i] + attrs.sizes[i] * attrs.steps[i];
    ends.push_back(std::max<int64_t>(end, 0));
    if (end < 0) end_mask |= int64_t{1} << i;  // down to the first element
    plain = plain && attrs.steps[i] == 1;
  }
  Builder& b = w.builder();
  const int32_t x = w.reshaped(w.in(0), from);
  const int32_t part =
      plain ? w.op(fb::BuiltinOperator_SLICE, {x, b.integers(attrs.starts), b.integers(attrs.sizes)}, to)
            : w.op(fb::BuiltinOperator_STRIDED_SLICE,
                   {x, b.integers(attrs.starts), b.integers(ends), b.integers(attrs.steps)}, to,
                   {fb::Options_StridedSlice, [end_mask](auto& builder, [[maybe_unused]] int8_t activation) {
                      return fb::CreateStridedSliceOptions(builder, 0, static_cast<int32_t>(end_mask)).Union();
                    }});
  w.out(0, w.reshaped(part, w.out_type().shape));
}

void pad_of(Writing& w) {
  const auto& attrs = w.attrs<PadAttrs>();
  std::vector<int32_t> pairs;
  for (int axis = 0; axis < w.rank(0); ++axis) {
    const auto place = static_cast<size_t>(axis);
    const int64_t after = attrs.shape[axis] - attrs.starts[place] - w.shape(0)[axis];
    if (attrs.steps[place] != 1 || attrs.starts[place] < 0 || after < 0)
      w.refuse("elements placed apart from each other");
    pairs.push_back(static_cast<int32_t>(attrs.starts[place]));
    pairs.push_back(static_cast<int32_t>(after));
  }
  const int32_t ends = w.builder().constant(Tensor::from(pairs, {w.rank(0), 2}), "paddings");
  w.out(0, w.op(fb::BuiltinOperator_PADV2, {w.in(0), ends, w.number(attrs.value)}));
}

void concatenate_of(Writing& w) {
  const int axis = w.attrs<ConcatenateAttrs>().axis;
  if (w.size() == 1) return w.out(0, w.in(0));
  w.out(0, w.op(fb::BuiltinOperator_CONCATENATION, w.inputs(),
                {fb::Options_Concatenation, [axis](auto& builder, [[maybe_unused]] int8_t activation) {
                   return fb::CreateConcatenationOptions(builder, axis).Union();
                 }}));
}

void broadcast_of(Writing& w) {
  if (w.shape(0) == w.out_type().shape) return w.out(0, w.in(0));
  w.out(0, w.op(fb::BuiltinOperator_BROADCAST_TO, {w.in(0), w.builder().integers(list(w.out_type().shape))}));
}

template <fb::BuiltinOperator code>
void reduced(Writing& w) {
  const auto& attrs = w.attrs<ReduceAttrs>();
  std::vector<int64_t> axes;
  for (const int axis : attrs.axes) axes.push_back(axis < 0 ? axis + w.rank(0) : axis);
  if (axes.empty()) {
    for (int axis = 0; axis < w.rank(0); ++axis) axes.push_back(axis);
  }
  const bool keeps = attrs.keepdims;
  const bool logical = code == fb::BuiltinOperator_REDUCE_ANY || code == fb::BuiltinOperator_REDUCE_ALL;
  const int32_t x = logical ? w.cast(w.in(0), DType::kBool) : w.cast(w.in(0), w.out_type().dtype);
  w.out(0, w.op(code, {x, w.builder().integers(axes)},
                {fb::Options_Reducer, [keeps](auto& builder, [[maybe_unused]] int8_t activation) {
                   return fb::CreateReducerOptions(builder, keeps).Union();
                 }}));
}

template <fb::BuiltinOperator code>
void place_of_extreme(Writing& w) {
  const auto& attrs = w.attrs<ArgReduceAttrs>();
  Shape shape;
  const int at = attrs.axis < 0 ? attrs.axis + w.rank(0) : attrs.axis;
  for (int axis = 0; axis < w.rank(0); ++axis) {
    if (axis != at) shape.push_back(w.shape(0)[axis]);
  }
  const int8_t type = written_type(w.out_type().dtype);
  WrittenOptions options{fb::Options_ArgMax, [type](auto& builder, [[maybe_unused]] int8_t activation) {
                           return fb::CreateArgMaxOptions(builder, type).Union();
                         }};
  if (code == fb::BuiltinOperator_ARG_MIN)
    options = {fb::Options_ArgMin, [type](auto& builder, [[maybe_unused]] int8_t activation) {
                 return fb::CreateArgMinOptions(builder, type).Union();
               }};
  w.out(0, w.reshaped(w.op(code, {w.in(0), w.builder().number(at, DType::kInt32)}, shape, options),
                      w.out_type().shape));
}

// Along the last axis; others are moved there.
template <fb::BuiltinOperator code>
void soft(Writing& w) {
  const int rank = w.rank(0), at = w.attrs<SoftmaxAttrs>().axis < 0 ? w.attrs<SoftmaxAttrs>().axis + rank
                                                                    : w.attrs<SoftmaxAttrs>().axis;
  std::vector<int> order;
  for (int axis = 0; axis < rank; ++axis) order.push_back(axis);
  std::swap(order[static_cast<size_t>(at)], order[static_cast<size_t>(rank) - 1]);
  const int32_t x = w.transposed(w.in(0), order);
  WrittenOptions options{fb::Options_Softmax, [](auto& builder, [[maybe_unused]] int8_t activation) {
                           return fb::CreateSoftmaxOptions(builder, 1.0F).Union();
                         }};
  if (code == fb::BuiltinOperator_LOG_SOFTMAX) options = {};
  const Shape shape = w.builder().tensor(x).shape;
  w.out(0, w.transposed(w.op(code, {x}, shape, options), order));
}

void gather(Writing& w, int32_t indices, int axis) {
  w.out(0, w.op(fb::BuiltinOperator_GATHER, {w.in(0), indices},
                {fb::Options_Gather, [axis](auto& builder, [[maybe_unused]] int8_t activation) {
                   return fb::CreateGatherOptions(builder, axis).Union();
                 }}));
}

int32_t indices_of(Writing& w) {
  return w.cast(w.in(1), w.dtype(1) == DType::kInt64 ? DType::kInt64 : DType::kInt32);
}

// GATHER takes no indices that count from the end.
void take_of(Writing& w) {
  Builder& b = w.builder();
  const int axis = w.attrs<TakeAttrs>().axis;
  const int64_t extent = w.shape(0)[axis];
  const int32_t given = indices_of(w);
  const DType dtype = b.tensor(given).dtype;
  const Shape shape = b.tensor(given).shape;
  if (const Tensor known = b.tensor(given).constant; known.defined()) {
    return gather(w, b.constant(where(less(known, 0), known + static_cast<double>(extent), known).eval(), "indices"),
                  axis);
  }
  const int32_t behind = b.op(fb::BuiltinOperator_LESS, {given, b.number(0, dtype)}, DType::kBool, shape);
  const int32_t moved = b.op(fb::BuiltinOperator_ADD, {given, b.number(static_cast<double>(extent), dtype)}, dtype, shape);
  gather(w, b.op(fb::BuiltinOperator_SELECT_V2, {behind, moved, given}, dtype, shape), axis);
}
void embedding_of(Writing& w) { gather(w, indices_of(w), 0); }

void one_hot_of(Writing& w) {
  Builder& b = w.builder();
  w.out(0, w.op(fb::BuiltinOperator_ONE_HOT,
                {w.cast(w.in(0), DType::kInt32),
                 b.number(static_cast<double>(w.attrs<OneHotAttrs>().depth), DType::kInt32), w.number(1),
                 w.number(0)},
                {fb::Options_OneHot, [](auto& builder, [[maybe_unused]] int8_t activation) {
                   return fb::CreateOneHotOptions(builder, -1).Union();
                 }}));
}

void top_k_of(Writing& w) {
  const auto made = w.builder().ops(
      fb::BuiltinOperator_TOPK_V2,
      {w.in(0), w.builder().number(static_cast<double>(w.attrs<TopKAttrs>().k), DType::kInt32)},
      {w.out_type(0), {DType::kInt32, w.out_type(1).shape}});
  w.out(0, made[0]);
  w.out(1, w.cast(made[1], w.out_type(1).dtype));
}

// Along the last axis, as the op has it.
void cumsum_of(Writing& w) {
  const bool reverse = w.attrs<CumulativeAttrs>().reverse;
  w.out(0, w.op(fb::BuiltinOperator_CUMSUM, {w.in(0), w.builder().number(w.rank(0) - 1, DType::kInt32)},
                {fb::Options_Cumsum, [reverse](auto& builder, [[maybe_unused]] int8_t activation) {
                   return fb::CreateCumsumOptions(builder, false, reverse).Union();
                 }}));
}

void resize_of(Writing& w) {
  const auto& attrs = w.attrs<ResizeAttrs>();
  if (attrs.antialias || (attrs.interpolation != "bilinear" && attrs.interpolation != "nearest"))
    w.refuse("pictures are resized by 'bilinear' and 'nearest' without smoothing there");
  const int32_t sizes = w.builder().integers({attrs.height, attrs.width});
  if (attrs.interpolation == "bilinear") {
    return w.out(0, w.op(fb::BuiltinOperator_RESIZE_BILINEAR, {w.in(0), sizes},
                         {fb::Options_ResizeBilinear, [](auto& builder, [[maybe_unused]] int8_t activation) {
                            return fb::CreateResizeBilinearOptions(builder, 0, 0, false, true).Union();
                          }}));
  }
  w.out(0, w.op(fb::BuiltinOperator_RESIZE_NEAREST_NEIGHBOR, {w.in(0), sizes},
                {fb::Options_ResizeNearestNeighbor, [](auto& builder, [[maybe_unused]] int8_t activation) {
                   return fb::CreateResizeNearestNeighborOptions(builder, false, true).Union();
                 }}));
}

const bool kShapeRegistered[] = {register_writer("reshape", reshape_of),
                            register_writer("transpose", transpose_of),
                            register_writer("slice", slice_of),
                            register_writer("pad", pad_of),
                            register_writer("concatenate", concatenate_of),
                            register_writer("broadcast_to", broadcast_of),
                            register_writer("sum", reduced<fb::BuiltinOperator_SUM>),
                            register_writer("mean", reduced<fb::BuiltinOperator_MEAN>),
                            register_writer("max", reduced<fb::BuiltinOperator_REDUCE_MAX>),
                            register_writer("min", reduced<fb::BuiltinOperator_REDUCE_MIN>),
                            register_writer("prod", reduced<fb::BuiltinOperator_REDUCE_PROD>),
                            register_writer("any", reduced<fb::BuiltinOperator_REDUCE_ANY>),
                            register_writer("all", reduced<fb::BuiltinOperator_REDUCE_ALL>),
                            register_writer("argmax", place_of_extreme<fb::BuiltinOperator_ARG_MAX>),
                            register_writer("argmin", place_of_extreme<fb::BuiltinOperator_ARG_MIN>),
                            register_writer("softmax", soft<fb::BuiltinOperator_SOFTMAX>),
                            register_writer("log_softmax", soft<fb::BuiltinOperator_LOG_SOFTMAX>),
                            register_writer("take", take_of),
                            register_writer("embedding_lookup", embedding_of),
                            register_writer("one_hot", one_hot_of),
                            register_writer("top_k", top_k_of),
                            register_writer("cumsum", cumsum_of),
                            register_writer("resize2d", resize_of)};

}  // namespace
}  // namespace lamina::tflite
