// Greedy-by-size placement of lifetimes in an arena.
#include "lamina/graph/memory_plan.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "lamina/base/error.h"

namespace lamina {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kLargest = std::numeric_limits<size_t>::max() / 2;  // so that sums of two do not overflow

size_t aligned(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

}  // namespace

MemoryPlan plan_memory(std::span<const Lifetime> lifetimes) {
  std::vector<size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return lifetimes[a].bytes > lifetimes[b].bytes; });

  MemoryPlan plan;
  plan.offsets.assign(lifetimes.size(), 0);
  std::vector<size_t> placed;  // by offset
  for (size_t index : order) {
    const Lifetime& block = lifetimes[index];
    const size_t bytes = aligned(block.bytes);
    if (bytes == 0) continue;
    size_t offset = 0;
    for (size_t other : placed) {
      const Lifetime& busy = lifetimes[other];
      if (busy.last < block.first || block.last < busy.first) continue;
      if (offset + bytes <= plan.offsets[other]) break;  // fits into the gap before it
      offset = std::max(offset, plan.offsets[other] + aligned(busy.bytes));
    }
    if (bytes > kLargest - offset) {
      throw Unsupported("the temporaries of this computation are together larger than any memory");
    }
    plan.offsets[index] = offset;
    plan.bytes = std::max(plan.bytes, offset + bytes);
    const auto position =
        std::upper_bound(placed.begin(), placed.end(), offset,
                         [&](size_t value, size_t other) { return value < plan.offsets[other]; });
    placed.insert(position, index);
  }
  return plan;
}

}  // namespace lamina
