// Tensors put side by side, and cut apart again. As NumPy and keras.ops. concatenate and stack stand in
// lamina/ops/concatenate.h, split in lamina/ops/split.h.
#pragma once

#include <optional>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

/// x2 behind x1 along the axis; without one both flattened.
Tensor append(const Tensor& x1, const Tensor& x2, std::optional<int> axis = std::nullopt);
/// Side by side: along the second axis, of vectors along their only one. Throws InvalidArgument for none.
Tensor hstack(const std::vector<Tensor>& xs);
/// One below the other: along the first axis; vectors become rows. Throws InvalidArgument for none.
Tensor vstack(const std::vector<Tensor>& xs);
/// One behind the other: along the third axis, which matrices get. Throws InvalidArgument for none.
Tensor dstack(const std::vector<Tensor>& xs);

/// So many parts along the axis, of which the first ones are longer by one where the extent is no multiple.
/// Throws InvalidArgument for less than one part or more than 65536.
std::vector<Tensor> array_split(const Tensor& x, int64_t indices_or_sections, int axis = 0);
/// The tensors that lie along the axis, without it.
/// @param num  how many there must be. Throws InvalidArgument where there are others, and for more than
/// 65536.
std::vector<Tensor> unstack(const Tensor& x, std::optional<int64_t> num = std::nullopt, int axis = 0);

}  // namespace lamina
