// Axes that change places, and elements that move with them. As NumPy and keras.ops. Negative axes count from
// the end; an axis that x lacks throws InvalidArgument.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

/// x with the axes `source` at the places `destination`, and the others in order between them. Throws
/// InvalidArgument for lists of different lengths and an axis that is named twice.
Tensor moveaxis(const Tensor& x, const std::vector<int>& source, const std::vector<int>& destination);
inline Tensor moveaxis(const Tensor& x, int source, int destination) {
  return moveaxis(x, std::vector<int>{source}, std::vector<int>{destination});
}
/// x with two axes in each other's place.
Tensor swapaxes(const Tensor& x, int axis1, int axis2);
/// All elements along one axis.
Tensor ravel(const Tensor& x);
/// x with its rows, or its columns (the second axis), the other way round.
Tensor flipud(const Tensor& x);
Tensor fliplr(const Tensor& x);
/// x turned k times by a quarter from the first of two axes to the second. Throws InvalidArgument for one
/// axis twice.
Tensor rot90(const Tensor& array, int64_t k = 1, const std::array<int, 2>& axes = {0, 1});
/// Each element less the one before it along the axis, n times; of bool, whether they differ. Throws
/// InvalidArgument for n below 0 or above 64.
Tensor diff(const Tensor& a, int64_t n = 1, int axis = -1);
/// Channels of images (batch, height, width, channels) as blocks of block_size² pixels, and back. Throws
/// InvalidArgument where the extents are no multiples.
Tensor depth_to_space(const Tensor& x, int64_t block_size);
Tensor space_to_depth(const Tensor& x, int64_t block_size);

}  // namespace lamina
