// Extents that interpreters may change: what of a graph depends on them. Internal header.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/formats/tflite/export/builder.h"

namespace lamina::tflite {

/// A graph and its ends.
struct WrittenGraph {
  Builder builder;
  std::vector<int32_t> inputs, outputs;
};

/// Makes a graph fit for other extents of its inputs: `other` is the same model for other ones, `axes` says which
/// those are, for each input. Lists of extents that follow from them become ones that the interpreter completes (-1),
/// and the inputs say which axes are open.
/// Returns why it cannot be, or nothing: the graph is then changed, and not before.
std::string open_extents(WrittenGraph& graph, const WrittenGraph& other, const std::vector<std::vector<int>>& axes);

}  // namespace lamina::tflite
