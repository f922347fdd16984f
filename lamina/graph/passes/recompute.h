// Recomputation: elementwise work that costs little is done again where it is needed again, instead of kept.
// For authors of passes: lamina.h leaves it out.
#pragma once

#include "lamina/graph/graph.h"

namespace lamina::passes {

/// Where a `fused_elementwise` node reads what another one of the same shape made, and the few instructions that made it
/// read less memory than it takes to write and read their results, the reader gets these instructions, too. So the backward
/// pass computes again what an activation has in between, from what goes into it: the same instructions, the same bits. Results
/// that nothing reads any more are not written. Small tensors, which caches hold, stay as they are. Runs behind
/// elementwise_fusion; expects and leaves row-major layouts.
Graph recompute(const Graph& graph);

}  // namespace lamina::passes
