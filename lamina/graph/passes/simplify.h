// Algebraic simplification. For authors of passes: lamina.h leaves it out.
#pragma once

#include "lamina/graph/graph.h"

namespace lamina::passes {

/// Rewrites that never change a result (but for the sign of a zero): views of views, identities, x + 0, x *
/// 1, x / 1, double negation, casts to the same dtype, broadcasts to the same shape, elementwise ops of
/// constants.
Graph simplify(const Graph& graph);

}  // namespace lamina::passes
