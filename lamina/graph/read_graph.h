// Reading a graph from its text, also one within the attributes of another. Internal header.
#pragma once

#include "lamina/graph/graph.h"

namespace lamina::detail {

/// The graph that `text` stands at, verified; what comes behind its `return` stays. Throws as Graph::parse.
Graph read_graph(TextCursor& text);

}  // namespace lamina::detail
