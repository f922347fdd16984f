// Finding the program of a graph by its structure.
#include "lamina/core/eager_cache.h"

#include <algorithm>
#include <span>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/core/graph_bytes.h"
#include "lamina/core/lower.h"
#include "lamina/core/trace.h"

namespace lamina::detail {
namespace {

std::shared_ptr<const Graph> graph_of(const PendingWork& work) {
  Trace traced = trace(work.results, {});
  const bool same =
      std::equal(traced.captured.begin(), traced.captured.end(), work.captured.begin(), work.captured.end(),
                 [](const Tensor& a, const Tensor& b) { return a.node() == b.node(); });
  if (!same || traced.results != work.outputs())
    throw InternalError("two walks over the same pending work came to different graphs");
  traced.graph.outputs = std::move(traced.results);
  return std::make_shared<const Graph>(std::move(traced.graph));
}

}  // namespace

EagerCache& EagerCache::of_this_thread() {
  thread_local EagerCache mine;
  return mine;
}

EagerCache::Found EagerCache::find(const PendingWork& work, const Device& device) {
  const int threads = num_threads();
  const auto [begin, end] = places_.equal_range(work.hash);
  for (auto at = begin; at != end; ++at) {
    const Entry& entry = *at->second;
    if (entry.threads != threads || !(entry.device == device) || !work.is(*entry.found.graph)) continue;
    entries_.splice(entries_.begin(), entries_, at->second);
    return entry.found;
  }
  Found found;
  found.graph = graph_of(work);
  found.program = std::make_shared<const Program>(lower(*found.graph, device), device);
  ++made_;
  const size_t bytes = found.program->bytes() + graph_bytes(*found.graph);
  entries_.push_front({work.hash, found, device, threads, bytes});
  places_.emplace(work.hash, entries_.begin());
  bytes_ += bytes;
  drop_unused();
  return found;
}

void EagerCache::drop_unused() {
  while (!entries_.empty() && (entries_.size() > kMost || bytes_ > kBytes)) {
    const Place last = std::prev(entries_.end());
    const auto [begin, end] = places_.equal_range(last->hash);
    places_.erase(std::find_if(begin, end, [&](const auto& place) { return place.second == last; }));
    bytes_ -= last->bytes;
    entries_.erase(last);
  }
}

void EagerCache::run(const Program& program, const Device& device, std::span<void* const> inputs,
                     std::span<void* const> outputs) {
  const size_t bytes = program.arena_bytes();
  if (bytes == 0) return program.run(inputs, outputs, nullptr, main_stream(device));
  // Taken out while it is in use: a kernel may compute something in its turn.
  std::unique_ptr<Buffer> arena = std::move(arena_);
  if (!arena || arena->bytes() < bytes || !(arena->device() == device)) {
    arena.reset();
    arena = std::make_unique<Buffer>(device, bytes);
  }
  program.run(inputs, outputs, arena->address(), main_stream(device));
  if (arena->bytes() <= kBytes) arena_ = std::move(arena);
}

}  // namespace lamina::detail
