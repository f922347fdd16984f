// Numbers computed in double, and grids by broadcasting.
#include "lamina/ops/grids.h"

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/finite_range.h"
#include "lamina/ops/detail/promote.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

constexpr int64_t kMost = 1 << 28;

std::vector<double> even_numbers(const char* function, double start, double stop, int64_t num,
                                 bool endpoint) {
  if (num < 0 || num > kMost)
    throw InvalidArgument(std::string(function) + ": num must be 0 or more and at most 2^28, received " +
                          std::to_string(num));
  const auto steps = static_cast<double>(endpoint ? num - 1 : num);
  std::vector<double> numbers;
  for (int64_t i = 0; i < num; ++i)
    numbers.push_back(steps > 0 ? start + static_cast<double>(i) * ((stop - start) / steps) : start);
  if (endpoint && num > 1) numbers.back() = stop;
  return numbers;
}

Tensor tensor_of(const std::vector<double>& numbers, DType dtype) {
  return cast(Tensor::from(numbers, {static_cast<int64_t>(numbers.size())}), dtype);
}

/// Whether a plain number is one of that dtype.
bool takes(DType dtype, const Tensor& number) {
  if (is_floating(dtype)) return true;
  if (is_floating(number.dtype())) return false;
  const auto value = static_cast<double>(number.item<int64_t>());
  if (dtype == DType::kBool) return number.dtype() == DType::kBool;
  return value >= detail::finite_range(dtype).first && value <= detail::finite_range(dtype).second;
}

}  // namespace

Tensor linspace(double start, double stop, int64_t num, bool endpoint, DType dtype) {
  return tensor_of(even_numbers("linspace", start, stop, num, endpoint), dtype);
}

Tensor logspace(double start, double stop, int64_t num, bool endpoint, double base, DType dtype) {
  std::vector<double> numbers = even_numbers("logspace", start, stop, num, endpoint);
  for (double& number : numbers) number = std::pow(base, number);
  return tensor_of(numbers, dtype);
}

Tensor geomspace(double start, double stop, int64_t num, bool endpoint, DType dtype) {
  if (!((start > 0 && stop > 0) || (start < 0 && stop < 0)))
    throw InvalidArgument("geomspace: expected two bounds of one sign and not 0, received " +
                          std::to_string(start) + " and " + std::to_string(stop));
  const double sign = start < 0 ? -1 : 1;
  std::vector<double> numbers =
      even_numbers("geomspace", std::log(std::abs(start)), std::log(std::abs(stop)), num, endpoint);
  for (double& number : numbers) number = sign * std::exp(number);
  // The bounds are themselves.
  if (num > 0) numbers.front() = start;
  if (endpoint && num > 1) numbers.back() = stop;
  return tensor_of(numbers, dtype);
}

std::vector<Tensor> meshgrid(const std::vector<Tensor>& x, const std::string& indexing) {
  if (indexing != "xy" && indexing != "ij")
    throw InvalidArgument("meshgrid: indexing must be \"xy\" or \"ij\", received \"" + indexing + "\"");
  for (const Tensor& one : x) {
    if (is_symbolic(one))
      return detail::record_all({"Meshgrid", Json::object({{"indexing", indexing}}), {x.begin(), x.end()}});
  }
  const auto axis_of = [&](size_t i) { return indexing == "xy" && x.size() > 1 && i < 2 ? 1 - i : i; };
  std::vector<int64_t> extents(x.size());
  for (size_t i = 0; i < x.size(); ++i) extents[axis_of(i)] = x[i].size();
  std::vector<Tensor> grids;
  for (size_t i = 0; i < x.size(); ++i) {
    std::vector<int64_t> shape(x.size(), 1);
    shape[axis_of(i)] = -1;
    grids.push_back(broadcast_to(reshape(x[i], Shape(shape)), Shape(extents)));
  }
  return grids;
}

std::vector<Tensor> unravel_index(const Tensor& indices, const std::vector<int64_t>& shape) {
  if (is_symbolic(indices))
    return detail::record_all(
        {"UnravelIndex", Json::object({{"shape", detail::integers_json(shape)}}), {indices}});
  Tensor rest = indices;
  std::vector<Tensor> places(shape.size());
  for (size_t i = shape.size(); i-- > 0;) {
    if (shape[i] < 1)
      throw InvalidArgument("unravel_index: expected extents of 1 or more, received " +
                            std::to_string(shape[i]));
    places[i] = mod(rest, static_cast<double>(shape[i]));
    rest = floor_divide(rest, static_cast<double>(shape[i]));
  }
  return places;
}

Tensor full_like(const Tensor& x, const Tensor& fill_value) { return full_like(x, fill_value, x.dtype()); }

Tensor full_like(const Tensor& x, const Tensor& fill_value, DType dtype) {
  if (is_symbolic(x) || is_symbolic(fill_value))
    return detail::recorded("FullLike", {x, detail::operand(fill_value)},
                            Json::object({{"dtype", name(dtype)}}));
  return broadcast_to(cast(fill_value, dtype), x.shape());
}

Tensor select(const std::vector<Tensor>& condlist, const std::vector<Tensor>& choicelist,
              const Tensor& default_value) {
  for (const auto* list : {&condlist, &choicelist}) {
    for (const Tensor& one : *list) {
      if (is_symbolic(one))
        return detail::recorded("Select", {condlist, choicelist, detail::operand(default_value)});
    }
  }
  if (condlist.empty() || condlist.size() != choicelist.size())
    throw InvalidArgument("select: expected as many choices as conditions, received " +
                          std::to_string(choicelist.size()) + " and " + std::to_string(condlist.size()));
  std::vector<Tensor> choices = detail::in_one_dtype(choicelist);
  Tensor result = default_value;
  if (default_value.rank() == 0 && takes(choices[0].dtype(), default_value)) {
    result = cast(default_value, choices[0].dtype());
  } else {
    choices.push_back(default_value);
    choices = detail::in_one_dtype(choices);
    result = choices.back();
  }
  for (size_t i = condlist.size(); i-- > 0;) result = where(condlist[i], choices[i], result);
  return result;
}

namespace {

template <int kValue>
Tensor filled_like(const OperationCall& call) {
  const Tensor& x = call.tensor(0);
  return full(x.shape(), kValue, detail::dtype_of(call, x.dtype()));
}

Tensor run_full_like(const OperationCall& call) {
  const Tensor& x = call.tensor(0);
  const DType dtype = detail::dtype_of(call, x.dtype());
  if (call.value(1).is_null()) return full_like(x, call.tensor(1), dtype);
  return full(x.shape(), call.number(1), dtype);
}

std::vector<Tensor> run_meshgrid(const OperationCall& call) {
  const Json* indexing = call.config.find("indexing");
  std::vector<Tensor> x;
  for (size_t i = 0; i < call.args.size(); ++i) x.push_back(call.tensor(i));
  return meshgrid(x, indexing && indexing->is_string() ? indexing->as_string() : "xy");
}

std::vector<Tensor> run_unravel_index(const OperationCall& call) {
  return unravel_index(call.tensor(0), detail::integers_of(call, "shape"));
}

Tensor run_select(const OperationCall& call) {
  const Tensor otherwise = call.args.size() < 3      ? Tensor(0)
                           : call.value(2).is_null() ? call.tensor(2)
                                                     : detail::literal(call.value(2));
  return select(call.tensors(0), call.tensors(1), otherwise);
}

const bool grids_recorded =
    detail::register_operations(detail::kNumpyOps,
                                {{"ZerosLike", filled_like<0>},
                                 {"OnesLike", filled_like<1>},
                                 {"FullLike", run_full_like, {"x", "fill_value"}},
                                 {"Select", run_select, {"condlist", "choicelist", "default"}}}) &&
    register_operation({.class_name = "Meshgrid",
                        .module = detail::kNumpyOps,
                        .run_all = run_meshgrid,
                        .arguments = {"*x"}}) &&
    register_operation({.class_name = "UnravelIndex",
                        .module = detail::kNumpyOps,
                        .run_all = run_unravel_index,
                        .arguments = {"indices"}});

}  // namespace
}  // namespace lamina
