// Quantiles as compositions: sorted rows, and what stands at the places that q means.
#include "lamina/ops/quantile.h"

#include <algorithm>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/elementwise.h"
#include "lamina/ops/detail/nested_lists.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/sort.h"
#include "lamina/ops/take.h"
#include "lamina/ops/take_along_axis.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

struct Options {
  const char* function;
  const Axes& axis;
  const std::string& method;
  bool keepdims, skip_nan;
  double whole = 1;  ///< the q of the largest element
};

/// Which axes are reduced.
std::vector<bool> reduced_axes(const Tensor& x, const Options& options) {
  std::vector<bool> reduced(static_cast<size_t>(x.rank()), options.axis.empty());
  for (const int axis : options.axis) {
    const auto place = static_cast<size_t>(detail::checked_axis(options.function, x, axis));
    if (reduced[place]) {
      throw InvalidArgument(std::string(options.function) + ": axis " + std::to_string(axis) +
                            " is listed twice");
    }
    reduced[place] = true;
  }
  return reduced;
}

void check(const Tensor& q, const Options& options) {
  const auto fail = [&](const std::string& what) {
    throw InvalidArgument(std::string(options.function) + ": " + what);
  };
  static constexpr const char* kMethods[] = {"linear", "lower", "higher", "midpoint", "nearest"};
  if (std::find(std::begin(kMethods), std::end(kMethods), options.method) == std::end(kMethods))
    fail("method must be linear, lower, higher, midpoint or nearest, not \"" + options.method + "\"");
  if (q.computed() && q.rank() == 0) {
    const auto given = q.item<double>();
    if (!(given >= 0 && given <= options.whole))
      fail("q must be from 0 to " + std::to_string(static_cast<int>(options.whole)));
  }
}

/// The elements of sorted rows (rows, n) at the places between first and last that each of q (any number,)
/// means: (rows, q). `last` is a number, or (rows, 1).
Tensor between(const Tensor& rows, const Tensor& q, const Tensor& last, const std::string& method,
               bool by_row) {
  const Tensor exact = last * q, most = static_cast<double>(rows.shape()[1] - 1);
  const auto at = [&](const Tensor& places) {
    const Tensor inside = cast(minimum(maximum(places, 0.0), cast(most, places.dtype())), DType::kInt32);
    return by_row ? take_along_axis(rows, inside, 1) : take(rows, inside, 1);
  };
  if (method == "nearest") return at(round(exact));
  const Tensor low = floor(exact), lower = at(low);
  if (method == "lower") return lower;
  const Tensor higher = at(ceil(exact));
  if (method == "higher") return higher;
  if (method == "midpoint") return (lower + higher) * 0.5;
  const Tensor share = cast(exact - low, rows.dtype());
  return where(equal(share, 0.0), lower, lower * (1.0 - share) + higher * share);
}

Tensor quantiles(const Tensor& given, const Tensor& given_q, const Options& options) {
  const Tensor x = detail::floating(given);
  Tensor wanted = given_q.dtype() == DType::kFloat64 ? given_q : cast(given_q, DType::kFloat32);
  if (options.whole != 1) wanted = wanted / options.whole;
  wanted = cast(wanted, DType::kFloat64);
  const std::vector<bool> reduced = reduced_axes(x, options);
  check(given_q, options);
  std::vector<int> order;
  Shape with_kept = wanted.shape();
  int64_t n = 1, count = 1;
  for (int i = 0; i < x.rank(); ++i) {
    const bool reduce = reduced[static_cast<size_t>(i)];
    (reduce ? n : count) *= x.shape()[i];
    if (!reduce) order.push_back(i);
    if (!reduce || options.keepdims) with_kept.push_back(reduce ? 1 : x.shape()[i]);
  }
  for (int i = 0; i < x.rank(); ++i) {
    if (reduced[static_cast<size_t>(i)]) order.push_back(i);
  }
  if (n == 0) throw InvalidArgument(std::string(options.function) + ": no elements in " + given.type().str());
  const Tensor rows = sort(reshape(transpose(x, order), {count, n}));
  const Tensor q = reshape(wanted, {-1}), nan = std::numeric_limits<double>::quiet_NaN();
  Tensor found, fails = !(q >= 0.0 && q <= 1.0);
  if (options.skip_nan) {
    const Tensor numbers = sum(cast(!isnan(rows), DType::kInt64), 1, /*keepdims=*/true);
    found = between(rows, q, cast(numbers, DType::kFloat64) - 1.0, options.method, true);
    fails = fails || equal(numbers, 0.0);
  } else {
    found = between(rows, q, cast(Tensor(n - 1), DType::kFloat64), options.method, false);
    fails = fails || isnan(index(rows, {Slice{}, Slice{-1, Slice::kNone}}));  // they stand last
  }
  return reshape(transpose(where(fails, cast(nan, x.dtype()), found)), with_kept);
}

Tensor drawn(const char* class_name, std::vector<OperationArgument> args, const Axes& axis, bool keepdims,
             const std::string* method = nullptr) {
  Json config = Json::object({{"axis", detail::axes_json(axis)}, {"keepdims", keepdims}});
  if (method) config["method"] = *method;
  return detail::recorded(class_name, std::move(args), std::move(config));
}

using detail::any_symbolic;

void check_drawn_method(const std::string& method) {
  if (method == "linear") return;
  throw Unsupported("quantile: in graphs of layers the method must be \"linear\", not \"" + method +
                    "\", since Keras computes that whatever the method; use percentile");
}

}  // namespace

Tensor quantile(const Tensor& x, const Tensor& q, const Axes& axis, const std::string& method,
                bool keepdims) {
  if (any_symbolic(x, q)) {
    check_drawn_method(method);
    return drawn("Quantile", {x, detail::operand(q)}, axis, keepdims, &method);
  }
  return quantiles(x, q, {"quantile", axis, method, keepdims, false});
}

Tensor percentile(const Tensor& x, const Tensor& q, const Axes& axis, const std::string& method,
                  bool keepdims) {
  if (any_symbolic(x, q)) return drawn("Percentile", {x, detail::operand(q)}, axis, keepdims, &method);
  return quantiles(x, q, {"percentile", axis, method, keepdims, false, 100});
}

Tensor median(const Tensor& x, const Axes& axis, bool keepdims) {
  if (is_symbolic(x)) return drawn("Median", {x}, axis, keepdims);
  return quantiles(x, 0.5, {"median", axis, "linear", keepdims, false});
}

Tensor nanquantile(const Tensor& x, const Tensor& q, const Axes& axis, const std::string& method,
                   bool keepdims) {
  if (any_symbolic(x, q)) return drawn("Nanquantile", {x, detail::operand(q)}, axis, keepdims, &method);
  return quantiles(x, q, {"nanquantile", axis, method, keepdims, true});
}

Tensor nanpercentile(const Tensor& x, const Tensor& q, const Axes& axis, const std::string& method,
                     bool keepdims) {
  if (any_symbolic(x, q)) return drawn("Nanpercentile", {x, detail::operand(q)}, axis, keepdims, &method);
  return quantiles(x, q, {"nanpercentile", axis, method, keepdims, true, 100});
}

Tensor nanmedian(const Tensor& x, const Axes& axis, bool keepdims) {
  if (is_symbolic(x)) return drawn("Nanmedian", {x}, axis, keepdims);
  return quantiles(x, 0.5, {"nanmedian", axis, "linear", keepdims, true});
}

namespace {

using Quantile = Tensor(const Tensor&, const Tensor&, const Axes&, const std::string&, bool);
using Median = Tensor(const Tensor&, const Axes&, bool);

template <Quantile* op>
Tensor run_quantile(const OperationCall& call) {
  const Json* method = call.config.find("method");
  const Json q = call.value(1);
  const std::string name = method && method->is_string() ? method->as_string() : "linear";
  if (call.class_name == "Quantile") check_drawn_method(name);
  return op(call.tensor(0),
            q.is_null() ? call.tensor(1) : detail::from_nested_lists(q, DType::kFloat32, "q is"),
            detail::axes_of(call), name, detail::flag_of(call, "keepdims"));
}

template <Median* op>
Tensor run_median(const OperationCall& call) {
  return op(call.tensor(0), detail::axes_of(call), detail::flag_of(call, "keepdims"));
}

const bool quantile_recorded = detail::register_operations(detail::kNumpyOps,
                                                  {{"Quantile", run_quantile<quantile>, {"x", "q"}},
                                                   {"Percentile", run_quantile<percentile>, {"x", "q"}},
                                                   {"Median", run_median<median>},
                                                   {"Nanquantile", run_quantile<nanquantile>, {"x", "q"}},
                                                   {"Nanpercentile", run_quantile<nanpercentile>, {"x", "q"}},
                                                   {"Nanmedian", run_median<nanmedian>}});

}  // namespace

}  // namespace lamina
