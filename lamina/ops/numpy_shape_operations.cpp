// Operations of keras.ops that graphs in files hold and that other ops make up: those that move elements.
#include <algorithm>
#include <numeric>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

std::vector<int> axes_at(const OperationCall& call, const char* key, const Tensor& x) {
  std::vector<int> axes;
  for (const int64_t axis : detail::integers_of(call, key))
    axes.push_back(detail::checked_axis(key, x, detail::checked_int(axis, key)));
  return axes;
}

/// x with the axes `from` at the places `to`, and the others in order between them.
Tensor moved(const Tensor& x, const std::vector<int>& from, const std::vector<int>& to) {
  if (from.size() != to.size())
    throw InvalidArgument("operation Moveaxis: expected as many sources as destinations");
  const int rank = x.rank();
  std::vector<int> order(static_cast<size_t>(rank), -1);
  for (size_t i = 0; i < from.size(); ++i) order[static_cast<size_t>(to[i])] = from[i];
  int next = 0;
  for (int& axis : order) {
    if (axis >= 0) continue;
    while (std::find(from.begin(), from.end(), next) != from.end()) ++next;
    axis = next++;
  }
  return transpose(x, order);
}

Tensor moveaxis(const OperationCall& call) {
  const Tensor& x = call.tensor(0);
  return moved(x, axes_at(call, "source", x), axes_at(call, "destination", x));
}

Tensor swapaxes(const OperationCall& call) {
  const Tensor& x = call.tensor(0);
  std::vector<int> order(static_cast<size_t>(x.rank()));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[static_cast<size_t>(axes_at(call, "axis1", x)[0])],
            order[static_cast<size_t>(axes_at(call, "axis2", x)[0])]);
  return transpose(x, order);
}

template <int kAxis>
Tensor flipped(const OperationCall& call) {
  return flip(call.tensor(0), kAxis);
}

/// Elements of x from `start` to `stop` along an axis.
Tensor part(const Tensor& x, int axis, int64_t start, int64_t stop) {
  std::vector<IndexItem> items(static_cast<size_t>(axis) + 1, Slice{});
  items.back() = Slice{start, stop};
  return index(x, items);
}

Tensor rolled(const Tensor& x, int64_t shift, int axis) {
  const int64_t extent = x.shape()[axis];
  if (extent == 0) return x;
  const int64_t first = ((-shift % extent) + extent) % extent;
  return first == 0 ? x : concatenate({part(x, axis, first, extent), part(x, axis, 0, first)}, axis);
}

Tensor roll(const OperationCall& call) {
  Tensor x = call.tensor(0);
  std::vector<int64_t> shifts = detail::integers_of(call, "shift");
  const Axes axes = detail::axes_of(call);
  if (axes.empty()) {
    const int64_t shift = std::accumulate(shifts.begin(), shifts.end(), int64_t{0});
    return reshape(rolled(reshape(x, {-1}), shift, 0), x.shape());
  }
  if (shifts.size() == 1) shifts.resize(axes.size(), shifts[0]);
  if (shifts.size() != axes.size())
    throw InvalidArgument("operation Roll: expected one shift for all axes, or one for each");
  for (size_t i = 0; i < shifts.size(); ++i)
    x = rolled(x, shifts[i], detail::checked_axis("Roll", x, axes.values()[i]));
  return x;
}

Tensor repeat(const OperationCall& call) {
  const bool flat = detail::axes_of(call).empty();
  const Tensor x = flat ? reshape(call.tensor(0), {-1}) : call.tensor(0);
  const int axis = detail::checked_axis("Repeat", x, flat ? 0 : detail::axis_of(call, 0));
  const std::vector<int64_t> times = detail::integers_of(call, "repeats");
  const int64_t extent = x.shape()[axis];
  if (times.size() == 1) {
    std::vector<int64_t> repeats(static_cast<size_t>(x.rank()) + 1, 1);
    repeats[static_cast<size_t>(axis) + 1] = times[0];
    Shape result = x.shape();
    const Tensor each = tile(expand_dims(x, axis + 1), repeats);
    result.set(axis, each.shape()[axis] * each.shape()[axis + 1]);
    return reshape(each, result);
  }
  if (static_cast<int64_t>(times.size()) != extent)
    throw InvalidArgument("operation Repeat: expected one number, or " + std::to_string(extent) +
                          ", one for each place of axis " + std::to_string(axis));
  std::vector<Tensor> parts;
  for (int64_t i = 0; i < extent; ++i) {
    std::vector<int64_t> repeats(static_cast<size_t>(x.rank()), 1);
    repeats[static_cast<size_t>(axis)] = times[static_cast<size_t>(i)];
    parts.push_back(tile(part(x, axis, i, i + 1), repeats));
  }
  return concatenate(parts, axis);
}

/// Each with `rank` axes at least, new ones in front, as NumPy's atleast_1d and atleast_2d.
template <int kRank, int kAxis>
Tensor joined(const OperationCall& call) {
  std::vector<Tensor> tensors = call.tensors(0);
  for (Tensor& x : tensors) {
    while (x.rank() < kRank) x = expand_dims(x, 0);
  }
  return concatenate(tensors, tensors[0].rank() == 1 ? 0 : kAxis);
}

/// Along the third axis, as NumPy's atleast_3d has it: behind rows and columns.
Tensor dstack(const OperationCall& call) {
  std::vector<Tensor> tensors = call.tensors(0);
  for (Tensor& x : tensors) {
    while (x.rank() < 2) x = expand_dims(x, 0);
    if (x.rank() == 2) x = expand_dims(x, 2);
  }
  return concatenate(tensors, 2);
}

/// Quarters of a turn from the first axis to the second.
Tensor rot90(const OperationCall& call) {
  const Tensor& x = call.tensor(0);
  const std::vector<int> axes = axes_at(call, "axes", x);
  if (axes.size() != 2 || axes[0] == axes[1])
    throw InvalidArgument("operation Rot90: expected two different axes");
  const int64_t turns = ((detail::integers_of(call, "k")[0] % 4) + 4) % 4;
  if (turns == 0) return x;
  if (turns == 2) return flip(x, {axes[0], axes[1]});
  std::vector<int> order(static_cast<size_t>(x.rank()));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[static_cast<size_t>(axes[0])], order[static_cast<size_t>(axes[1])]);
  return flip(transpose(x, order), turns == 1 ? axes[0] : axes[1]);
}

Tensor append(const OperationCall& call) {
  const Tensor &a = call.tensor(0), &b = call.tensor(1);
  if (detail::axes_of(call).empty()) return concatenate({reshape(a, {-1}), reshape(b, {-1})}, 0);
  return concatenate({a, b}, detail::axis_of(call, 0));
}

Tensor diff(const OperationCall& call) {
  Tensor x = call.tensor(0);
  const int axis = detail::checked_axis("Diff", x, detail::axis_of(call, -1));
  const std::vector<int64_t> n = detail::integers_of(call, "n");
  if (n[0] < 0 || n[0] > 64) throw InvalidArgument("operation Diff: n must be from 0 to 64");
  for (int64_t i = 0; i < n[0] && x.shape()[axis] > 0; ++i) {
    const Tensor after = part(x, axis, 1, Slice::kNone), before = part(x, axis, 0, -1);
    x = x.dtype() == DType::kBool ? not_equal(after, before) : after - before;
  }
  return x;
}

/// x where it lies on, below (or above) the diagonal `k`, 0 elsewhere.
template <bool kLower>
Tensor triangle(const OperationCall& call) {
  const Tensor& x = call.tensor(0);
  if (x.rank() < 2)
    throw InvalidArgument("operation Tril, Triu: expected two axes at least, received " + x.type().str());
  const auto k = static_cast<double>(detail::integers_of(call, "k")[0]);
  const Tensor rows = expand_dims(arange(x.shape()[-2], DType::kInt64), 1) + k;
  const Tensor columns = arange(x.shape()[-1], DType::kInt64);
  return where(kLower ? greater_equal(rows, columns) : less_equal(rows, columns), x, zeros_like(x));
}

const bool recorded = detail::register_operations(detail::kNumpyOps, {{"Moveaxis", moveaxis},
                                                                      {"Swapaxes", swapaxes},
                                                                      {"Flipud", flipped<0>},
                                                                      {"Fliplr", flipped<1>},
                                                                      {"Roll", roll},
                                                                      {"Repeat", repeat},
                                                                      {"Hstack", joined<1, 1>, {"xs"}},
                                                                      {"Vstack", joined<2, 0>, {"xs"}},
                                                                      {"Dstack", dstack, {"xs"}},
                                                                      {"Rot90", rot90, {"array"}},
                                                                      {"Append", append, {"x1", "x2"}},
                                                                      {"Diff", diff, {"a"}},
                                                                      {"Tril", triangle<true>},
                                                                      {"Triu", triangle<false>}});

}  // namespace
}  // namespace lamina
