// The order in which the nodes of a graph can be computed. Internal header.
#pragma once

#include <onnx.pb.h>

#include <string>
#include <vector>

#include "lamina/formats/onnx/evaluator.h"

namespace lamina::onnx {

/// Puts each node after those that it reads, as files should have them and some do not. `given`: what is there before
/// any node. Throws InvalidArgument for a name that two give, one that none gives, and for a cycle.
void sort_nodes(lamina_onnx_file::GraphProto& graph, const std::vector<std::string>& given,
                const Definitions& definitions);

/// The same for a graph inside of a node that reads nothing of the graph around it. Throws InvalidArgument for a cycle.
void sort_nodes_inside(lamina_onnx_file::GraphProto& graph);

}  // namespace lamina::onnx
