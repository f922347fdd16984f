// Reductions over axes: sum, mean, max, min, prod, any, all, and what is composed of them.
//
// Common to all: `axes` is the axis to reduce or a list of them, negative ones counting from the end; none
// means all. `keepdims` leaves the reduced axes in the result with extent 1. An axis out of range or listed
// twice throws InvalidArgument. As keras.ops and NumPy.
#pragma once

#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

/// Attributes of the reductions: `axes` is sorted, non-negative and never empty for a tensor with axes.
struct ReduceAttrs {
  std::vector<int> axes;
  bool keepdims = false;
  bool operator==(const ReduceAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("axes", self.axes);
    visit("keepdims", self.keepdims);
  }
};

/// Sum of the elements. bool and integers narrower than 32 bits are summed as int32; the other dtypes stay.
/// Floats of 16 bits are accumulated in float32. The sum of no elements is 0.
Tensor sum(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
/// Arithmetic mean. Integers and bool give float32. The mean of no elements is NaN.
Tensor mean(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
/// Largest element; NaN if any is NaN. Throws InvalidArgument when there is none. Its gradient is shared
/// evenly by the elements that attain the maximum.
Tensor max(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
/// Smallest element; otherwise as max.
Tensor min(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
/// Product of the elements, dtypes as in sum. The product of no elements is 1.
Tensor prod(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
namespace ops {  // std::any is a class
/// Whether any element differs from zero (NaN does); false for no elements. The result is bool.
Tensor any(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
}  // namespace ops
/// Whether all elements differ from zero; true for no elements. The result is bool.
Tensor all(const Tensor& x, const Axes& axes = {}, bool keepdims = false);

/// Mean of the squared distances from the mean (divided by n, not n - 1).
Tensor variance(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
/// log(sum(exp(x))) without overflow; x must be floating.
Tensor logsumexp(const Tensor& x, const Axes& axes = {}, bool keepdims = false);

}  // namespace lamina
