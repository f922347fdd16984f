// Operations of keras.ops that graphs in files hold and that other ops make up: parts, grids, choices, and
// what only passes on.
#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/core/grad.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/finite_range.h"
#include "lamina/ops/detail/promote.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/split.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

/// Parts of which the first ones are longer by one, where the extent is no multiple.
std::vector<Tensor> array_split(const OperationCall& call) {
  const Tensor& x = call.tensor(0);
  const int axis = detail::checked_axis("ArraySplit", x, detail::axis_of(call, 0));
  const Json& where = call.config.at("indices_or_sections");
  if (!where.is_int()) return split(x, detail::integers_of(call, "indices_or_sections"), axis);
  const int64_t sections = where.as_int(), extent = x.shape()[axis];
  if (sections < 1 || sections > 65536)
    throw InvalidArgument("operation ArraySplit: expected 1 to 65536 parts, received " +
                          std::to_string(sections));
  std::vector<int64_t> places;
  for (int64_t i = 1; i < sections; ++i)
    places.push_back(i * (extent / sections) + std::min(i, extent % sections));
  return split(x, places, axis);
}

std::vector<Tensor> unstack(const OperationCall& call) {
  const Tensor& x = call.tensor(0);
  const int axis = detail::checked_axis("Unstack", x, detail::axis_of(call, 0));
  const Json* num = call.config.find("num");
  const int64_t extent = x.shape()[axis];
  if (num && !num->is_null() && num->as_int() != extent)
    throw InvalidArgument("operation Unstack: num is " + std::to_string(num->as_int()) + ", but axis " +
                          std::to_string(axis) + " of " + x.type().str() + " has " + std::to_string(extent));
  std::vector<Tensor> parts;
  for (const Tensor& part : split(x, std::max<int64_t>(extent, 1), axis))
    parts.push_back(squeeze(part, axis));
  return parts;
}

/// Each row repeated along the axes of the others; the first two change places unless indexing is "ij".
std::vector<Tensor> meshgrid(const OperationCall& call) {
  const Json* indexing = call.config.find("indexing");
  const bool swaps =
      call.args.size() > 1 && (!indexing || !indexing->is_string() || indexing->as_string() == "xy");
  const auto count = static_cast<int>(call.args.size());
  const auto axis_of = [&](int i) { return swaps && i < 2 ? 1 - i : i; };
  std::vector<int64_t> extents(call.args.size());
  for (int i = 0; i < count; ++i)
    extents[static_cast<size_t>(axis_of(i))] = call.tensor(static_cast<size_t>(i)).size();
  std::vector<Tensor> grids;
  for (int i = 0; i < count; ++i) {
    std::vector<int64_t> shape(call.args.size(), 1);
    shape[static_cast<size_t>(axis_of(i))] = -1;
    grids.push_back(broadcast_to(reshape(call.tensor(static_cast<size_t>(i)), Shape(shape)), Shape(extents)));
  }
  return grids;
}

/// The choice of the first condition that holds.
Tensor select(const OperationCall& call) {
  const std::vector<Tensor>& conditions = call.tensors(0);
  const std::vector<Tensor> choices = detail::in_one_dtype(call.tensors(1));
  if (conditions.empty() || conditions.size() != choices.size())
    throw InvalidArgument("operation Select: expected as many choices as conditions, received " +
                          std::to_string(choices.size()) + " and " + std::to_string(conditions.size()));
  Tensor result = call.args.size() < 3      ? detail::scalar_like(0, choices[0])
                  : call.value(2).is_null() ? call.tensor(2)
                                            : detail::scalar_like(call.number(2), choices[0]);
  for (size_t i = conditions.size(); i-- > 0;) result = where(conditions[i], choices[i], result);
  return result;
}

Tensor run_broadcast(const OperationCall& call) {
  return broadcast_to(call.tensor(0), Shape(detail::integers_of(call, "shape")));
}
std::vector<TensorType> infer_broadcast(const OperationCall& call, const std::vector<TensorType>& inputs) {
  return {{inputs.at(0).dtype, Shape(detail::integers_of(call, "shape"))}};
}

/// The largest number of `to` that is one of `from`, too.
double largest_of_both(DType from, DType to) {
  double high = detail::finite_range(to).second;
  if (is_integer(to) && high > 0x1p53) high = std::nextafter(high, 0);  // 2^63 and 2^64 are none
  if (!is_floating(from)) return std::min(high, detail::finite_range(from).second);
  const int digits = from == DType::kFloat64   ? 53
                     : from == DType::kFloat32 ? 24
                     : from == DType::kFloat16 ? 11
                                               : 8;
  const double step = std::ldexp(1, std::ilogb(high) - digits + 1);
  return std::min(std::floor(high / step) * step, detail::finite_range(from).second);
}

/// What lies outside of the dtype's range becomes the nearest number within.
Tensor saturate_cast(const OperationCall& call) {
  const Tensor x = detail::numeric(call.tensor(0));
  const DType dtype = detail::dtype_of(call, x.dtype());
  if (dtype == DType::kBool) return cast(x, dtype);
  const double least = std::max(detail::finite_range(x.dtype()).first, detail::finite_range(dtype).first);
  return cast(clip(x, least, largest_of_both(x.dtype(), dtype)), dtype);
}

std::vector<Tensor> unravel_index(const OperationCall& call) {
  Tensor rest = call.tensor(0);
  const std::vector<int64_t> shape = detail::integers_of(call, "shape");
  std::vector<Tensor> places(shape.size());
  for (size_t i = shape.size(); i-- > 0;) {
    if (shape[i] < 1) throw InvalidArgument("operation UnravelIndex: expected extents of 1 or more");
    places[i] = mod(rest, static_cast<double>(shape[i]));
    rest = floor_divide(rest, static_cast<double>(shape[i]));
  }
  return places;
}

Tensor number_of_elements(const Tensor& x) {
  return full(Shape{}, static_cast<double>(x.size()), DType::kInt32);
}
Tensor passed_on(const Tensor& x) { return stop_gradient(x); }

/// A tensor is one already; layers of attention record this of the masks that they pass on.
Tensor convert_to_tensor(const OperationCall& call) {
  const Json* dtype = call.config.find("dtype");
  return dtype && dtype->is_string() ? cast(call.tensor(0), dtype_from_name(dtype->as_string()))
                                     : call.tensor(0);
}

using Runs = std::vector<Tensor>(const OperationCall&);
bool register_several(const char* class_name, const char* module, Runs* run,
                      std::vector<std::string> arguments = {"x"}) {
  return register_operation(
      {.class_name = class_name, .module = module, .run_all = run, .arguments = arguments});
}

using detail::kCoreOps;
using detail::kNumpyOps;
const bool core_operations_recorded =
    register_several("ArraySplit", kNumpyOps, array_split) &&
    register_several("Unstack", kCoreOps, unstack) &&
    register_several("Meshgrid", kNumpyOps, meshgrid, {"*x"}) &&
    register_several("UnravelIndex", kNumpyOps, unravel_index, {"indices"}) &&
    register_operation(
        {.class_name = "BroadcastTo", .module = kNumpyOps, .run = run_broadcast, .infer = infer_broadcast}) &&
    detail::register_operations(kNumpyOps, {{"Select", select, {"condlist", "choicelist", "default"}},
                                            {"Size", detail::run_unary<number_of_elements>}}) &&
    detail::register_operations(kCoreOps, {{"StopGradient", detail::run_unary<passed_on>, {"variable"}},
                                           {"ConvertToTensor", convert_to_tensor},
                                           {"SaturateCast", saturate_cast}});

}  // namespace
}  // namespace lamina
