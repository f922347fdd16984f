// Products, written with ops.
#include "lamina/ops/products.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/conv.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/last_axis.h"
#include "lamina/ops/detail/promote.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/tensordot.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

using detail::any_symbolic;
using detail::floating;
using detail::integer_of;
using detail::recorded_two;

/// int64 becomes float64, as Keras has it in some operations.
Tensor wide(const Tensor& x) { return x.dtype() == DType::kInt64 ? cast(x, DType::kFloat64) : floating(x); }

/// x with that axis behind all others.
Tensor behind(const Tensor& x, int last) {
  std::vector<int> order;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axis != last) order.push_back(axis);
  }
  order.push_back(last);
  return transpose(x, order);
}

/// One coordinate of vectors along the last axis.
Tensor coordinate(const Tensor& x, int64_t place) { return index(x, {ellipsis, place}); }

}  // namespace

Tensor outer(const Tensor& x1, const Tensor& x2) {
  if (any_symbolic(x1, x2)) return recorded_two("Outer", x1, x2);
  return reshape(x1, {-1, 1}) * reshape(x2, {-1});
}

Tensor dot(const Tensor& x1, const Tensor& x2) {
  if (any_symbolic(x1, x2)) return recorded_two("Dot", x1, x2);
  if (x1.rank() == 0 || x2.rank() == 0) return x1 * x2;
  return tensordot(x1, x2, {-1}, {x2.rank() == 1 ? -1 : -2});
}

Tensor inner(const Tensor& x1, const Tensor& x2) {
  if (any_symbolic(x1, x2)) return recorded_two("Inner", x1, x2);
  return x1.rank() == 0 || x2.rank() == 0 ? x1 * x2 : tensordot(x1, x2, {-1}, {-1});
}

Tensor vdot(const Tensor& x1, const Tensor& x2) {
  if (any_symbolic(x1, x2)) return recorded_two("Vdot", x1, x2);
  return tensordot(reshape(x1, {-1}), reshape(x2, {-1}), 1);
}

Tensor kron(const Tensor& x1, const Tensor& x2) {
  if (any_symbolic(x1, x2)) return recorded_two("Kron", x1, x2);
  const int rank = std::max(x1.rank(), x2.rank());
  Shape of_x1, of_x2, result;
  for (int axis = -rank; axis < 0; ++axis) {
    const int64_t extent1 = axis >= -x1.rank() ? x1.shape()[axis] : 1;
    const int64_t extent2 = axis >= -x2.rank() ? x2.shape()[axis] : 1;
    of_x1.push_back(extent1);
    of_x1.push_back(1);
    of_x2.push_back(1);
    of_x2.push_back(extent2);
    result.push_back(extent1 * extent2);
  }
  return reshape(reshape(x1, of_x1) * reshape(x2, of_x2), result);
}

Tensor cross(const Tensor& x1, const Tensor& x2, int axisa, int axisb, int axisc, std::optional<int> axis) {
  if (any_symbolic(x1, x2))
    return recorded_two(
        "Cross", x1, x2,
        Json::object(
            {{"axisa", axisa}, {"axisb", axisb}, {"axisc", axisc}, {"axis", detail::optional_json(axis)}}));
  const std::vector<Tensor> both = detail::in_one_dtype({x1, x2});
  const auto vectors = [&](const Tensor& x, int own) {
    const int place = detail::checked_axis("cross", x, axis.value_or(own));
    if (x.shape()[place] != 2 && x.shape()[place] != 3)
      throw InvalidArgument("cross: expected vectors of 2 or 3 elements, received " + x.type().str());
    return behind(x, place);
  };
  const Tensor a = vectors(both[0], axisa), b = vectors(both[1], axisb);
  const Tensor z = coordinate(a, 0) * coordinate(b, 1) - coordinate(a, 1) * coordinate(b, 0);
  const bool flat_a = a.shape()[-1] == 2, flat_b = b.shape()[-1] == 2;
  if (flat_a && flat_b) return z;
  const Tensor az = flat_a ? zeros_like(coordinate(a, 0)) : coordinate(a, 2);
  const Tensor bz = flat_b ? zeros_like(coordinate(b, 0)) : coordinate(b, 2);
  return stack(
      {coordinate(a, 1) * bz - az * coordinate(b, 1), az * coordinate(b, 0) - coordinate(a, 0) * bz, z},
      axis.value_or(axisc));
}

Tensor cdist(const Tensor& x, const Tensor& y) {
  if (any_symbolic(x, y)) return recorded_two("CDist", x, y);
  const std::vector<Tensor> both = detail::in_one_dtype({floating(x), floating(y)});
  if (x.rank() < 2 || y.rank() < 2 || x.shape()[-1] != y.shape()[-1])
    throw InvalidArgument("cdist: expected rows of points of as many numbers, received " + x.type().str() +
                          " and " + y.type().str());
  return sqrt(sum(square(expand_dims(both[0], -2) - expand_dims(both[1], -3)), -1));
}

Tensor correlate(const Tensor& x1, const Tensor& x2, const std::string& mode) {
  if (any_symbolic(x1, x2)) return recorded_two("Correlate", x1, x2, Json::object({{"mode", mode}}));
  if (x1.rank() != 1 || x2.rank() != 1 || x1.shape()[0] < 1 || x2.shape()[0] < 1)
    throw InvalidArgument("correlate: expected two rows of elements, received " + x1.type().str() + " and " +
                          x2.type().str());
  if (mode != "valid" && mode != "full" && mode != "same")
    throw InvalidArgument("correlate: expected mode valid, same or full, received " + mode);
  const int64_t n = x1.shape()[0], m = x2.shape()[0];
  // The shorter one goes along the longer one; the other way round the result is, too.
  if (m > n && mode != "full") return flip(correlate(x2, x1, mode));
  const std::vector<Tensor> both = detail::in_one_dtype({x1, x2});
  const Tensor row = wide(both[0]);
  const auto along = [&](int64_t before, int64_t behind) {
    const Tensor padded = pad(row, {{before, behind}});
    return reshape(conv1d(reshape(padded, {1, -1, 1}), reshape(wide(both[1]), {-1, 1, 1})), {-1});
  };
  if (mode == "valid") return along(0, 0);
  const Tensor full = along(m - 1, m - 1);
  if (mode == "full") return full;
  const int64_t begin = (m - 1) / 2;
  return index(full, {Slice{begin, begin + n}});
}

Tensor corrcoef(const Tensor& given) {
  if (is_symbolic(given)) return detail::recorded("Corrcoef", {given});
  const Tensor x = wide(given);
  if (x.rank() != 2) throw InvalidArgument("corrcoef: expected two axes, received " + x.type().str());
  const Tensor apart = x - mean(x, -1, /*keepdims=*/true);
  const Tensor products = matmul(apart, apart, false, true) / static_cast<double>(x.shape()[-1] - 1);
  const Tensor deviations = sqrt(sum(square(apart), -1) / static_cast<double>(x.shape()[-1] - 1));
  return clip(products / (expand_dims(deviations, 1) * deviations), -1, 1);
}

Tensor trapezoid(const Tensor& given, double dx, int axis) {
  if (is_symbolic(given))
    return detail::recorded("Trapezoid", {given}, Json::object({{"dx", dx}, {"axis", axis}}));
  const Tensor x = floating(given);
  const Tensor y = detail::with_last(x, detail::checked_axis("trapezoid", x, axis));
  if (y.shape()[-1] < 1) throw InvalidArgument("trapezoid: expected elements, received " + y.type().str());
  const Tensor means =
      (index(y, {ellipsis, Slice{1, Slice::kNone}}) + index(y, {ellipsis, Slice{0, -1}})) * 0.5;
  return sum(means * dx, -1);
}

Tensor vander(const Tensor& x, std::optional<int64_t> N, bool increasing) {
  if (is_symbolic(x))
    return detail::recorded("Vander", {x},
                            Json::object({{"N", detail::optional_json(N)}, {"increasing", increasing}}));
  if (x.rank() != 1) throw InvalidArgument("vander: expected one axis, received " + x.type().str());
  const Tensor up = arange(N.value_or(x.shape()[0])), powers = increasing ? up : flip(up);
  const DType computed = promote(x.dtype(), DType::kFloat32);
  return cast(power(cast(expand_dims(x, 1), computed), cast(powers, computed)), x.dtype());
}

namespace {

Tensor run_trapezoid(const OperationCall& call) {
  const Json *x = call.config.find("x"), *dx = call.config.find("dx");
  if (x && !x->is_null()) throw Unsupported("operation Trapezoid: x is not supported, only dx");
  return trapezoid(call.tensor(0), dx && !dx->is_null() ? dx->as_double() : 1, detail::axis_of(call, -1));
}

Tensor run_vander(const OperationCall& call) {
  const Json* columns = call.config.find("N");
  return vander(call.tensor(0),
                columns && !columns->is_null() ? std::optional<int64_t>(columns->as_int()) : std::nullopt,
                detail::flag_of(call, "increasing"));
}

Tensor run_cross(const OperationCall& call) {
  return cross(call.tensor(0), call.tensor(1), integer_of(call, "axisa", -1), integer_of(call, "axisb", -1),
               integer_of(call, "axisc", -1), detail::optional_axis_of(call));
}

/// A plain number is a tensor of its own here, whatever the other one's dtype.
template <Tensor (*op)(const Tensor&, const Tensor&)>
Tensor run_product(const OperationCall& call) {
  if (!call.value(0).is_null()) return op(detail::literal(call.value(0)), call.tensor(1));
  if (!call.value(1).is_null()) return op(call.tensor(0), detail::literal(call.value(1)));
  return op(call.tensor(0), call.tensor(1));
}

Tensor run_correlate(const OperationCall& call) {
  const Json* mode = call.config.find("mode");
  return correlate(call.tensor(0), call.tensor(1), mode && mode->is_string() ? mode->as_string() : "valid");
}

using detail::run_binary;
const std::vector<std::string> kTwo{"x1", "x2"};
const bool products_recorded =
    detail::register_operations(detail::kNumpyOps, {{"Outer", run_product<outer>, kTwo},
                                                    {"Dot", run_product<dot>, kTwo},
                                                    {"Inner", run_product<inner>, kTwo},
                                                    {"Vdot", run_product<vdot>, kTwo},
                                                    {"Kron", run_product<kron>, kTwo},
                                                    {"Cross", run_cross, kTwo},
                                                    {"Correlate", run_correlate, kTwo},
                                                    {"Corrcoef", detail::run_unary<corrcoef>},
                                                    {"Trapezoid", run_trapezoid, {"y"}},
                                                    {"Vander", run_vander}}) &&
    detail::register_operations(detail::kMathOps, {{"CDist", run_binary<cdist>, {"x", "y"}}});

}  // namespace
}  // namespace lamina
