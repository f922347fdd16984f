// Program: a graph made ready to run on one device. For authors of backends: lamina.h leaves it out.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "lamina/backend/stream.h"
#include "lamina/graph/graph.h"
#include "lamina/graph/memory_pool.h"

namespace lamina {

/// An immutable plan: a flat list of prepared kernels and the layout of an arena. What a run changes (the
/// arena, the addresses of inputs and outputs) is its own, an *execution*; the program keeps those of past
/// runs for the next ones. So any number of threads may run one program at once, and a run allocates nothing
/// once as many ran at once before.
class Program {
 public:
  /// The arena of a run comes from `memory`; without one, from a pool that the program has to itself. Throws
  /// Unsupported, with every candidate's reason, when a node has no kernel on the device.
  Program(const Graph& graph, const Device& device, std::shared_ptr<MemoryPool> memory = nullptr);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// One address of the device per graph input (updated ones are overwritten) and per graph output. The work
  /// is given to the main stream of the device; nothing waits for it.
  void run(std::span<void* const> inputs, std::span<void* const> outputs) const;
  /// The same in memory of the caller's and on a stream of the caller's: `arena` has arena_bytes() bytes of
  /// the device, aligned to 64.
  void run(std::span<void* const> inputs, std::span<void* const> outputs, void* arena,
           const Stream& stream) const;

  size_t arena_bytes() const;
  /// About how many bytes the plan holds while nobody runs it: kernels and tables; not the arena, which is
  /// the memory pool's.
  size_t bytes() const;
  int kernels() const;
  /// Updates that are copied into place after the last kernel, since the old contents were needed until then.
  int state_copies() const;
  /// One line per kernel: op, chosen candidate, operands; and the refusals of the candidates before it.
  std::string str() const;

 private:
  struct Plan;
  std::unique_ptr<Plan> plan_;
};

}  // namespace lamina
