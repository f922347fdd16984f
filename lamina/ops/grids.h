// Numbers at even distances, grids of them, and choices by place. As NumPy and keras.ops.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

/// `num` numbers from `start` to `stop` at even distances, computed in double: float32 (num,).
/// @param endpoint  whether `stop` is the last of them. Throws InvalidArgument for a negative num, and one
/// above 2^28.
Tensor linspace(double start, double stop, int64_t num = 50, bool endpoint = true,
                DType dtype = DType::kFloat32);
/// `base` to the power of each of these numbers.
Tensor logspace(double start, double stop, int64_t num = 50, bool endpoint = true, double base = 10,
                DType dtype = DType::kFloat32);
/// `num` numbers from `start` to `stop`, each the same multiple of the one before. Throws InvalidArgument
/// for bounds of different signs or 0, and a negative num.
Tensor geomspace(double start, double stop, int64_t num = 50, bool endpoint = true,
                 DType dtype = DType::kFloat32);

/// The coordinates of a grid: each of the vectors repeated along the axes of the others. Of "xy" the first
/// one gives the columns and the second one the rows, of "ij" each its own axis. Throws InvalidArgument for
/// another word.
std::vector<Tensor> meshgrid(const std::vector<Tensor>& x, const std::string& indexing = "xy");
/// Places in a flattened tensor of that shape as a place along each axis; negative ones count from the end.
/// Throws InvalidArgument for extents below 1.
std::vector<Tensor> unravel_index(const Tensor& indices, const std::vector<int64_t>& shape);

/// The shape of x, filled with a number or with what broadcasts to it; in x's dtype.
Tensor full_like(const Tensor& x, const Tensor& fill_value);
Tensor full_like(const Tensor& x, const Tensor& fill_value, DType dtype);
/// Element by element the choice of the first condition that holds, else `default_value`: a number in the
/// choices' dtype where that holds it, else all in the dtype that they promote to. Throws
/// InvalidArgument for no conditions or another number of choices.
Tensor select(const std::vector<Tensor>& condlist, const std::vector<Tensor>& choicelist,
              const Tensor& default_value = 0);

}  // namespace lamina
