// Common subexpression elimination. For authors of passes: lamina.h leaves it out.
#pragma once

#include "lamina/graph/graph.h"

namespace lamina::passes {

/// Computes equal nodes (same op, equal attributes, same inputs) once. Every op is a pure function of its
/// inputs, random ones included, since their key is an input.
Graph cse(const Graph& graph);

}  // namespace lamina::passes
