// All passes in their order. For authors of passes: lamina.h leaves it out.
#pragma once

#include <span>

#include "lamina/base/device.h"
#include "lamina/graph/graph.h"

namespace lamina::passes {

/// Optimises a graph for one kind of device. The result computes the same values. In debug builds, and when
/// the environment variable LAMINA_VERIFY is set, the graph is verified after every pass.
/// @param steady  the numbers of the inputs that keep their contents for many runs
Graph optimise(const Graph& graph, DeviceKind device, std::span<const size_t> steady = {});

}  // namespace lamina::passes
