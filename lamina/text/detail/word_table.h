// WordTable: distinct words, numbered in the order in which they come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lamina::detail {

/// Words with their numbers 0, 1, ...
class WordTable {
 public:
  static constexpr int32_t kNone = -1;

  /// The number of the word, a new one when it was never seen.
  int32_t add(std::string_view word) {
    if ((words_.size() + 1) * 2 > slots_.size()) grow();
    const uint32_t hash = hash_of(word);
    Slot& slot = slots_[place_of(word, hash)];
    if (slot.number == kNone) {
      slot = {hash, static_cast<int32_t>(words_.size())};
      words_.emplace_back(word);
    }
    return slot.number;
  }
  /// The number of the word, or kNone.
  int32_t find(std::string_view word) const {
    return slots_.empty() ? kNone : slots_[place_of(word, hash_of(word))].number;
  }
  size_t size() const { return words_.size(); }
  bool empty() const { return words_.empty(); }
  const std::string& operator[](size_t number) const { return words_[number]; }
  /// All, by number.
  const std::vector<std::string>& words() const { return words_; }

 private:
  struct Slot {
    uint32_t hash = 0;
    int32_t number = kNone;
  };

  static uint32_t hash_of(std::string_view word) {
    const size_t hash = std::hash<std::string_view>()(word);
    return static_cast<uint32_t>(hash ^ (hash >> 32));
  }
  size_t place_of(std::string_view word, uint32_t hash) const {
    const size_t mask = slots_.size() - 1;
    for (size_t place = hash & mask;; place = (place + 1) & mask) {
      const Slot& slot = slots_[place];
      if (slot.number == kNone || (slot.hash == hash && words_[static_cast<size_t>(slot.number)] == word))
        return place;
    }
  }
  void grow() {
    const std::vector<Slot> old = std::move(slots_);
    slots_.assign(old.empty() ? 64 : old.size() * 2, {});
    const size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.number == kNone) continue;
      size_t place = slot.hash & mask;
      while (slots_[place].number != kNone) place = (place + 1) & mask;
      slots_[place] = slot;
    }
  }

  std::vector<Slot> slots_;  // a power of two, at most half of them taken
  std::vector<std::string> words_;
};

}  // namespace lamina::detail
