// Any text as a graph: one that reads back to itself, or InvalidArgument.
#include <cstdlib>

#include "lamina/base/error.h"
#include "lamina/graph/graph.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const lamina::Graph graph = lamina::Graph::parse({reinterpret_cast<const char*>(data), size});
    if (lamina::Graph::parse(graph.str()) != graph) std::abort();
  } catch (const lamina::InvalidArgument&) {
  }
  return 0;
}
