// Gather and Scatter, in all their forms.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "lamina/formats/onnx/operators/axes.h"
#include "lamina/formats/onnx/operators/moved_strings.h"
#include "lamina/formats/onnx/operators/elementwise.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/scatter_update.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take.h"
#include "lamina/ops/take_along_axis.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/where.h"

namespace lamina::onnx {
namespace {

// Indices that are known are looked at; the others are the kernel's to look at.
void require_inside(Call& call, const Tensor& indices, int64_t extent) {
  if (!known(indices) || indices.size() > 4096) return;
  for (const int64_t index : integers(indices)) {
    if (index < -extent || index >= extent)
      call.fail(fmt::format("index {} is out of range for an axis of {} elements", index, extent));
  }
}

// The slices of x at indices along an axis. Where nobody knows the indices before it runs, the engine looks at each, and
// one that is out of range is an error: take would give NaN, or 0 for integers.
Tensor looked_up(const Tensor& x, const Tensor& indices, int axis);

// Negative indices count from the end.
Tensor from_start(const Tensor& indices, int64_t extent) {
  const Tensor wide = cast(indices, DType::kInt64);
  if (known(wide)) {
    const std::vector<int64_t> values = integers(wide);
    if (std::none_of(values.begin(), values.end(), [](int64_t v) { return v < 0; })) return wide;
  }
  return where(less(wide, 0.0), add(wide, static_cast<double>(extent)), wide);
}

// The same for indices that only serve to find elements: looked up in the list of all that there are, so that the engine
// looks at each.
Tensor checked(const Tensor& indices, int64_t extent) {
  const Tensor places = from_start(indices, extent);
  if (known(indices) || extent == 0) return places;
  const Tensor all = reshape(arange(extent, DType::kInt64), {extent, 1});
  return reshape(embedding_lookup(all, places), indices.shape());
}

Tensor looked_up(const Tensor& x, const Tensor& indices, int axis) {
  if (known(indices) || x.shape().size() == 0) return take(x, indices, axis);
  const int64_t extent = x.shape()[axis];
  std::vector<int> front(static_cast<size_t>(x.rank()));
  std::iota(front.begin(), front.end(), 0);
  std::rotate(front.begin(), front.begin() + axis, front.begin() + axis + 1);
  const Tensor moved = axis == 0 ? x : transpose(x, front);
  const Tensor rows = embedding_lookup(reshape(moved, {extent, x.shape().size() / extent}), from_start(indices, extent));
  Shape shape = indices.shape();
  for (int i = 1; i < moved.rank(); ++i) shape.push_back(moved.shape()[i]);
  const Tensor y = reshape(rows, shape);
  if (axis == 0) return y;
  // The axes in front of `axis` stand behind those of the indices now.
  std::vector<int> back;
  for (int i = 0; i < axis; ++i) back.push_back(indices.rank() + i);
  for (int i = 0; i < indices.rank(); ++i) back.push_back(i);
  for (int i = indices.rank() + axis; i < y.rank(); ++i) back.push_back(i);
  return transpose(y, back);
}

std::vector<Value> gather(Call& call) {
  const Value& x = call.value(0);
  const Tensor& indices = call[1];
  const int axis = axis_of(call.integer("axis", 0), x.rank());
  require_inside(call, indices, x.shape()[axis]);
  if (x.is_strings()) {
    return {strings_at(x, take(places_of_strings(x), indices, axis))};
  }
  // One known index is a part of x, which may lie as it does.
  if (indices.size() == 1 && known(indices)) {
    int64_t index = integers(indices)[0];
    if (index < 0) index += x.shape()[axis];
    const int place = place_of(x.order(), axis);
    const Tensor lying = x.in_order(x.order());
    std::vector<int64_t> starts(static_cast<size_t>(place) + 1, 0), stops(lying.shape().begin(), lying.shape().end());
    stops.resize(starts.size());
    starts.back() = index;
    stops.back() = index + 1;
    const Tensor part = slice(lying, starts, stops);
    if (indices.rank() == 1) return {Value::lying(part, x.order(), x.type())};
    if (indices.rank() == 0) {
      Shape shape;
      for (int i = 0; i < part.rank(); ++i) {
        if (i != place) shape.push_back(part.shape()[i]);
      }
      return {Value::lying(reshape(part, shape), without(x.order(), {axis}), x.type())};
    }
  }
  return {Value(looked_up(x.tensor(), indices, axis), x.type())};
}

std::vector<Value> gather_elements(Call& call) {
  const Value& given = call.value(0);
  const Tensor x = given.is_strings() ? places_of_strings(given) : call[0];
  const Tensor& indices = call[1];
  const int axis = axis_of(call.integer("axis", 0), x.rank());
  if (indices.rank() != x.rank()) call.fail("its indices have another number of axes than its data");
  require_inside(call, indices, x.shape()[axis]);
  // The other axes of the indices may be shorter.
  std::vector<int64_t> starts(static_cast<size_t>(x.rank()), 0), stops;
  for (int i = 0; i < x.rank(); ++i) {
    if (i != axis && indices.shape()[i] > x.shape()[i]) call.fail("its indices are larger than its data");
    stops.push_back(i == axis ? x.shape()[i] : indices.shape()[i]);
  }
  const Tensor gathered = take_along_axis(slice(x, starts, stops), checked(indices, x.shape()[axis]), axis);
  return {given.is_strings() ? strings_at(given, gathered) : Value(gathered, call.element())};
}

// Places of `indices` (..., k) in a tensor whose first k axes have `extents`, as one number each.
Tensor flat_places(Call& call, const Tensor& indices, const Shape& extents) {
  Tensor place;
  const auto width = static_cast<int>(indices.shape()[-1]);
  for (int i = 0; i < width; ++i) {
    const Tensor column = index(indices, {ellipsis, i});
    require_inside(call, column, extents[i]);
    const Tensor each = checked(column, extents[i]);
    place = place.defined() ? add(multiply(place, static_cast<double>(extents[i])), each) : each;
  }
  return place;
}

std::vector<Value> gather_nd(Call& call) {
  const Tensor& x = call[0];
  Tensor indices = call[1];
  const auto batch = static_cast<int>(call.integer("batch_dims", 0));
  if (batch < 0 || batch >= indices.rank() || batch >= x.rank()) call.fail("attribute 'batch_dims' is out of range");
  const auto width = static_cast<int>(indices.shape()[-1]);
  if (batch + width > x.rank()) call.fail("its indices name more axes than its data have");
  int64_t samples = 1, inner = 1;
  for (int i = 0; i < batch; ++i) {
    if (x.shape()[i] != indices.shape()[i]) call.fail("its batch axes differ");
    samples *= x.shape()[i];
  }
  Shape extents, result;
  for (int i = 0; i < width; ++i) {
    extents.push_back(x.shape()[batch + i]);
    inner *= x.shape()[batch + i];
  }
  for (int i = 0; i + 1 < indices.rank(); ++i) result.push_back(indices.shape()[i]);
  Shape flat{samples * inner};
  for (int i = batch + width; i < x.rank(); ++i) {
    flat.push_back(x.shape()[i]);
    result.push_back(x.shape()[i]);
  }
  Tensor places = flat_places(call, indices, extents);
  if (samples > 1) {  // each sample has its own part of the flattened data
    places = add(reshape(places, {samples, places.size() / std::max<int64_t>(samples, 1)}),
                 multiply(reshape(arange(samples, DType::kInt64), {samples, 1}), static_cast<double>(inner)));
  }
  const Tensor rows = reshape(places, {places.size()});
  return {Value(reshape(take(reshape(x, flat), rows, 0), result), call.element())};
}

std::optional<std::string> reduction_of(Call& call) {
  const std::string how = call.text("reduction", "none");
  if (how == "none") return std::nullopt;
  if (how != "add" && how != "mul" && how != "min" && how != "max") call.fail("attribute 'reduction' is '" + how + "'");
  return how;
}

// Elements of one axis, and below it whole tensors: everything is flattened to rows.
std::vector<Value> scatter_elements(Call& call) {
  const Tensor &x = call[0], &indices = call[1], &updates = call[2];
  const int axis = axis_of(call.integer("axis", 0), x.rank());
  if (indices.shape() != updates.shape() || indices.rank() != x.rank())
    call.fail("its indices " + indices.shape().str() + " and updates " + updates.shape().str() + " do not fit its data " +
              x.shape().str());
  const auto how = reduction_of(call);
  require_inside(call, indices, x.shape()[axis]);
  Tensor place;
  for (int i = 0; i < x.rank(); ++i) {
    Tensor each;
    if (i == axis) {
      each = checked(indices, x.shape()[i]);
    } else {
      if (indices.shape()[i] > x.shape()[i]) call.fail("its indices are larger than its data");
      Shape line;
      for (int k = 0; k < x.rank(); ++k) line.push_back(k == i ? indices.shape()[i] : 1);
      each = reshape(arange(indices.shape()[i], DType::kInt64), line);
    }
    place = place.defined() ? add(multiply(place, static_cast<double>(x.shape()[i])), each) : each;
  }
  const Tensor rows = reshape(broadcast_to(place, indices.shape()), {indices.size(), 1});
  const Tensor result = scatter_update(reshape(x, {x.size()}), rows, reshape(updates, {updates.size()}), how);
  return {Value(wrapped(reshape(result, x.shape()), call.element()), call.element())};
}

std::vector<Value> scatter_nd(Call& call) {
  const Tensor &x = call[0], &indices = call[1], &updates = call[2];
  const auto width = static_cast<int>(indices.shape()[-1]);
  if (width > x.rank()) call.fail("its indices name more axes than its data have");
  const auto how = reduction_of(call);
  Shape extents;
  int64_t count = 1;
  for (int i = 0; i < width; ++i) {
    extents.push_back(x.shape()[i]);
    count *= x.shape()[i];
  }
  Shape flat{count}, each;
  const int64_t places = indices.size() / std::max<int64_t>(width, 1);
  each.push_back(places);
  for (int i = width; i < x.rank(); ++i) {
    flat.push_back(x.shape()[i]);
    each.push_back(x.shape()[i]);
  }
  if (updates.size() != each.size())
    call.fail("its updates " + updates.shape().str() + " do not fit its indices " + indices.shape().str());
  const Tensor rows = reshape(flat_places(call, indices, extents), {places, 1});
  const Tensor result = scatter_update(reshape(x, flat), rows, reshape(updates, each), how);
  return {Value(wrapped(reshape(result, x.shape()), call.element()), call.element())};
}

const Parameters kTable{{0}};

const bool kIndexingRegistered[] = {register_operator("Gather", 1, gather, kTable),
                            register_operator("GatherElements", 11, gather_elements),
                            register_operator("GatherND", 11, gather_nd),
                            register_operator("Scatter", 9, scatter_elements),
                            register_operator("Scatter", 11, scatter_elements),
                            register_operator("ScatterElements", 11, scatter_elements),
                            register_operator("ScatterND", 11, scatter_nd)};

}  // namespace
}  // namespace lamina::onnx
