// From a traced graph to a program. Internal header.
#pragma once

#include "lamina/base/device.h"
#include "lamina/graph/graph.h"

namespace lamina::detail {

/// Replaces fused ops that no kernel of the device accepts by their bodies, then runs the passes.
Graph lower(const Graph& graph, const Device& device);

}  // namespace lamina::detail
