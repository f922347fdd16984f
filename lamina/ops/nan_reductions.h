// Reductions that leave NaN out. As lamina/ops/reduce.h, argreduce.h and cumulative.h otherwise: `axes` is
// the axis to reduce or a list of them, none means all; integers have no NaN. As NumPy and keras.ops.
// Quantiles of this kind stand in lamina/ops/quantile.h.
#pragma once

#include <optional>

#include "lamina/core/tensor.h"

namespace lamina {

/// The sum of what is not NaN, of nothing 0.
Tensor nansum(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
/// The product of what is not NaN, of nothing 1.
Tensor nanprod(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
/// The mean of what is not NaN, of nothing NaN.
Tensor nanmean(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
/// The mean of the squared distances from nanmean, of nothing NaN.
Tensor nanvar(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
/// The root of nanvar.
Tensor nanstd(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
/// The largest and the least of what is not NaN, of nothing NaN.
Tensor nanmax(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
Tensor nanmin(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
/// The place (int32) of the largest and of the least of what is not NaN, of nothing -1; without an axis that
/// in the flattened x.
Tensor nanargmax(const Tensor& x, std::optional<int> axis = std::nullopt, bool keepdims = false);
Tensor nanargmin(const Tensor& x, std::optional<int> axis = std::nullopt, bool keepdims = false);
/// Running sums and products, in which NaN counts as 0 and as 1.
Tensor nancumsum(const Tensor& x, std::optional<int> axis = std::nullopt,
                 std::optional<DType> dtype = std::nullopt);
Tensor nancumprod(const Tensor& x, std::optional<int> axis = std::nullopt,
                  std::optional<DType> dtype = std::nullopt);

}  // namespace lamina
