// Programs of pending work that was computed before, so that a loop of eager code plans each graph once.
// Internal header.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>

#include "lamina/base/device.h"
#include "lamina/core/pending_work.h"
#include "lamina/graph/program.h"

namespace lamina::detail {

/// What this thread computed lately: graphs as they were traced, and their programs, at most kMost of them
/// and by estimate at most kBytes; those go that were not used for the longest time.
class EagerCache {
 public:
  static constexpr size_t kMost = 128;
  static constexpr size_t kBytes = size_t{16} << 20;

  static EagerCache& of_this_thread();

  struct Found {
    std::shared_ptr<const Graph> graph;  ///< as it was traced, with its outputs
    std::shared_ptr<const Program> program;
  };
  /// The program of that work; made if a graph like it was not computed lately.
  Found find(const PendingWork& work, const Device& device);

  /// Runs it in memory that is kept for the next one, unless that would be more than kBytes.
  void run(const Program& program, const Device& device, std::span<void* const> inputs,
           std::span<void* const> outputs);

  /// How many programs were made, for tests.
  int64_t made() const { return made_; }
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    size_t hash;
    Found found;
    Device device;
    int threads;
    size_t bytes;
  };
  using Place = std::list<Entry>::iterator;

  void drop_unused();

  std::list<Entry> entries_;  // the last used first
  std::unordered_multimap<size_t, Place> places_;
  size_t bytes_ = 0;
  int64_t made_ = 0;
  std::unique_ptr<Buffer> arena_;
};

}  // namespace lamina::detail
