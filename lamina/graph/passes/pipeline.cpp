// The order of passes: what exposes work comes before what fuses it, what fixes memory comes last.
#include "lamina/graph/passes/pipeline.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "lamina/graph/number_watch.h"
#include "lamina/graph/passes/cse.h"
#include "lamina/graph/passes/dce.h"
#include "lamina/graph/passes/elementwise_fusion.h"
#include "lamina/graph/passes/epilogue_fusion.h"
#include "lamina/graph/passes/layout.h"
#include "lamina/graph/passes/recompute.h"
#include "lamina/graph/passes/schedule.h"
#include "lamina/graph/passes/simplify.h"

namespace lamina::passes {
namespace {

struct Pass {
  const char* name;
  Graph (*run)(const Graph& graph, DeviceKind device, std::span<const size_t> steady);
  bool needed = false;  // also where every op is to stay by itself
};

template <Graph (*pass)(const Graph&)>
Graph on_any(const Graph& graph, DeviceKind, std::span<const size_t>) {
  return pass(graph);
}

constexpr Pass kPasses[] = {
    {"dce", on_any<dce>, true},
    {"simplify", on_any<simplify>},
    {"cse", on_any<cse>},
    {"dce", on_any<dce>},
    {"epilogue_fusion", epilogue_fusion},
    {"elementwise_fusion", on_any<elementwise_fusion>, true},
    {"recompute", on_any<recompute>},
    {"layout", layout},
    {"schedule", on_any<schedule>},
};

bool verifying() {
#ifndef NDEBUG
  return true;
#else
  return std::getenv("LAMINA_VERIFY") != nullptr;
#endif
}

}  // namespace

Graph optimise(const Graph& graph, DeviceKind device, std::span<const size_t> steady) {
  const bool check = verifying();
  const char* debug = std::getenv("LAMINA_DEBUG");
  const bool print = debug && std::strstr(debug, "passes");
  Graph now = graph;
  if (check) verify(now);
  const bool apart = detail::NumberWatch::wanted();
  for (const Pass& pass : kPasses) {
    if (apart && !pass.needed) continue;
    now = pass.run(now, device, steady);
    if (print) std::fprintf(stderr, "after %s:\n%s\n", pass.name, now.str().c_str());
    if (check) verify(now);
  }
  return now;
}

}  // namespace lamina::passes
