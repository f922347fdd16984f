// Record of broadcast_to, and tile composed of it.
#include "lamina/ops/broadcast_to.h"

#include <algorithm>
#include <limits>

#include "lamina/graph/op.h"
#include "lamina/ops/detail/elementwise.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/reshape.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_broadcast_to(const InferArgs& args) {
  const Shape& from = args.inputs[0].shape;
  const Shape& to = args.attrs.as<BroadcastToAttrs>().shape;
  const int added = to.rank() - from.rank();
  bool fits = added >= 0;
  for (int axis = 0; fits && axis < from.rank(); ++axis) {
    fits = from[axis] == to[added + axis] || from[axis] == 1;
  }
  for (int64_t extent : to) fits = fits && extent >= 0;
  if (!fits) {
    args.fail("shape " + from.str() + " cannot be broadcast to " + to.str() +
              ": each axis must be equal or 1, counted from the end");
  }
  return {{args.inputs[0].dtype, to}};
}

std::vector<Tensor> vjp_broadcast_to(const VjpArgs& args) {
  return {detail::sum_to(args.grads[0], args.inputs[0].shape())};
}

const Op& broadcast_to_op =
    register_op<BroadcastToAttrs>({.name = "broadcast_to",
                                   .doc = "x repeated along new axes and axes of extent 1",
                                   .inputs = {{"x"}},
                                   .outputs = {"y"},
                                   .infer = infer_broadcast_to,
                                   .flops = no_flops,
                                   .vjp = vjp_broadcast_to,
                                   .same_if_type_stays = true,
                                   .moves_elements = true,
                                   .repeats = true});

}  // namespace

Tensor broadcast_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  return apply(broadcast_to_op, BroadcastToAttrs{shape}, {x})[0];
}

Tensor tile(const Tensor& x, const std::vector<int64_t>& repeats) {
  if (is_symbolic(x))
    return detail::recorded("Tile", {x}, Json::object({{"repeats", detail::integers_json(repeats)}}));
  const int rank = std::max(x.rank(), static_cast<int>(repeats.size()));
  Shape parted, repeated, result;
  for (int axis = 0; axis < rank; ++axis) {
    const int from_end = rank - axis;
    const int64_t extent = from_end <= x.rank() ? x.shape()[-from_end] : 1;
    const auto given = static_cast<int64_t>(repeats.size());
    const int64_t times = from_end <= given ? repeats[static_cast<size_t>(given - from_end)] : 1;
    if (times < 0) throw InvalidArgument("tile: repeats must not be negative; got " + std::to_string(times));
    if (extent > 0 && times > std::numeric_limits<int64_t>::max() / extent) {
      throw InvalidArgument("tile: axis " + std::to_string(axis) + " of the result would be too long: " +
                            std::to_string(times) + " times " + std::to_string(extent));
    }
    if (times != 1) {
      parted.push_back(1);
      repeated.push_back(times);
    }
    parted.push_back(extent);
    repeated.push_back(extent);
    result.push_back(times * extent);
  }
  return reshape(broadcast_to(reshape(x, parted), repeated), result);
}

namespace {

const bool broadcast_to_recorded = detail::register_operations(
    detail::kNumpyOps, {{"Tile", [](const OperationCall& call) {
                           return tile(call.tensor(0), detail::integers_of(call, "repeats"));
                         }}});

}  // namespace

}  // namespace lamina
