// Joining and cutting, by concatenate and split.
#include "lamina/ops/stacking.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/shape_ops.h"

namespace lamina {
namespace {

constexpr int64_t kMostParts = 65536;

bool drawn(const std::vector<Tensor>& xs) { return std::any_of(xs.begin(), xs.end(), is_symbolic); }

/// Each with `rank` axes at least, new ones in front, as NumPy's atleast_1d and atleast_2d.
std::vector<Tensor> of_rank(const char* function, std::vector<Tensor> xs, int rank) {
  if (xs.empty()) throw InvalidArgument(std::string(function) + ": expected a tensor at least");
  for (Tensor& x : xs) {
    while (x.rank() < rank) x = expand_dims(x, 0);
  }
  return xs;
}

std::vector<int64_t> even_places(int64_t sections, int64_t extent) {
  if (sections < 1 || sections > kMostParts)
    throw InvalidArgument("array_split: expected 1 to 65536 parts, received " + std::to_string(sections));
  std::vector<int64_t> places;
  for (int64_t i = 1; i < sections; ++i)
    places.push_back(i * (extent / sections) + std::min(i, extent % sections));
  return places;
}

}  // namespace

Tensor append(const Tensor& x1, const Tensor& x2, std::optional<int> axis) {
  if (is_symbolic(x1) || is_symbolic(x2))
    return detail::recorded("Append", {x1, x2}, Json::object({{"axis", detail::optional_json(axis)}}));
  if (!axis) return concatenate({reshape(x1, {-1}), reshape(x2, {-1})}, 0);
  return concatenate({x1, x2}, *axis);
}

Tensor hstack(const std::vector<Tensor>& given) {
  if (drawn(given)) return detail::recorded("Hstack", {given});
  const std::vector<Tensor> xs = of_rank("hstack", given, 1);
  return concatenate(xs, xs[0].rank() == 1 ? 0 : 1);
}

Tensor vstack(const std::vector<Tensor>& xs) {
  return drawn(xs) ? detail::recorded("Vstack", {xs}) : concatenate(of_rank("vstack", xs, 2), 0);
}

// As NumPy's atleast_3d has it: behind rows and columns.
Tensor dstack(const std::vector<Tensor>& given) {
  if (drawn(given)) return detail::recorded("Dstack", {given});
  std::vector<Tensor> xs = of_rank("dstack", given, 2);
  for (Tensor& x : xs) {
    if (x.rank() == 2) x = expand_dims(x, 2);
  }
  return concatenate(xs, 2);
}

std::vector<Tensor> array_split(const Tensor& x, int64_t indices_or_sections, int axis) {
  if (is_symbolic(x))
    return detail::record_all(
        {"ArraySplit", Json::object({{"indices_or_sections", indices_or_sections}, {"axis", axis}}), {x}});
  const int place = detail::checked_axis("array_split", x, axis);
  return split(x, even_places(indices_or_sections, x.shape()[place]), place);
}

std::vector<Tensor> unstack(const Tensor& x, std::optional<int64_t> num, int axis) {
  if (is_symbolic(x))
    return detail::record_all(
        {"Unstack", Json::object({{"num", detail::optional_json(num)}, {"axis", axis}}), {x}});
  const int place = detail::checked_axis("unstack", x, axis);
  const int64_t extent = x.shape()[place];
  if (num && *num != extent)
    throw InvalidArgument("unstack: num is " + std::to_string(*num) + ", but axis " + std::to_string(place) +
                          " of " + x.type().str() + " has " + std::to_string(extent));
  if (extent > kMostParts)
    throw InvalidArgument("unstack: axis " + std::to_string(place) + " of " + x.type().str() +
                          " has more than 65536 parts");
  std::vector<Tensor> parts;
  if (extent == 0) return parts;
  for (const Tensor& part : split(x, extent, place)) parts.push_back(squeeze(part, place));
  return parts;
}

namespace {

Tensor run_append(const OperationCall& call) {
  return append(call.tensor(0), call.tensor(1), detail::optional_axis_of(call));
}

template <Tensor (*join)(const std::vector<Tensor>&)>
Tensor run_joined(const OperationCall& call) {
  return join(call.tensors(0));
}

std::vector<Tensor> run_array_split(const OperationCall& call) {
  const Tensor& x = call.tensor(0);
  const int axis = detail::axis_of(call, 0);
  const Json& where = call.config.at("indices_or_sections");
  if (where.is_int()) return array_split(x, where.as_int(), axis);
  return split(x, detail::integers_of(call, "indices_or_sections"), axis);
}

std::vector<Tensor> run_unstack(const OperationCall& call) {
  const Json* num = call.config.find("num");
  return unstack(call.tensor(0),
                 num && !num->is_null() ? std::optional<int64_t>(num->as_int()) : std::nullopt,
                 detail::axis_of(call, 0));
}

const bool stacking_recorded =
    detail::register_operations(detail::kNumpyOps, {{"Append", run_append, {"x1", "x2"}},
                                                    {"Hstack", run_joined<hstack>, {"xs"}},
                                                    {"Vstack", run_joined<vstack>, {"xs"}},
                                                    {"Dstack", run_joined<dstack>, {"xs"}}}) &&
    register_operation(
        {.class_name = "ArraySplit", .module = detail::kNumpyOps, .run_all = run_array_split}) &&
    register_operation({.class_name = "Unstack", .module = detail::kCoreOps, .run_all = run_unstack});

}  // namespace
}  // namespace lamina
