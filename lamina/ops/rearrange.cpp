// roll, repeat, tril and triu out of parts, copies and choices.
#include "lamina/ops/rearrange.h"

#include <algorithm>
#include <numeric>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

/// Elements of x from `start` to `stop` along an axis.
Tensor part(const Tensor& x, int axis, int64_t start, int64_t stop) {
  std::vector<IndexItem> items(static_cast<size_t>(axis) + 1, Slice{});
  items.back() = Slice{start, stop};
  return index(x, items);
}

Tensor rolled(const Tensor& x, int64_t shift, int axis) {
  const int64_t extent = x.shape()[axis];
  if (extent == 0) return x;
  const int64_t places = ((shift % extent) + extent) % extent, first = extent - places;
  return places == 0 ? x : concatenate({part(x, axis, first, extent), part(x, axis, 0, first)}, axis);
}

/// As Keras writes them: one alone is no list.
Json numbers_json(const std::vector<int64_t>& values) {
  return values.size() == 1 ? Json(values[0]) : detail::integers_json(values);
}

template <bool kLower>
Tensor triangle(const char* function, const Tensor& x, int64_t k) {
  if (x.rank() < 2) {
    throw InvalidArgument(std::string(function) + ": expected two axes at least, received " + x.type().str());
  }
  const int64_t rows = x.shape()[-2], columns = x.shape()[-1];
  const Tensor ends =
      expand_dims(arange(rows, DType::kInt64), 1) + static_cast<double>(std::clamp(k, -rows, columns));
  const Tensor places = arange(columns, DType::kInt64);
  return where(kLower ? greater_equal(ends, places) : less_equal(ends, places), x, zeros_like(x));
}

}  // namespace

Tensor roll(const Tensor& given, const std::vector<int64_t>& shift, const Axes& axis) {
  if (is_symbolic(given)) {
    return detail::recorded(
        "Roll", {given}, Json::object({{"shift", numbers_json(shift)}, {"axis", detail::axes_json(axis)}}));
  }
  if (axis.empty()) {
    Tensor flat = reshape(given, {-1});
    for (const int64_t one : shift) flat = rolled(flat, one, 0);
    return reshape(flat, given.shape());
  }
  if (shift.size() != 1 && shift.size() != axis.size()) {
    throw InvalidArgument("roll: expected one shift for all axes, or one for each of " +
                          std::to_string(axis.size()) + ", received " + std::to_string(shift.size()));
  }
  Tensor x = given;
  for (size_t i = 0; i < axis.size(); ++i)
    x = rolled(x, shift[shift.size() == 1 ? 0 : i], detail::checked_axis("roll", x, axis.values()[i]));
  return x;
}

Tensor roll(const Tensor& x, int64_t shift, const Axes& axis) { return roll(x, std::vector{shift}, axis); }

Tensor repeat(const Tensor& given, const std::vector<int64_t>& repeats, std::optional<int> axis) {
  if (is_symbolic(given)) {
    return detail::recorded(
        "Repeat", {given},
        Json::object({{"repeats", numbers_json(repeats)}, {"axis", axis ? Json(*axis) : Json(nullptr)}}));
  }
  for (const int64_t times : repeats) {
    if (times < 0)
      throw InvalidArgument("repeat: expected no negative number, received " + std::to_string(times));
  }
  const Tensor x = axis ? given : reshape(given, {-1});
  const int along = detail::checked_axis("repeat", x, axis.value_or(0));
  const int64_t extent = x.shape()[along];
  if (repeats.size() == 1) {
    std::vector<int64_t> copies(static_cast<size_t>(x.rank()) + 1, 1);
    copies[static_cast<size_t>(along) + 1] = repeats[0];
    const Tensor each = tile(expand_dims(x, along + 1), copies);
    Shape result = x.shape();
    result.set(along, extent * repeats[0]);
    return reshape(each, result);
  }
  if (static_cast<int64_t>(repeats.size()) != extent) {
    throw InvalidArgument("repeat: expected one number, or " + std::to_string(extent) +
                          ", one for each place of axis " + std::to_string(along) + ", received " +
                          std::to_string(repeats.size()));
  }
  std::vector<int64_t> places;
  for (size_t i = 0; i < repeats.size(); ++i)
    places.insert(places.end(), static_cast<size_t>(repeats[i]), static_cast<int64_t>(i));
  const auto count = static_cast<int64_t>(places.size());
  return take(x, Tensor::from(places, {count}), along);
}

Tensor repeat(const Tensor& x, int64_t repeats, std::optional<int> axis) {
  return repeat(x, std::vector{repeats}, axis);
}

Tensor tril(const Tensor& x, int64_t k) {
  if (is_symbolic(x)) return detail::recorded("Tril", {x}, Json::object({{"k", k}}));
  return triangle<true>("tril", x, k);
}

Tensor triu(const Tensor& x, int64_t k) {
  if (is_symbolic(x)) return detail::recorded("Triu", {x}, Json::object({{"k", k}}));
  return triangle<false>("triu", x, k);
}

namespace {

template <Tensor (*function)(const Tensor&, int64_t)>
Tensor run_triangle(const OperationCall& call) {
  return function(call.tensor(0), detail::integers_of(call, "k")[0]);
}

const bool rearrange_recorded = detail::register_operations(
    detail::kNumpyOps,
    {{"Roll",
      [](const OperationCall& call) {
        return roll(call.tensor(0), detail::integers_of(call, "shift"), detail::axes_of(call));
      }},
     {"Repeat",
      [](const OperationCall& call) {
        return repeat(call.tensor(0), detail::integers_of(call, "repeats"), detail::optional_axis_of(call));
      }},
     {"Tril", run_triangle<tril>},
     {"Triu", run_triangle<triu>}});

}  // namespace

}  // namespace lamina
