// Elementwise fusion: chains of elementwise ops become single nodes for the tile machine.
// For authors of passes: lamina.h leaves it out.
#pragma once

#include "lamina/graph/graph.h"

namespace lamina::passes {

/// Puts every elementwise node, alone or with neighbours of the same shape, into a `fused_elementwise` node
/// (also those of ops from outside the library). Values that only pass between members of a node are never
/// stored. Constants become immediates and broadcasts are folded into the operands. No work is done twice:
/// each old node goes into one new node, rather into that of its readers than into that of what it reads, so
/// that what the backward pass alone needs is computed there. Expects and leaves row-major layouts.
Graph elementwise_fusion(const Graph& graph);

}  // namespace lamina::passes
