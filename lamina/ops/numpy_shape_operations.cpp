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
#include "lamina/ops/shape_ops.h"

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

const bool numpy_shape_operations_recorded = detail::register_operations(detail::kNumpyOps, {{"Moveaxis", moveaxis},
                                                                      {"Swapaxes", swapaxes},
                                                                      {"Flipud", flipped<0>},
                                                                      {"Fliplr", flipped<1>},
                                                                      {"Hstack", joined<1, 1>, {"xs"}},
                                                                      {"Vstack", joined<2, 0>, {"xs"}},
                                                                      {"Dstack", dstack, {"xs"}},
                                                                      {"Rot90", rot90, {"array"}},
                                                                      {"Append", append, {"x1", "x2"}},
                                                                      {"Diff", diff, {"a"}}});

}  // namespace
}  // namespace lamina
