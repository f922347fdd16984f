// Cutting a tensor into parts along an axis.
#pragma once

#include <concepts>
#include <cstdint>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

/// The parts of x along `axis` between the places `indices`, in order: split(x, {1, 3}) gives x[:1], x[1:3]
/// and x[3:]. As keras.ops.split; in a graph it is one operation of several outputs (Keras: Split), of which
/// the last is open where the axis is. Throws InvalidArgument for places that do not ascend, or lie outside
/// of the axis, and for an axis that x lacks.
std::vector<Tensor> split(const Tensor& x, const std::vector<int64_t>& indices, int axis = 0);

namespace detail {
std::vector<Tensor> split_evenly(const Tensor& x, int64_t sections, int axis);
}

/// So many parts of one size: split(x, 2), from 1 to 65536. Throws InvalidArgument where the extent is no
/// multiple of that: in a graph, of the axis of samples too, which is told when the model runs.
template <std::integral Count>
std::vector<Tensor> split(const Tensor& x, Count sections, int axis = 0) {
  return detail::split_evenly(x, static_cast<int64_t>(sections), axis);
}

}  // namespace lamina
