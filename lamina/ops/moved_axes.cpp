// Axes moved by transpose.
#include "lamina/ops/moved_axes.h"

#include <algorithm>
#include <numeric>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/shape_ops.h"

namespace lamina {
namespace {

using detail::integers_json;
using detail::recorded;

std::vector<int> checked(const char* function, const Tensor& x, const std::vector<int>& axes) {
  std::vector<int> places;
  for (const int axis : axes) {
    const int place = detail::checked_axis(function, x, axis);
    if (std::find(places.begin(), places.end(), place) != places.end())
      throw InvalidArgument(std::string(function) + ": axis " + std::to_string(axis) + " is named twice");
    places.push_back(place);
  }
  return places;
}

Tensor swapped(const Tensor& x, int axis1, int axis2) {
  std::vector<int> order(static_cast<size_t>(x.rank()));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[static_cast<size_t>(axis1)], order[static_cast<size_t>(axis2)]);
  return transpose(x, order);
}

/// Elements of x from `start` to `stop` along an axis.
Tensor part(const Tensor& x, int axis, int64_t start, int64_t stop) {
  std::vector<IndexItem> items(static_cast<size_t>(axis) + 1, Slice{});
  items.back() = Slice{start, stop};
  return index(x, items);
}

/// Images, and whether blocks of that size fit.
void check_blocks(const char* function, const Tensor& x, int64_t size, bool to_space) {
  if (x.rank() != 4 || size < 1 || size > 65535)
    throw InvalidArgument(
        std::string(function) +
        ": expected images (batch, height, width, channels) and a block_size of 1 to 65535, received " +
        x.type().str() + " and " + std::to_string(size));
  const bool fit =
      to_space ? x.shape()[3] % (size * size) == 0 : x.shape()[1] % size == 0 && x.shape()[2] % size == 0;
  if (!fit)
    throw InvalidArgument(std::string(function) + ": " + x.type().str() + " has no blocks of " +
                          std::to_string(size));
}

}  // namespace

Tensor moveaxis(const Tensor& x, const std::vector<int>& source, const std::vector<int>& destination) {
  if (is_symbolic(x))
    return recorded(
        "Moveaxis", {x},
        Json::object({{"source", integers_json(source)}, {"destination", integers_json(destination)}}));
  if (source.size() != destination.size())
    throw InvalidArgument("moveaxis: expected as many sources as destinations, received " +
                          std::to_string(source.size()) + " and " + std::to_string(destination.size()));
  const std::vector<int> from = checked("moveaxis", x, source), to = checked("moveaxis", x, destination);
  std::vector<int> order(static_cast<size_t>(x.rank()), -1);
  for (size_t i = 0; i < from.size(); ++i) order[static_cast<size_t>(to[i])] = from[i];
  int next = 0;
  for (int& axis : order) {
    if (axis >= 0) continue;
    while (std::find(from.begin(), from.end(), next) != from.end()) ++next;
    axis = next++;
  }
  return transpose(x, order);
}

Tensor swapaxes(const Tensor& x, int axis1, int axis2) {
  if (is_symbolic(x)) return recorded("Swapaxes", {x}, Json::object({{"axis1", axis1}, {"axis2", axis2}}));
  return swapped(x, detail::checked_axis("swapaxes", x, axis1), detail::checked_axis("swapaxes", x, axis2));
}

Tensor ravel(const Tensor& x) { return is_symbolic(x) ? recorded("Ravel", {x}) : reshape(x, {-1}); }
Tensor flipud(const Tensor& x) { return is_symbolic(x) ? recorded("Flipud", {x}) : flip(x, 0); }
Tensor fliplr(const Tensor& x) { return is_symbolic(x) ? recorded("Fliplr", {x}) : flip(x, 1); }

Tensor rot90(const Tensor& x, int64_t k, const std::array<int, 2>& axes) {
  if (is_symbolic(x)) return recorded("Rot90", {x}, Json::object({{"k", k}, {"axes", integers_json(axes)}}));
  const std::vector<int> places = checked("rot90", x, {axes[0], axes[1]});
  const int64_t turns = ((k % 4) + 4) % 4;
  if (turns == 0) return x;
  if (turns == 2) return flip(x, {places[0], places[1]});
  return flip(swapped(x, places[0], places[1]), turns == 1 ? places[0] : places[1]);
}

Tensor diff(const Tensor& a, int64_t n, int axis) {
  if (is_symbolic(a)) return recorded("Diff", {a}, Json::object({{"n", n}, {"axis", axis}}));
  if (n < 0 || n > 64) throw InvalidArgument("diff: n must be from 0 to 64, received " + std::to_string(n));
  const int place = detail::checked_axis("diff", a, axis);
  Tensor x = a;
  for (int64_t i = 0; i < n && x.shape()[place] > 0; ++i) {
    const Tensor after = part(x, place, 1, Slice::kNone), before = part(x, place, 0, -1);
    x = x.dtype() == DType::kBool ? not_equal(after, before) : after - before;
  }
  return x;
}

// Blocks are (batch, rows, block, columns, block, channels).
Tensor depth_to_space(const Tensor& x, int64_t block_size) {
  if (is_symbolic(x)) return recorded("DepthToSpace", {x}, Json::object({{"block_size", block_size}}));
  check_blocks("depth_to_space", x, block_size, /*to_space=*/true);
  const int64_t n = x.shape()[0], rows = x.shape()[1], columns = x.shape()[2];
  const int64_t each = x.shape()[3] / (block_size * block_size);
  const Tensor parts =
      transpose(reshape(x, {n, rows, columns, block_size, block_size, each}), {0, 1, 3, 2, 4, 5});
  return reshape(parts, {n, rows * block_size, columns * block_size, each});
}

Tensor space_to_depth(const Tensor& x, int64_t block_size) {
  if (is_symbolic(x)) return recorded("SpaceToDepth", {x}, Json::object({{"block_size", block_size}}));
  check_blocks("space_to_depth", x, block_size, /*to_space=*/false);
  const int64_t n = x.shape()[0], rows = x.shape()[1] / block_size, columns = x.shape()[2] / block_size;
  const int64_t channels = x.shape()[3];
  const Tensor parts =
      transpose(reshape(x, {n, rows, block_size, columns, block_size, channels}), {0, 1, 3, 2, 4, 5});
  return reshape(parts, {n, rows, columns, channels * block_size * block_size});
}

namespace {

std::vector<int> axes_at(const OperationCall& call, const char* key) {
  std::vector<int> axes;
  for (const int64_t axis : detail::integers_of(call, key)) axes.push_back(detail::checked_int(axis, key));
  return axes;
}

Tensor run_moveaxis(const OperationCall& call) {
  return moveaxis(call.tensor(0), axes_at(call, "source"), axes_at(call, "destination"));
}

Tensor run_swapaxes(const OperationCall& call) {
  return swapaxes(call.tensor(0), axes_at(call, "axis1").at(0), axes_at(call, "axis2").at(0));
}

Tensor run_rot90(const OperationCall& call) {
  const std::vector<int> axes = axes_at(call, "axes");
  if (axes.size() != 2) throw InvalidArgument("operation Rot90: expected two axes");
  return rot90(call.tensor(0), detail::integers_of(call, "k").at(0), {axes[0], axes[1]});
}

Tensor run_diff(const OperationCall& call) {
  return diff(call.tensor(0), detail::integers_of(call, "n").at(0), detail::axis_of(call, -1));
}

template <Tensor (*op)(const Tensor&, int64_t)>
Tensor run_blocks(const OperationCall& call) {
  const Json* format = call.config.find("data_format");
  if (format && format->is_string() && format->as_string() != "channels_last")
    throw Unsupported("operation " + call.class_name + ": only data_format channels_last is supported");
  return op(call.tensor(0), detail::integers_of(call, "block_size").at(0));
}

using detail::run_unary;
const bool moved_axes_recorded =
    detail::register_operations(detail::kNumpyOps, {{"Moveaxis", run_moveaxis},
                                                    {"Swapaxes", run_swapaxes},
                                                    {"Ravel", run_unary<ravel>},
                                                    {"Flipud", run_unary<flipud>},
                                                    {"Fliplr", run_unary<fliplr>},
                                                    {"Rot90", run_rot90, {"array"}},
                                                    {"Diff", run_diff, {"a"}}}) &&
    detail::register_operations(detail::kNnOps, {{"DepthToSpace", run_blocks<depth_to_space>},
                                                 {"SpaceToDepth", run_blocks<space_to_depth>}});

}  // namespace
}  // namespace lamina
