// Elements moved round, repeated, or kept on one side of a diagonal: roll, repeat, tril, triu. As keras.ops.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

/// x with its elements moved `shift` places on along `axis`, those that leave at the end coming in at the
/// front; a negative shift moves them back. Several axes take one shift each, or the one for all; without an
/// axis x is flattened for that. Throws InvalidArgument for another number of shifts and an axis that x
/// lacks.
Tensor roll(const Tensor& x, const std::vector<int64_t>& shift, const Axes& axis = {});
Tensor roll(const Tensor& x, int64_t shift, const Axes& axis = {});

/// Each element `repeats` times in a row along `axis`, or, of several numbers, as often as the one at its
/// place says; without an axis x is flattened first. Throws InvalidArgument for a negative number, another
/// number of them than the axis has places, and an axis that x lacks.
Tensor repeat(const Tensor& x, const std::vector<int64_t>& repeats, std::optional<int> axis = std::nullopt);
Tensor repeat(const Tensor& x, int64_t repeats, std::optional<int> axis = std::nullopt);

/// The matrices of x (..., m, n) with 0 above the diagonal that lies `k` columns right of the main one (left
/// for a negative k). Throws InvalidArgument for less than two axes.
Tensor tril(const Tensor& x, int64_t k = 0);
/// The same with 0 below that diagonal.
Tensor triu(const Tensor& x, int64_t k = 0);

}  // namespace lamina
