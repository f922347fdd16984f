// Dead code elimination. For authors of passes: lamina.h leaves it out.
#pragma once

#include "lamina/graph/graph.h"

namespace lamina::passes {

/// Drops nodes that no output and no update needs, and the values that only they used. Inputs stay.
Graph dce(const Graph& graph);

}  // namespace lamina::passes
