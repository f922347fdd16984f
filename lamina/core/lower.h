// From a traced graph to a program. Internal header.
#pragma once

#include <span>

#include "lamina/base/device.h"
#include "lamina/graph/graph.h"

namespace lamina::detail {

/// Replaces fused ops that no kernel of the device accepts by their bodies, then runs the passes.
/// @param steady  the numbers of the inputs that keep their contents for many runs
Graph lower(const Graph& graph, const Device& device, std::span<const size_t> steady = {});

}  // namespace lamina::detail
