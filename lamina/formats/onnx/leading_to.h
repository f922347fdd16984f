// Which nodes of a graph lead to some values. Internal header.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace lamina_onnx_file {
class GraphProto;
}

namespace lamina::onnx {

/// For each node of a graph, where every node stands behind those that it reads, whether it leads to one of `wanted`,
/// which all that these nodes read is added to. What leads only to `given` does not.
std::vector<bool> leading_to(const lamina_onnx_file::GraphProto& graph, std::set<std::string>& wanted,
                             const std::string& given = "");

/// Keeps those nodes alone. Returns what they read, and `wanted`.
std::set<std::string> keep_leading_to(lamina_onnx_file::GraphProto& graph, std::set<std::string> wanted,
                                      const std::string& given = "");

}  // namespace lamina::onnx
