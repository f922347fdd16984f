// Finding the program of a graph by its structure.
#include "lamina/core/eager_cache.h"

#include <algorithm>
#include <span>
#include <utility>

#include "lamina/base/threads.h"
#include "lamina/core/graph_bytes.h"
#include "lamina/core/lower.h"

namespace lamina::detail {
namespace {

void mix(size_t& hash, size_t value) { hash = (hash ^ value) * size_t{0x9E3779B97F4A7C15} + (hash >> 29); }

// Types of results follow from those of the inputs.
size_t structure(const Graph& graph) {
  size_t hash = graph.nodes.size();
  for (const ValueId input : graph.inputs) {
    const TensorType& type = graph.type(input);
    mix(hash, static_cast<size_t>(type.dtype));
    for (const int64_t extent : type.shape) mix(hash, static_cast<size_t>(extent));
  }
  for (const Node& node : graph.nodes) {
    mix(hash, reinterpret_cast<uintptr_t>(node.op));
    if (!node.attrs.empty()) mix(hash, node.attrs.hash());
    for (const ValueId input : node.inputs) mix(hash, static_cast<size_t>(input));
  }
  for (const ValueId output : graph.outputs) mix(hash, static_cast<size_t>(output));
  return hash;
}

}  // namespace

EagerCache& EagerCache::of_this_thread() {
  thread_local EagerCache mine;
  return mine;
}

std::shared_ptr<const Program> EagerCache::program(Graph traced, const Device& device) {
  const size_t hash = structure(traced);
  const int threads = num_threads();
  const auto [begin, end] = places_.equal_range(hash);
  for (auto at = begin; at != end; ++at) {
    const Entry& entry = *at->second;
    if (entry.threads != threads || !(entry.device == device) || entry.traced != traced) continue;
    entries_.splice(entries_.begin(), entries_, at->second);
    return entry.program;
  }
  auto program = std::make_shared<const Program>(lower(traced, device), device);
  ++made_;
  const size_t bytes = program->bytes() + graph_bytes(traced);
  entries_.push_front({hash, std::move(traced), device, threads, program, bytes});
  places_.emplace(hash, entries_.begin());
  bytes_ += bytes;
  drop_unused();
  return program;
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
