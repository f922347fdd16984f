// Statistics of tensors that other ops make up. As NumPy and keras.ops. mean and variance stand in
// lamina/ops/reduce.h, quantiles in lamina/ops/quantile.h.
//
// Common to all: `axes` or `axis` is the axis to reduce or a list of them, negative ones counting from the
// end; none means all. `keepdims` leaves the reduced axes with extent 1.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "lamina/core/tensor.h"

namespace lamina {

namespace ops {  // std is the standard library's namespace
/// The standard deviation: the root of the variance (divided by n, not n - 1).
Tensor std(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
}  // namespace ops

/// Mean and variance along axes.
struct Moments {
  Tensor mean, variance;
};
/// Both in x's dtype, of 16 bits computed in float32.
Moments moments(const Tensor& x, const Axes& axes, bool keepdims = false);

/// The mean, in which each element counts as much as its weight: of x's shape, or one for each place of
/// the axis.
Tensor average(const Tensor& x, const Axes& axis = {}, const Tensor& weights = {});
/// The largest element less the least ("peak to peak").
Tensor ptp(const Tensor& x, const Axes& axis = {}, bool keepdims = false);
/// How many elements differ from zero; int32.
Tensor count_nonzero(const Tensor& x, const Axes& axis = {});

/// How many elements lie in each of `bins` ranges of equal width, of which the last holds its end, too.
struct Histogram {
  Tensor counts;     ///< int32 (bins,)
  Tensor bin_edges;  ///< float (bins + 1,)
};
/// @param range  from where to where; the least and the largest element unless given. What lies outside, or
/// is
///   NaN, is not counted. Without gradient. Throws InvalidArgument for fewer than one or more than 65536
///   bins, and a range that is not finite or falls. As keras.ops.histogram.
Histogram histogram(const Tensor& x, int64_t bins = 10,
                    std::optional<std::pair<double, double>> range = std::nullopt);

/// x over its norm of that order along the axis; norms below epsilon count as that.
/// @param order  a whole number from 1 on. Throws InvalidArgument for another one, and, unless it is 2, for
///   several axes.
Tensor normalize(const Tensor& x, const Axes& axis = -1, double order = 2, double epsilon = 1e-7);
/// Peak signal to noise ratio in decibels: of two tensors whose numbers go up to `max_val`. Throws
/// InvalidArgument unless that is above 0.
Tensor psnr(const Tensor& x1, const Tensor& x2, double max_val);

}  // namespace lamina
