// Layout: values take the memory order that the kernels which read and write them like best.
// For authors of passes: lamina.h leaves it out.
#pragma once

#include <span>

#include "lamina/base/device.h"
#include "lamina/graph/graph.h"

namespace lamina::passes {

/// Asks the kernels of the device what orders they wish, lets elementwise nodes go along with the order they
/// find, and puts op `reorder` only where two orders meet. Inputs, outputs and updates of the graph stay
/// row-major.
/// @param steady  the numbers of the inputs that keep their contents for many runs, which kernels may wish in
/// an
///                order that takes time to make
Graph layout(const Graph& graph, DeviceKind device, std::span<const size_t> steady = {});

}  // namespace lamina::passes
