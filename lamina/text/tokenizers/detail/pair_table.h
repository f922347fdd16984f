// PairTable: what two neighbouring tokens merge into, and when.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lamina::detail::tokenizers {

/// Open addressing, filled once.
class PairTable {
 public:
  struct Merge {
    uint32_t rank;  // kNone: there is none
    int32_t id;
  };
  static constexpr uint32_t kNone = UINT32_MAX;

  explicit PairTable(size_t pairs = 0) : slots_(std::bit_ceil(pairs * 2 + 2)) {}

  /// Of a pair that comes twice, the last counts.
  void add(int32_t left, int32_t right, Merge merge) {
    Slot& slot = slots_[place(key(left, right))];
    slot = {key(left, right), merge};
  }
  Merge find(int32_t left, int32_t right) const { return slots_[place(key(left, right))].merge; }

 private:
  struct Slot {
    uint64_t key = UINT64_MAX;
    Merge merge = {kNone, -1};
  };
  static uint64_t key(int32_t left, int32_t right) {
    return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
  }
  size_t place(uint64_t key) const {
    uint64_t hash = key * 0x9E3779B97F4A7C15;
    hash ^= hash >> 32;
    for (;; ++hash) {
      const size_t at = hash & (slots_.size() - 1);
      if (slots_[at].key == key || slots_[at].key == UINT64_MAX) return at;
    }
  }
  std::vector<Slot> slots_;
};

}  // namespace lamina::detail::tokenizers
