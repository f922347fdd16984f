// Program: a graph made ready to run on one device.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lamina/backend/backend.h"
#include "lamina/graph/graph.h"

namespace lamina {

/// A flat list of prepared kernels over one arena. Construction chooses kernels and lays out memory; `run`
/// does no allocation, hashing, locking or shape arithmetic. One run at a time.
class Program {
 public:
  /// Throws Unsupported, with every candidate's reason, when a node has no kernel on the device.
  Program(const Graph& graph, const Device& device);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// One address per graph input (updated ones are overwritten) and per graph output.
  void run(std::span<void* const> inputs, std::span<void* const> outputs);

  size_t arena_bytes() const;
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
