// Elements counted and told apart: bincount, multi_hot, unique.
#pragma once

#include <optional>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

/// How often each of 0, 1, ... occurs in x, integers that are not negative, of one axis or of rows (batch,
/// n): int32 (length,) or (batch, length). With `weights` of x's shape it is the sum of the weights at each
/// number, in the dtype that x and the weights promote to, and gradients flow to them. There are `minlength`
/// places, or as many more as the largest number asks for, which is computed at once: inside of functions
/// that are compiled or differentiated `length` must be given, and numbers from there on are not counted. On
/// the CPU a negative number throws InvalidArgument when the result is computed. Throws InvalidArgument for
/// other shapes, dtypes and lengths. As keras.ops.bincount, whose results are as long as they come out.
Tensor bincount(const Tensor& x, const Tensor& weights = {}, int64_t minlength = 0,
                std::optional<int64_t> length = std::nullopt);

/// Which of `num_classes` classes x, integers (n,) or (batch, n, ...), names: 1 for them, 0 for the others,
/// along a new last axis in place of the one of n; a number that is no class counts for none. Throws
/// InvalidArgument for other dtypes and a negative number of classes. As keras.ops.multi_hot.
Tensor multi_hot(const Tensor& x, int64_t num_classes, DType dtype = DType::kFloat32);

/// What unique finds; int32 but for the values.
struct Unique {
  Tensor values;   ///< each element once, in ascending order
  Tensor index;    ///< where each value first occurs in x, flattened
  Tensor inverse;  ///< the place among the values of each element of x, in its shape
  Tensor counts;   ///< how often each value occurs
};
/// The elements of x, of any shape, that differ, in ascending order: as NumPy, -0 is 0, and NaNs are one
/// value behind all others. With `size` there are that many places: of more values the last ones are left out
/// (but not from the inverse), and where there are less, `fill_value` stands for the others, with the index 1
/// and the count 0, as in Keras. Without it there are as many as values, which is computed at once: inside of
/// functions that are compiled or differentiated, and in graphs, it must be given. Gradients of the values go
/// to the element at the index. Throws InvalidArgument for a negative size. As keras.ops.unique of all axes.
Unique unique(const Tensor& x, std::optional<int64_t> size = std::nullopt, double fill_value = 0);

}  // namespace lamina
