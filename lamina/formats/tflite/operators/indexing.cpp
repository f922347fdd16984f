// Elements by their places: gathering, scattering, choosing, counting.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "lamina/formats/onnx/operators/axes.h"
#include "lamina/formats/tflite/operators/fixed_point.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/dynamic_slice.h"
#include "lamina/ops/full.h"
#include "lamina/ops/one_hot.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/scatter_update.h"
#include "lamina/ops/searchsorted.h"
#include "lamina/ops/take.h"
#include "lamina/ops/top_k.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/where.h"

namespace lamina::tflite {
namespace {

// A shape that an input says; no larger than memory may hold.
Shape shape_of_input(const Call& call, size_t i) {
  Shape shape;
  double size = 1;
  for (const int64_t extent : call.known_integers(i)) {
    size *= static_cast<double>(std::max<int64_t>(extent, 1));
    if (extent < 0 || size > static_cast<double>(int64_t{1} << 28) || shape.rank() == Shape::kMaxRank)
      call.fail(fmt::format("an extent of its result is {}, or all of them are too much", extent));
    shape.push_back(extent);
  }
  return shape;
}

int64_t product_of(const Shape& shape, int from, int to) {
  int64_t product = 1;
  for (int axis = from; axis < to; ++axis) product *= shape[axis];
  return product;
}

std::vector<Value> gather(Call& call) {
  const Tensor &x = call[0], &places = call[1];
  const int64_t shared = option(call, "batch_dims");
  const int batch = static_cast<int>(shared < 0 ? shared + places.rank() : shared);
  const int axis = onnx::axis_of(option(call, "axis"), x.rank());
  if (batch < 0 || batch > axis || batch > places.rank()) call.fail("its shared axes do not lie in front");
  if (batch == 0) return {output(call, take(x, places, axis))};
  // Rows of all batches one behind the other.
  for (int i = 0; i < batch; ++i) {
    if (x.shape()[i] != places.shape()[i]) call.fail("its shared axes differ");
  }
  const int64_t batches = product_of(x.shape(), 0, batch), between = product_of(x.shape(), batch, axis),
                extent = x.shape()[axis], rest = product_of(x.shape(), axis + 1, x.rank());
  const Tensor moved = reshape(transpose(reshape(x, {batches, between, extent, rest}), {0, 2, 1, 3}),
                               {batches * extent, between, rest});
  const int64_t each = product_of(places.shape(), batch, places.rank());
  const Tensor first =
      reshape(multiply(arange(batches, DType::kInt64), static_cast<double>(extent)), {batches, 1});
  const Tensor rows = take(moved, add(reshape(cast(places, DType::kInt64), {batches, each}), first), 0);
  Shape result;
  for (int i = 0; i < axis; ++i) result.push_back(x.shape()[i]);
  for (int i = batch; i < places.rank(); ++i) result.push_back(places.shape()[i]);
  for (int i = axis + 1; i < x.rank(); ++i) result.push_back(x.shape()[i]);
  return {
      output(call, reshape(transpose(reshape(rows, {batches, each, between, rest}), {0, 2, 1, 3}), result))};
}

// The places of (..., k) indices along the first k axes of `shape`, as numbers of slices.
Tensor flat_places(const Tensor& indices, const Shape& shape) {
  const int k = static_cast<int>(indices.shape()[-1]);
  const Tensor wide = cast(indices, DType::kInt64);
  Tensor flat;
  for (int i = 0; i < k; ++i) {
    const Tensor place = take(wide, Tensor::from<int64_t>({i}, Shape{}), -1);
    flat = flat.defined() ? add(multiply(flat, static_cast<double>(shape[i])), place) : place;
  }
  return flat.defined() ? flat : zeros(Shape{}, DType::kInt64);
}

std::vector<Value> gather_nd(Call& call) {
  const Tensor &x = call[0], &indices = call[1];
  if (indices.rank() < 1 || indices.shape()[-1] > x.rank() || indices.shape()[-1] < 1)
    call.fail("its indices do not fit its input");
  const int k = static_cast<int>(indices.shape()[-1]);
  Shape rows{product_of(x.shape(), 0, k)};
  for (int axis = k; axis < x.rank(); ++axis) rows.push_back(x.shape()[axis]);
  return {output(call, take(reshape(x, rows), flat_places(indices, x.shape()), 0))};
}

std::vector<Value> scatter_nd(Call& call) {
  return {
      output(call, scatter_update(zeros(shape_of_input(call, 2), call[1].dtype()), call[0], call[1], "add"))};
}

std::vector<Value> dynamic_update_slice(Call& call) {
  // Slices that would reach beyond the end are moved back.
  const Tensor &x = call[0], &update = call[1];
  std::vector<int64_t> last;
  for (int axis = 0; axis < x.rank(); ++axis) last.push_back(x.shape()[axis] - update.shape()[axis]);
  const Tensor most = Tensor::from(last, {x.rank()});
  const Tensor begin = maximum(minimum(cast(call[2], DType::kInt64), most), 0.0);
  return {output(call, slice_update(x, cast(begin, DType::kInt32), update))};
}

std::vector<Value> one_hot_operator(Call& call) {
  const int64_t depth = call.known_integer(1);
  if (depth < 0 || depth > (1 << 24)) call.fail(fmt::format("its depth is {}", depth));
  const Tensor& places = call[0];
  const int64_t at = option(call, "axis");
  const int axis = onnx::axis_of(at, places.rank() + 1);
  Tensor hot = one_hot(places, depth, DType::kBool);
  std::vector<int> order;
  for (int i = 0; i < places.rank(); ++i) order.push_back(i);
  order.insert(order.begin() + axis, places.rank());
  hot = transpose(hot, order);
  return {output(call, where(hot, call[2], call[3]))};
}

// SELECT takes a condition of one number for each row, too.
template <bool broadcasts>
std::vector<Value> select(Call& call) {
  Tensor condition = call[0];
  if (!broadcasts && condition.rank() == 1 && call[1].rank() > 1) {
    Shape shape{condition.shape()[0]};
    for (int axis = 1; axis < call[1].rank(); ++axis) shape.push_back(1);
    condition = reshape(condition, shape);
  }
  return {output(call, where(condition, call[1], call[2]))};
}

// The places of elements that are not zero: how many there are follows from values.
std::vector<Value> where_operator(Call& call) {
  const Tensor& x = call[0];
  const std::vector<double> elements = onnx::doubles(x);
  std::vector<int64_t> places;
  int64_t count = 0;
  for (size_t i = 0; i < elements.size(); ++i) {
    if (elements[i] == 0) continue;
    ++count;
    std::vector<int64_t> place(static_cast<size_t>(x.rank()));
    auto rest = static_cast<int64_t>(i);
    for (int axis = x.rank() - 1; axis >= 0; --axis) {
      place[static_cast<size_t>(axis)] = rest % x.shape()[axis];
      rest /= x.shape()[axis];
    }
    places.insert(places.end(), place.begin(), place.end());
  }
  return {output(call, Tensor::from(places, {count, x.rank()}))};
}

std::vector<Value> unique(Call& call) {
  call.ignore({"idx_out_type"});
  if (call[0].rank() != 1) call.fail("takes one axis");
  const std::vector<double> elements = onnx::doubles(call[0]);
  std::map<double, int64_t> seen;
  std::vector<int64_t> firsts, numbers;
  for (size_t i = 0; i < elements.size(); ++i) {
    const auto [found, is_new] = seen.emplace(elements[i], static_cast<int64_t>(firsts.size()));
    if (is_new) firsts.push_back(static_cast<int64_t>(i));
    numbers.push_back(found->second);
  }
  return {output(call, take(call[0], Tensor::from(firsts, {static_cast<int64_t>(firsts.size())}), 0), 0),
          output(call, Tensor::from(numbers, {static_cast<int64_t>(numbers.size())}), 1)};
}

std::vector<Value> top_k_operator(Call& call) {
  const int64_t k = call.known_integer(1);
  if (call[0].rank() < 1 || k < 0 || k > call[0].shape()[-1])
    call.fail(fmt::format("cannot give the {} largest of {}", k, call[0].shape().str()));
  const std::vector<Tensor> found = top_k(call[0], k);
  return {output(call, found[0], 0), output(call, found[1], 1)};
}

std::vector<Value> sparse_to_dense(Call& call) {
  call.ignore({"validate_indices"});
  const Shape shape = shape_of_input(call, 1);
  Tensor indices = call[0], values = call[2];
  if (indices.rank() == 0) indices = reshape(indices, {1, 1});
  if (indices.rank() == 1) indices = reshape(indices, {indices.shape()[0], 1});
  const Tensor base = add(zeros(shape, values.dtype()), cast(reshape(call[3], {}), values.dtype()));
  if (values.rank() == 0) values = add(zeros(Shape{indices.shape()[0]}, values.dtype()), values);
  return {output(call, scatter_update(base, indices, values))};
}

template <Tensor (*f)(const Tensor&, const Tensor&, std::optional<int64_t>, bool)>
std::vector<Value> segments(Call& call) {
  int64_t count = 0;
  if (call.has(2)) {
    count = call.known_integer(2);
  } else {
    for (const int64_t id : call.known_integers(1)) count = std::max(count, id + 1);
  }
  if (count < 0 || count > (1 << 24)) call.fail(fmt::format("has {} segments", count));
  return {output(call, f(call[0], call[1], count, false))};
}

std::vector<Value> bucketize(Call& call) {
  const std::vector<double> given = call.number_list("boundaries").value_or(std::vector<double>{});
  const std::vector<float> bounds(given.begin(), given.end());
  const Tensor line = Tensor::from(bounds, {static_cast<int64_t>(bounds.size())});
  return {output(call, searchsorted(line, cast(call[0], DType::kFloat32), "right"))};
}

// (..., n) as the diagonal of (..., n, n).
Tensor on_diagonal(const Tensor& diagonal, int64_t rows, int64_t columns, const Tensor& elsewhere) {
  const Tensor row = reshape(arange(rows), {rows, 1}), column = reshape(arange(columns), {1, columns});
  Shape shape;
  for (int axis = 0; axis + 1 < diagonal.rank(); ++axis) shape.push_back(diagonal.shape()[axis]);
  shape.push_back(diagonal.shape()[-1]);
  shape.push_back(1);
  Tensor down = reshape(diagonal, shape);
  if (diagonal.shape()[-1] < rows) {  // wider below than its diagonal
    std::vector<int64_t> place;
    for (int64_t i = 0; i < rows; ++i) place.push_back(std::min(i, diagonal.shape()[-1] - 1));
    down = take(down, Tensor::from(place, {rows}), -2);
  }
  return where(equal(row, column), down, elsewhere);
}

std::vector<Value> matrix_diag(Call& call) {
  if (call[0].rank() < 1) call.fail("takes at least one axis");
  const int64_t n = call[0].shape()[-1];
  return {output(call, on_diagonal(call[0], n, n, zeros(Shape{}, call[0].dtype())))};
}

std::vector<Value> matrix_set_diag(Call& call) {
  const Shape& s = call[0].shape();
  if (s.rank() < 2 || call[1].rank() != s.rank() - 1 || call[1].shape()[-1] != std::min(s[-1], s[-2]) ||
      call[1].size() == 0)
    call.fail("its diagonal does not fit its input");
  return {output(call, on_diagonal(call[1], s[-2], s[-1], call[0]))};
}

const bool kIndexingRegistered[] = {builtin<gather>("GATHER", {{0}}),
                            builtin<gather_nd>("GATHER_ND", {{0}}),
                            builtin<scatter_nd>("SCATTER_ND"),
                            builtin<dynamic_update_slice>("DYNAMIC_UPDATE_SLICE"),
                            builtin<one_hot_operator>("ONE_HOT"),
                            builtin<select<false>>("SELECT"),
                            builtin<select<true>>("SELECT_V2"),
                            builtin<select<true>>("STABLEHLO_SELECT"),
                            builtin<where_operator>("WHERE"),
                            builtin<unique>("UNIQUE"),
                            builtin<top_k_operator>("TOPK_V2"),
                            builtin<sparse_to_dense>("SPARSE_TO_DENSE"),
                            builtin<segments<segment_sum>>("SEGMENT_SUM"),
                            builtin<segments<segment_sum>>("UNSORTED_SEGMENT_SUM"),
                            builtin<segments<segment_prod>>("UNSORTED_SEGMENT_PROD"),
                            builtin<segments<segment_max>>("UNSORTED_SEGMENT_MAX"),
                            builtin<segments<segment_min>>("UNSORTED_SEGMENT_MIN"),
                            builtin<bucketize>("BUCKETIZE"),
                            builtin<matrix_diag>("MATRIX_DIAG"),
                            builtin<matrix_set_diag>("MATRIX_SET_DIAG")};

}  // namespace
}  // namespace lamina::tflite
