// take_along_axis as take from the flattened tensor.
#include "lamina/ops/take_along_axis.h"

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/indices_json.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/take.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

void check(const Tensor& x, const Tensor& indices) {
  if (indices.dtype() == DType::kBool || is_floating(indices.dtype()))
    throw InvalidArgument("take_along_axis: the indices must be integers, but are " + indices.type().str());
  if (x.rank() != indices.rank()) {
    throw InvalidArgument("take_along_axis: x and its indices must have as many axes, but are " +
                          x.type().str() + " and " + indices.type().str());
  }
}

// Where the element at each index lies in x's elements, and x.shape().size(), which is out of range, for
// indices that are.
Tensor flat_places(const Tensor& indices, const Shape& x, int axis) {
  const auto extent = static_cast<double>(x[axis]), size = static_cast<double>(x.size());
  const Tensor places = where(less(indices, 0.0), indices + extent, indices);
  int64_t stride = 1;
  Tensor flat;
  for (int i = x.rank() - 1; i >= 0; --i) {
    Shape along = Shape(std::vector<int64_t>(static_cast<size_t>(x.rank()), 1));
    along.set(i, x[i]);
    const Tensor position = i == axis ? places : reshape(arange(x[i], DType::kInt64), along);
    const Tensor offset = position * static_cast<double>(stride);
    flat = flat.defined() ? flat + offset : offset;
    stride *= x[i];
  }
  return where(logical_and(greater_equal(places, 0.0), less(places, extent)), flat, size);
}

}  // namespace

Tensor take_along_axis(const Tensor& x, const Tensor& indices, std::optional<int> axis) {
  if (is_symbolic(x) || is_symbolic(indices)) {
    return detail::recorded("TakeAlongAxis", {x, indices},
                            Json::object({{"axis", axis ? Json(*axis) : Json()}}));
  }
  if (!axis) return take_along_axis(reshape(x, {-1}), indices, 0);
  check(x, indices);
  const int place = detail::checked_axis("take_along_axis", x, *axis);
  Shape elements = x.shape(), chosen = indices.shape(), common;
  elements.set(place, 1);
  chosen.set(place, 1);
  try {
    common = broadcast(elements, chosen);
  } catch (const InvalidArgument&) {
    throw InvalidArgument("take_along_axis: " + x.type().str() + " and indices " + indices.type().str() +
                          " do not broadcast but for axis " + std::to_string(*axis));
  }
  elements = chosen = common;
  elements.set(place, x.shape()[place]);
  chosen.set(place, indices.shape()[place]);
  const Tensor whole = broadcast_to(x, elements);
  const Tensor wide = broadcast_to(cast(indices, DType::kInt64), chosen);
  return take(reshape(whole, {-1}), flat_places(wide, elements, place), 0);
}

namespace {

const bool recorded = detail::register_operations(
    detail::kNumpyOps, {{"TakeAlongAxis",
                         [](const OperationCall& call) {
                           const Json* axis = call.config.find("axis");
                           const bool given = axis && !axis->is_null();
                           return take_along_axis(
                               call.tensor(0), detail::indices_of(call, 1),
                               given ? std::optional<int>(detail::axis_of(call, 0)) : std::nullopt);
                         },
                         {"x", "indices"}}});

}  // namespace

}  // namespace lamina
