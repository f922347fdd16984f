// bincount, multi_hot and unique in terms of sorting, scans and updates.
#include "lamina/ops/counting.h"

#include <limits>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/cumulative.h"
#include "lamina/ops/detail/promote.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/one_hot.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/scatter_update.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/sort.h"
#include "lamina/ops/take.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

[[noreturn]] void refuse(const std::string& what, const Tensor& x) {
  throw InvalidArgument(what + ", received " + x.type().str());
}

int64_t length_for(const Tensor& x, int64_t minlength, std::optional<int64_t> length) {
  if (minlength < 0 || (length && *length < 0))
    throw InvalidArgument("bincount: minlength and length must not be negative");
  if (length) return std::max(minlength, *length);
  return x.size() == 0 ? minlength : std::max(minlength, cast(max(x), DType::kInt64).item<int64_t>() + 1);
}

}  // namespace

Tensor bincount(const Tensor& x, const Tensor& weights, int64_t minlength, std::optional<int64_t> length) {
  if (!is_integer(x.dtype()) || x.rank() < 1 || x.rank() > 2)
    refuse("bincount: expected integers (n,) or (batch, n)", x);
  if (weights.defined() && weights.shape() != x.shape())
    refuse("bincount: expected weights of the shape " + x.shape().str(), weights);
  const int64_t places = length_for(x, minlength, length), rows = x.rank() == 2 ? x.shape()[0] : 1;
  const int64_t n = x.shape()[-1];
  if (places >= std::numeric_limits<int64_t>::max() / std::max<int64_t>(rows, 1) - 1)
    throw InvalidArgument("bincount: " + std::to_string(places) + " places are too many");
  DType dtype = DType::kInt32;
  if (weights.defined()) dtype = promote(x.dtype(), weights.dtype());
  if (dtype == DType::kBool) dtype = DType::kInt32;
  const Tensor each = weights.defined() ? cast(weights, dtype) : ones(x.shape(), dtype);
  // One place more in each row for numbers beyond its end. The update looks for negative ones.
  const Tensor ids = minimum(cast(x, DType::kInt64), static_cast<double>(places));
  const Tensor row_of = expand_dims(arange(rows, DType::kInt64), 1);
  const Tensor row_and_place =
      concatenate({reshape(row_of + zeros({rows, n}, DType::kInt64), {-1, 1}), reshape(ids, {-1, 1})}, 1);
  const Tensor all = scatter(row_and_place, reshape(each, {-1}), {rows, places + 1});
  const Tensor counts = index(all, {ellipsis, Slice{0, places}});
  return x.rank() == 2 ? counts : reshape(counts, {places});
}

Tensor multi_hot(const Tensor& x, int64_t num_classes, DType dtype) {
  if (is_symbolic(x))
    return detail::recorded(
        "MultiHot", {x},
        Json::object(
            {{"num_classes", num_classes}, {"axis", -1}, {"dtype", name(dtype)}, {"sparse", false}}));
  if (x.rank() == 0) refuse("multi_hot: expected at least one axis", x);
  return cast(ops::any(one_hot(x, num_classes, DType::kBool), x.rank() > 1 ? 1 : 0), dtype);
}

Unique unique(const Tensor& given, std::optional<int64_t> size, double fill_value) {
  if (size && *size < 0)
    throw InvalidArgument("unique: size must not be negative, but is " + std::to_string(*size));
  if (is_symbolic(given)) {
    if (!size) throw InvalidArgument("unique: in a graph size must be given");
    auto parts = detail::record_all({"Unique",
                                     Json::object({{"sorted", true},
                                                   {"return_index", true},
                                                   {"return_inverse", true},
                                                   {"return_counts", true},
                                                   {"axis", nullptr},
                                                   {"size", *size},
                                                   {"fill_value", detail::number_json(fill_value)}}),
                                     {given}});
    return {parts[0], parts[1], parts[2], parts[3]};
  }
  const Tensor x = reshape(given, {-1});
  const int64_t n = x.size();
  const Tensor order = argsort(x), sorted = take(x, order, 0);
  const Tensor after = index(sorted, {Slice{1, n}}),
               before = index(sorted, {Slice{0, std::max<int64_t>(n - 1, 0)}});
  Tensor differs = not_equal(after, before);
  if (is_floating(x.dtype()))
    differs = logical_and(differs, ops::logical_not(logical_and(isnan(after), isnan(before))));
  const Tensor first = concatenate({ones(Shape{std::min<int64_t>(n, 1)}, DType::kBool), differs}, 0);
  const Tensor rank = cumsum(cast(first, DType::kInt32), 0) - 1.0;
  const Tensor inverse = scatter_update(zeros({n}, DType::kInt32), expand_dims(order, 1), rank);
  const int64_t places = size ? *size : n == 0 ? 0 : max(rank).item<int64_t>() + 1;
  // One place more for the values that are left out.
  const Tensor ids = expand_dims(minimum(rank, static_cast<double>(places)), 1);
  const auto kept = [&](const Tensor& all) { return index(all, {Slice{0, places}}); };
  const Tensor counts = kept(scatter(ids, ones({n}, DType::kInt32), {places + 1}));
  constexpr auto kFar = static_cast<double>(std::numeric_limits<int32_t>::max());
  const Tensor least = kept(scatter_update(full({places + 1}, kFar, DType::kInt32), ids, order, "min"));
  const Tensor there = greater(counts, 0.0);
  const Tensor found = where(there, least, 1.0);
  const Tensor values =
      n == 0 ? full({places}, fill_value, x.dtype())
             : where(there, take(x, where(there, least, 0.0), 0), full({places}, fill_value, x.dtype()));
  return {values, found, reshape(inverse, given.shape()), counts};
}

namespace {

Tensor run_multi_hot(const OperationCall& call) {
  if (detail::axis_of(call, -1) != -1 || detail::flag_of(call, "sparse"))
    throw Unsupported("operation MultiHot: only axis -1 and dense results are supported");
  return multi_hot(call.tensor(0), call.config.at("num_classes").as_int(),
                   detail::dtype_of(call, DType::kFloat32));
}

std::vector<Tensor> run_unique(const OperationCall& call) {
  const Json *size = call.config.find("size"), *fill = call.config.find("fill_value");
  if (!size || size->is_null()) throw Unsupported("operation Unique: in a graph size must be given");
  if (!detail::axes_of(call).empty()) throw Unsupported("operation Unique: only axis None is supported");
  const Json* sorted = call.config.find("sorted");
  if (sorted && sorted->is_bool() && !sorted->as_bool())
    throw Unsupported("operation Unique: only sorted values are supported");
  const Unique found =
      unique(call.tensor(0), size->as_int(), fill && !fill->is_null() ? fill->as_double() : 0);
  std::vector<Tensor> results{found.values};
  if (detail::flag_of(call, "return_index")) results.push_back(found.index);
  if (detail::flag_of(call, "return_inverse")) results.push_back(found.inverse);
  if (detail::flag_of(call, "return_counts")) results.push_back(found.counts);
  return results;
}

const bool counting_recorded =
    detail::register_operations(detail::kNnOps, {{"MultiHot", run_multi_hot, {"inputs"}}}) &&
    register_operation({.class_name = "Unique", .module = detail::kNumpyOps, .run_all = run_unique});

}  // namespace
}  // namespace lamina
