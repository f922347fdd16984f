// Properties of shape rules and broadcasting, on drawn shapes, against models that enumerate elements.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <numeric>
#include <optional>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/shape_ops.h"
#include "tests/support/nd_array.h"

namespace lamina::testing {
namespace {

using Index = std::vector<int64_t>;

int64_t drawn(int64_t lo, int64_t hi) { return *rc::gen::inRange<int64_t>(lo, hi + 1); }

Shape drawn_shape(int64_t max_rank, int64_t least, int64_t most, int64_t min_rank = 0) {
  Shape shape;
  for (int64_t rank = drawn(min_rank, max_rank); rank > 0; --rank) shape.push_back(drawn(least, most));
  return shape;
}

/// Distinct whole numbers, which float32 holds exactly.
NdArray counted(const Shape& shape) {
  NdArray result(shape);
  std::iota(result.data.begin(), result.data.end(), 1);
  return result;
}

Tensor tensor(const NdArray& x) {
  return Tensor::from(std::vector<float>(x.data.begin(), x.data.end()), x.shape);
}

void must_equal(const Tensor& actual, const NdArray& expected) {
  RC_ASSERT(actual.shape().str() == expected.shape.str());
  RC_ASSERT(actual.to_vector<double>() == expected.data);
}

/// NumPy's rule by its definition: write 1s in front, then each pair of extents must be equal or contain a 1.
std::optional<Shape> broadcast_model(const Shape& a, const Shape& b) {
  std::vector<int64_t> x = a.dims(), y = b.dims();
  while (x.size() < y.size()) x.insert(x.begin(), 1);
  while (y.size() < x.size()) y.insert(y.begin(), 1);
  Shape result;
  for (size_t i = 0; i < x.size(); ++i) {
    if (x[i] != y[i] && x[i] != 1 && y[i] != 1) return std::nullopt;
    result.push_back(x[i] == 1 ? y[i] : x[i]);
  }
  return result;
}

/// The operand of `result`'s shape: some axes made 1, some leading ones dropped.
Shape shrunk(const Shape& result) {
  Shape shape;
  for (int axis = static_cast<int>(drawn(0, result.rank())); axis < result.rank(); ++axis) {
    shape.push_back(drawn(0, 2) == 0 ? 1 : result[axis]);
  }
  return shape;
}

RC_GTEST_PROP(ShapeProperties, BroadcastIsNumPys, ()) {
  const Shape a = drawn_shape(4, 0, 3), b = drawn_shape(4, 0, 3);
  const std::optional<Shape> expected = broadcast_model(a, b);
  std::optional<Shape> actual;
  try {
    actual = broadcast(a, b);
  } catch (const InvalidArgument&) {
  }
  RC_ASSERT(actual.has_value() == expected.has_value());
  if (expected) RC_ASSERT(actual->str() == expected->str());
  if (expected) RC_ASSERT(broadcast(b, a).str() == expected->str());
}

RC_GTEST_PROP(ShapeProperties, ElementwiseOpsBroadcast, ()) {
  const Shape whole = drawn_shape(4, 0, 4);
  const NdArray a = counted(shrunk(whole)), b = counted(shrunk(whole));
  const std::optional<Shape> shape = broadcast_model(a.shape, b.shape);
  RC_PRE(shape.has_value());
  NdArray expected(*shape);
  for_each_index(
      *shape, [&](const Index& at) { expected.at(at) = 1000 * broadcast_at(a, at) - broadcast_at(b, at); });
  must_equal(tensor(a) * 1000.0 - tensor(b), expected);
}

RC_GTEST_PROP(ShapeProperties, BroadcastToRepeats, ()) {
  const Shape whole = drawn_shape(4, 0, 4);
  const NdArray x = counted(shrunk(whole));
  NdArray expected(whole);
  for_each_index(whole, [&](const Index& at) { expected.at(at) = broadcast_at(x, at); });
  must_equal(broadcast_to(tensor(x), whole), expected);
}

RC_GTEST_PROP(ShapeProperties, TransposePermutesIndices, ()) {
  const NdArray x = counted(drawn_shape(4, 0, 5));
  std::vector<int> perm(static_cast<size_t>(x.shape.rank()));
  std::iota(perm.begin(), perm.end(), 0);
  for (size_t i = perm.size(); i > 1; --i) std::swap(perm[i - 1], perm[static_cast<size_t>(drawn(0, i - 1))]);
  Shape shape;
  for (int axis : perm) shape.push_back(x.shape[axis]);
  NdArray expected(shape);
  for_each_index(shape, [&](const Index& at) {
    Index from(at.size());
    for (size_t i = 0; i < at.size(); ++i) from[static_cast<size_t>(perm[i])] = at[i];
    expected.at(at) = x.at(from);
  });
  if (perm.empty()) return;  // an empty list means: reversed
  must_equal(transpose(tensor(x), perm), expected);
}

RC_GTEST_PROP(ShapeProperties, SumAddsWhatItDrops, ()) {
  const NdArray x = counted(drawn_shape(5, 0, 4, 1));
  std::vector<int> axes;
  Shape kept = x.shape;
  const auto always = static_cast<int>(drawn(0, x.shape.rank() - 1));
  for (int axis = 0; axis < x.shape.rank(); ++axis) {
    if (axis != always && drawn(0, 1) == 0) continue;
    axes.push_back(drawn(0, 1) ? axis : axis - x.shape.rank());
    kept.set(axis, 1);
  }
  NdArray expected(kept);
  for_each_index(x.shape, [&](Index at) {
    const double value = x.at(at);
    for (int axis = 0; axis < kept.rank(); ++axis) {
      if (kept[axis] == 1) at[static_cast<size_t>(axis)] = 0;
    }
    expected.at(at) += value;
  });
  must_equal(sum(tensor(x), axes, /*keepdims=*/true), expected);
}

/// Python's range(start, stop, step) after its clipping of missing and negative bounds, one element at a
/// time.
Index slice_model(const Slice& slice, int64_t extent) {
  Index result;
  const bool forward = slice.step > 0;
  const auto bound = [&](int64_t given, int64_t otherwise) {
    if (given == Slice::kNone) return otherwise;
    if (given < 0) given += extent;
    if (given < 0) return forward ? int64_t{0} : int64_t{-1};
    if (given >= extent) return forward ? extent : extent - 1;
    return given;
  };
  const int64_t stop = bound(slice.stop, forward ? extent : -1);
  for (int64_t i = bound(slice.start, forward ? 0 : extent - 1); forward ? i < stop : i > stop;
       i += slice.step) {
    result.push_back(i);
  }
  return result;
}

RC_GTEST_PROP(ShapeProperties, SliceIsPythons, ()) {
  const NdArray x = counted(drawn_shape(3, 0, 6));
  std::vector<IndexItem> items;
  std::vector<Index> sources;
  Shape shape;
  for (int64_t extent : x.shape) {
    Slice part;
    if (drawn(0, 3)) part.start = drawn(-8, 8);
    if (drawn(0, 3)) part.stop = drawn(-8, 8);
    part.step = drawn(1, 3) * (drawn(0, 1) ? 1 : -1);
    items.push_back(part);
    sources.push_back(slice_model(part, extent));
    shape.push_back(static_cast<int64_t>(sources.back().size()));
  }
  NdArray expected(shape);
  for_each_index(shape, [&](const Index& at) {
    Index from(at.size());
    for (size_t i = 0; i < at.size(); ++i) from[i] = sources[i][static_cast<size_t>(at[i])];
    expected.at(at) = x.at(from);
  });
  must_equal(index(tensor(x), items), expected);
}

RC_GTEST_PROP(ShapeProperties, PartsOfAConcatenationComeBack, ()) {
  const Shape shape = drawn_shape(3, 0, 4, 1);
  const int axis = static_cast<int>(drawn(0, shape.rank() - 1));
  std::vector<NdArray> parts;
  std::vector<Tensor> tensors;
  for (int64_t n = drawn(1, 4); n > 0; --n) {
    Shape own = shape;
    own.set(axis, drawn(0, 3));
    parts.push_back(counted(own));
    tensors.push_back(tensor(parts.back()));
  }
  const Tensor whole = concatenate(tensors, axis);
  int64_t start = 0;
  for (const NdArray& part : parts) {
    std::vector<IndexItem> items(static_cast<size_t>(axis), Slice{});
    items.push_back(Slice{start, start + part.shape[axis]});
    must_equal(index(whole, items), part);
    start += part.shape[axis];
  }
  RC_ASSERT(whole.shape()[axis] == start);
}

RC_GTEST_PROP(ShapeProperties, PaddingComesOffAgain, ()) {
  const NdArray x = counted(drawn_shape(3, 0, 4));
  std::vector<std::pair<int64_t, int64_t>> paddings;
  std::vector<IndexItem> inner;
  for (int64_t extent : x.shape) {
    paddings.emplace_back(drawn(0, 3), drawn(0, 3));
    inner.push_back(Slice{paddings.back().first, paddings.back().first + extent});
  }
  const Tensor padded = pad(tensor(x), paddings, -7);
  must_equal(index(padded, inner), x);
  // Everything around is the constant.
  const double all = std::accumulate(x.data.begin(), x.data.end(), 0.0);
  RC_ASSERT(sum(padded).item<double>() == all - 7.0 * static_cast<double>(padded.size() - x.shape.size()));
}

RC_GTEST_PROP(ShapeProperties, ReshapeKeepsOrder, ()) {
  const NdArray x = counted(drawn_shape(4, 1, 4));
  // Any split of the size into two factors, one of them left to be found out.
  const int64_t size = x.shape.size();
  const int64_t rows = drawn(1, size);
  if (size % rows == 0) {
    must_equal(reshape(tensor(x), {rows, -1}), NdArray({rows, size / rows}, x.data));
    must_equal(reshape(tensor(x), {-1, rows}), NdArray({size / rows, rows}, x.data));
  } else {
    RC_ASSERT_THROWS_AS(reshape(tensor(x), {rows, -1}), InvalidArgument);
  }
}

}  // namespace
}  // namespace lamina::testing
