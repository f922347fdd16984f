// Placement of lifetimes in an arena: greedy by size, or first come first served where there are very many.
#include "lamina/graph/memory_plan.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "lamina/base/error.h"

namespace lamina {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kLargest = std::numeric_limits<size_t>::max() / 2;  // so that sums of two do not overflow

size_t aligned(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

constexpr int64_t kMostBySize = 2048;  // the greedy plan compares every block with every other

void check_fits(size_t bytes, size_t offset) {
  if (bytes <= kLargest - offset) return;
  throw Unsupported("the temporaries of this computation are together larger than any memory");
}

MemoryPlan plan_by_size(std::span<const Lifetime> lifetimes) {
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
    check_fits(bytes, offset);
    plan.offsets[index] = offset;
    plan.bytes = std::max(plan.bytes, offset + bytes);
    const auto position =
        std::upper_bound(placed.begin(), placed.end(), offset,
                         [&](size_t value, size_t other) { return value < plan.offsets[other]; });
    placed.insert(position, index);
  }
  return plan;
}

// Free memory by offset and by size, neighbours joined.
class FreeList {
 public:
  explicit FreeList(size_t& end) : end_(end) {}

  // The smallest free piece that is large enough, else memory at the end.
  size_t take(size_t bytes) {
    const auto best = by_size_.lower_bound({bytes, 0});
    if (best != by_size_.end()) {
      const auto [size, offset] = *best;
      remove(offset, size);
      if (size > bytes) insert(offset + bytes, size - bytes);
      return offset;
    }
    size_t offset = end_;
    if (!by_offset_.empty()) {
      const auto [last, size] = *by_offset_.rbegin();
      if (last + size == end_) {
        offset = last;
        remove(last, size);
      }
    }
    check_fits(bytes, offset);
    end_ = offset + bytes;
    return offset;
  }

  void give_back(size_t offset, size_t bytes) {
    const auto after = by_offset_.lower_bound(offset);
    if (after != by_offset_.begin()) {
      const auto [before, size] = *std::prev(after);
      if (before + size == offset) {
        remove(before, size);
        offset = before;
        bytes += size;
      }
    }
    const auto next = by_offset_.find(offset + bytes);
    if (next != by_offset_.end()) {
      const size_t size = next->second;
      remove(offset + bytes, size);
      bytes += size;
    }
    insert(offset, bytes);
  }

 private:
  void insert(size_t offset, size_t bytes) {
    by_offset_.emplace(offset, bytes);
    by_size_.emplace(bytes, offset);
  }
  void remove(size_t offset, size_t bytes) {
    by_offset_.erase(offset);
    by_size_.erase({bytes, offset});
  }

  size_t& end_;
  std::map<size_t, size_t> by_offset_;
  std::set<std::pair<size_t, size_t>> by_size_;
};

MemoryPlan plan_by_time(std::span<const Lifetime> lifetimes) {
  std::vector<size_t> starts(lifetimes.size());
  std::iota(starts.begin(), starts.end(), size_t{0});
  std::vector<size_t> ends = starts;
  std::stable_sort(starts.begin(), starts.end(),
                   [&](size_t a, size_t b) { return lifetimes[a].first < lifetimes[b].first; });
  std::stable_sort(ends.begin(), ends.end(),
                   [&](size_t a, size_t b) { return lifetimes[a].last < lifetimes[b].last; });
  MemoryPlan plan;
  plan.offsets.assign(lifetimes.size(), 0);
  FreeList free(plan.bytes);
  size_t ended = 0;
  for (size_t index : starts) {
    const size_t bytes = aligned(lifetimes[index].bytes);
    if (bytes == 0) continue;
    for (; lifetimes[ends[ended]].last < lifetimes[index].first; ++ended) {
      const size_t old = ends[ended];
      if (lifetimes[old].bytes > 0) free.give_back(plan.offsets[old], aligned(lifetimes[old].bytes));
    }
    plan.offsets[index] = free.take(bytes);
  }
  return plan;
}

}  // namespace

MemoryPlan plan_memory(std::span<const Lifetime> lifetimes) {
  const auto blocks = std::count_if(lifetimes.begin(), lifetimes.end(),
                                    [](const Lifetime& lifetime) { return lifetime.bytes > 0; });
  return blocks <= kMostBySize ? plan_by_size(lifetimes) : plan_by_time(lifetimes);
}

}  // namespace lamina
