// Rows of the ops that only move elements: reshape, transpose, broadcast_to, concatenate, slice, pad.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lamina/ops/shape_ops.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

using Index = std::vector<int64_t>;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Elements of every size of byte.
const std::vector<DType> kSizes = {DType::kFloat32, DType::kFloat64, DType::kBFloat16, DType::kInt8,
                                   DType::kBool};

/// The result of `shape` whose element at each index is that of the argument at source(index).
Reference gathered(Shape shape, std::function<Index(const Index&)> source) {
  return [=](const std::vector<NdArray>& in) {
    NdArray out(shape);
    for_each_index(shape, [&](const Index& index) { out.at(index) = in[0].at(source(index)); });
    return std::vector<NdArray>{out};
  };
}

Reference reshaped(Shape shape) {
  return [=](const std::vector<NdArray>& in) { return std::vector<NdArray>{NdArray(shape, in[0].data)}; };
}

OpRow reshape_row(const char* label, Shape from, Shape to) {
  return {.op = "reshape",
          .label = label,
          .attrs = ReshapeAttrs{to},
          .inputs = {{.shape = from}},
          .dtypes = kSizes,
          .reference = reshaped(to)};
}

OpRow transpose_row(const char* label, Shape from, std::vector<int> perm) {
  Shape to;
  for (int axis : perm) to.push_back(from[axis]);
  const auto source = [perm](const Index& index) {
    Index result(index.size());
    for (size_t i = 0; i < perm.size(); ++i) result[static_cast<size_t>(perm[i])] = index[i];
    return result;
  };
  return {.op = "transpose",
          .label = label,
          .attrs = TransposeAttrs{perm},
          .inputs = {{.shape = from}},
          .dtypes = kSizes,
          .reference = gathered(to, source),
          .gradient = from.size() < 100};
}

OpRow broadcast_row(const char* label, Shape from, Shape to) {
  return {.op = "broadcast_to",
          .label = label,
          .attrs = BroadcastToAttrs{to},
          .inputs = {{.shape = from}},
          .dtypes = kSizes,
          .reference = [to](const std::vector<NdArray>& in) {
            NdArray out(to);
            for_each_index(to, [&](const Index& index) { out.at(index) = broadcast_at(in[0], index); });
            return std::vector<NdArray>{out};
          }};
}

OpRow slice_row(const char* label, Shape from, SliceAttrs attrs) {
  const auto source = [attrs](Index index) {
    for (size_t i = 0; i < index.size(); ++i) index[i] = attrs.starts[i] + index[i] * attrs.steps[i];
    return index;
  };
  return {.op = "slice",
          .label = label,
          .attrs = attrs,
          .inputs = {{.shape = from}},
          .dtypes = kSizes,
          .reference = gathered(Shape(attrs.sizes), source)};
}

OpRow pad_row(const char* label, Shape from, PadAttrs attrs, std::vector<DType> dtypes = kSizes) {
  return {.op = "pad",
          .label = label,
          .attrs = attrs,
          .inputs = {{.shape = from}},
          .dtypes = dtypes,
          .reference =
              [attrs](const std::vector<NdArray>& in) {
                NdArray out(attrs.shape, attrs.value);
                for_each_index(in[0].shape, [&](const Index& index) {
                  Index to = index;
                  for (size_t i = 0; i < to.size(); ++i) to[i] = attrs.starts[i] + index[i] * attrs.steps[i];
                  out.at(to) = in[0].at(index);
                });
                return std::vector<NdArray>{out};
              },
          .gradient = std::isfinite(attrs.value)};
}

OpRow concatenate_row(const char* label, int axis, std::vector<Shape> shapes) {
  std::vector<RowInput> inputs;
  for (const Shape& shape : shapes) inputs.push_back({.shape = shape});
  return {.op = "concatenate",
          .label = label,
          .attrs = ConcatenateAttrs{axis},
          .inputs = inputs,
          .dtypes = kSizes,
          .reference = [axis](const std::vector<NdArray>& in) {
            Shape shape = in[0].shape;
            for (size_t i = 1; i < in.size(); ++i) shape.set(axis, shape[axis] + in[i].shape[axis]);
            NdArray out(shape);
            int64_t offset = 0;
            for (const NdArray& part : in) {
              for_each_index(part.shape, [&](Index index) {
                const double value = part.at(index);
                index[static_cast<size_t>(axis)] += offset;
                out.at(index) = value;
              });
              offset += part.shape[axis];
            }
            return std::vector<NdArray>{out};
          }};
}

const OpRows reshapes({
    reshape_row("matrix", {2, 6}, {3, 4}),
    reshape_row("to_scalar", {1, 1}, {}),
    reshape_row("from_scalar", {}, {1, 1, 1}),
    reshape_row("empty", {0, 3}, {5, 0}),
});

const OpRows transposes({
    transpose_row("matrix", {3, 5}, {1, 0}),
    transpose_row("identity", {2, 3, 4}, {0, 1, 2}),
    transpose_row("reverse", {2, 3, 4}, {2, 1, 0}),
    transpose_row("channels_first", {2, 3, 4, 2}, {0, 3, 1, 2}),
    transpose_row("inner_kept", {3, 4, 5}, {1, 0, 2}),
    transpose_row("size_one_axes", {1, 3, 1, 2}, {3, 2, 1, 0}),
    transpose_row("scalar", {}, {}),
    transpose_row("empty", {0, 3}, {1, 0}),
    // Larger than a tile in both directions, with remainders.
    transpose_row("two_woven", {3, 2, 37}, {0, 2, 1}),
    transpose_row("three_woven", {2, 3, 5, 7}, {0, 2, 3, 1}),
    transpose_row("three_apart", {2, 5, 7, 3}, {0, 3, 1, 2}),
    transpose_row("four_woven_in_blocks", {4, 5000}, {1, 0}),
    transpose_row("two_apart_in_blocks", {9000, 2}, {1, 0}),
    transpose_row("four_and_four", {2, 8, 4, 4}, {3, 1, 0, 2}),
    transpose_row("four_and_four_apart", {4, 8, 4, 4}, {0, 2, 1, 3}),
    transpose_row("two_and_two", {2, 3, 2, 2, 2}, {0, 3, 2, 4, 1}),
    transpose_row("blocks_to_channels", {2, 3, 2, 2, 2, 2}, {0, 3, 5, 1, 2, 4}),
    transpose_row("three_and_three", {3, 5, 3, 3}, {1, 3, 0, 2}),
    transpose_row("few_between", {6, 2, 4}, {2, 0, 1}),
    transpose_row("tiles", {70, 33}, {1, 0}),
    transpose_row("many_tiles", {2, 130, 3, 75}, {2, 3, 0, 1}),
});

const OpRows broadcasts({
    broadcast_row("new_axis", {3}, {2, 3}),
    broadcast_row("last_axis", {3, 1}, {3, 4}),
    broadcast_row("middle_axis", {2, 1, 3}, {2, 4, 3}),
    broadcast_row("scalar", {}, {2, 3}),
    broadcast_row("same", {2, 3}, {2, 3}),
    broadcast_row("to_nothing", {1, 3}, {0, 3}),
    broadcast_row("both_ends", {1, 3, 1}, {2, 2, 3, 2}),
});

const OpRows slices({
    slice_row("part", {4, 5}, {{1, 2}, {2, 3}, {1, 1}}),
    slice_row("steps", {5, 6}, {{0, 1}, {3, 2}, {2, 3}}),
    slice_row("backwards", {4, 5}, {{3, 4}, {4, 2}, {-1, -2}}),
    slice_row("one", {3, 3}, {{1, 2}, {1, 1}, {1, 1}}),
    slice_row("nothing", {3, 3}, {{0, 0}, {0, 3}, {1, 1}}),
    slice_row("scalar", {}, {}),
});

const OpRows pads({
    pad_row("around", {2, 3}, {{4, 5}, {1, 2}, {1, 1}, 0}),
    pad_row("one", {2, 2}, {{3, 2}, {0, 0}, {1, 1}, 1}),
    pad_row("dilated", {2, 3}, {{4, 8}, {1, 0}, {2, 3}, 0}),
    pad_row("backwards", {4}, {{5}, {3}, {-1}, 0}),
    pad_row("empty", {0, 2}, {{2, 2}, {0, 0}, {1, 1}, 1}),
    pad_row("scalar", {}, {}),
    pad_row("infinite", {2}, {{4}, {1}, {1}, -kInf}, {DType::kFloat32, DType::kFloat16}),
    pad_row("nan", {2}, {{4}, {1}, {1}, kNaN}, {DType::kFloat64, DType::kBFloat16}),
});

const OpRows concatenations({
    concatenate_row("first_axis", 0, {{2, 3}, {1, 3}, {3, 3}}),
    concatenate_row("last_axis", 1, {{2, 3}, {2, 1}}),
    concatenate_row("middle_axis", 1, {{2, 2, 3}, {2, 3, 3}}),
    concatenate_row("one_input", 0, {{3}}),
    concatenate_row("with_empty", 0, {{2, 2}, {0, 2}, {1, 2}}),
});

}  // namespace
}  // namespace lamina::testing
