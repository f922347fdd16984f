// What steady inputs decide: the part of a graph that need not be computed in every run. Internal header.
#pragma once

#include <span>
#include <vector>

#include "lamina/graph/graph.h"

namespace lamina {

/// Of each value, whether it is made of steady inputs alone and worth being kept: it takes no more bytes than
/// those, and some kernel had to run for it. Steady inputs themselves count, too.
/// @param steady  the numbers of the inputs that keep their contents for many runs
std::vector<bool> steady_values(const Graph& graph, std::span<const size_t> steady);

/// One value that was taken out of a graph.
struct SteadyPart {
  Graph graph;                 ///< computes it, as its only output, in the order in which it was read
  std::vector<size_t> inputs;  ///< which inputs of the graph that it was taken out of are those of `graph`
};

/// Takes the nodes that compute steady values out of `graph`. What was read of them becomes inputs of `graph`,
/// behind the ones it has, in the order of the result. Values that the graph hands back stay.
std::vector<SteadyPart> take_out_steady(Graph& graph, std::span<const size_t> steady);

}  // namespace lamina
