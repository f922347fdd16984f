// Order of nodes. For authors of passes: lamina.h leaves it out.
#pragma once

#include "lamina/graph/graph.h"

namespace lamina::passes {

/// Reorders nodes so that whatever reads an input runs before the node that makes the input's update, where
/// the dependencies allow it: then the update can be written in place. Each update is looked at by itself.
/// Otherwise keeps the order.
Graph schedule(const Graph& graph);

}  // namespace lamina::passes
