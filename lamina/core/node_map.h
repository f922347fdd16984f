// A map from addresses to small values for one walk over pending work: one table, which lies in the map
// itself while it is small. Internal header.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace lamina::detail {

/// Entries are added and changed, and never taken out. Values are found by address alone.
/// @tparam kSmall  slots in the map itself: twice as many as entries, a power of two
template <class Value, size_t kSmall = 64>
class NodeMap {
 public:
  NodeMap() = default;
  NodeMap(const NodeMap&) = delete;
  NodeMap& operator=(const NodeMap&) = delete;

  /// The value at `key` (not null), or nullptr. Holds until the next emplace.
  Value* find(const void* key) {
    Slot& slot = place(key);
    return slot.key ? &slot.value : nullptr;
  }
  const Value* find(const void* key) const { return const_cast<NodeMap*>(this)->find(key); }
  bool contains(const void* key) const { return find(key) != nullptr; }

  /// Adds `value` unless there is one; where it is, and whether it was added.
  std::pair<Value*, bool> emplace(const void* key, Value value) {
    if (2 * (size_ + 1) > count_) grow();
    Slot& slot = place(key);
    if (slot.key) return {&slot.value, false};
    slot = {key, std::move(value)};
    ++size_;
    return {&slot.value, true};
  }

  size_t size() const { return size_; }

 private:
  struct Slot {
    const void* key = nullptr;
    Value value{};
  };

  Slot& place(const void* key) {
    // Addresses are multiples of 16: the product's upper bits are those that differ.
    const size_t hash = reinterpret_cast<uintptr_t>(key) * size_t{0x9E3779B97F4A7C15};
    const size_t mask = count_ - 1;
    size_t at = hash >> (64 - std::countr_zero(count_));
    while (slots_[at].key && slots_[at].key != key) at = (at + 1) & mask;
    return slots_[at];
  }

  void grow() {
    std::vector<Slot> larger(4 * count_);
    Slot* const before = slots_;
    slots_ = larger.data();
    count_ = larger.size();
    for (size_t i = 0; i < count_ / 4; ++i) {
      if (before[i].key) place(before[i].key) = std::move(before[i]);
    }
    large_ = std::move(larger);
  }

  std::array<Slot, kSmall> small_{};
  std::vector<Slot> large_;
  Slot* slots_ = small_.data();  // count_ of them, a power of two, at least half empty
  size_t count_ = small_.size();
  size_t size_ = 0;
};

}  // namespace lamina::detail
