// Quantiles: median, quantile, percentile, and the same of what is not NaN.
//
// Common to all: `axis` is the axis to reduce or a list of them, negative ones counting from the end; none
// means all. Elements are sorted along them, and q = 0 means the smallest, 1 the largest, anything between
// lies at the place q * (n - 1) of the n elements. Between two places `method` decides: "linear" goes from
// one to the other, "lower" and "higher" take one of them, "midpoint" their mean, "nearest" the nearer one
// (the even place, if both are). x of integers and bool counts as float32; the result has x's dtype
// otherwise. NaN among the elements gives NaN. Several q give the result their axes in front. `keepdims`
// leaves the reduced axes with extent 1. q counts as float32, as in Keras, unless it is float64.
//
// They throw InvalidArgument for another method, an axis that x lacks or that is listed twice, no elements,
// and a plain q out of range; a q in a tensor that is out of range gives NaN. As keras.ops.
#pragma once

#include <string>

#include "lamina/core/tensor.h"

namespace lamina {

/// The q-th quantile of x, for each q in [0, 1]. In graphs of layers only "linear" is allowed, since Keras
/// computes that whatever the method; percentile takes all of them there, too.
Tensor quantile(const Tensor& x, const Tensor& q, const Axes& axis = {}, const std::string& method = "linear",
                bool keepdims = false);
/// quantile of q / 100.
Tensor percentile(const Tensor& x, const Tensor& q, const Axes& axis = {},
                  const std::string& method = "linear", bool keepdims = false);
/// quantile of 0.5.
Tensor median(const Tensor& x, const Axes& axis = {}, bool keepdims = false);

/// quantile of the elements that are not NaN; NaN where there are none.
Tensor nanquantile(const Tensor& x, const Tensor& q, const Axes& axis = {},
                   const std::string& method = "linear", bool keepdims = false);
/// nanquantile of q / 100.
Tensor nanpercentile(const Tensor& x, const Tensor& q, const Axes& axis = {},
                     const std::string& method = "linear", bool keepdims = false);
/// nanquantile of 0.5.
Tensor nanmedian(const Tensor& x, const Axes& axis = {}, bool keepdims = false);

}  // namespace lamina
