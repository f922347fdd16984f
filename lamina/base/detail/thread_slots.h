// Internal header: one slot for each of a few threads, for things that are lent again and again.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace lamina::detail {

/// The calling thread's number among those that asked, from 0.
inline size_t thread_number() {
  static std::atomic<size_t> next{0};
  thread_local const size_t mine = next.fetch_add(1, std::memory_order_relaxed);
  return mine;
}

/// A number that many threads add to and few ask for.
class SpreadCount {
 public:
  void add(int64_t n) { parts_[thread_number() % kParts].value.fetch_add(n, std::memory_order_relaxed); }
  int64_t total() const {
    int64_t sum = 0;
    for (const Part& part : parts_) sum += part.value.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  static constexpr size_t kParts = 8;
  struct alignas(64) Part {
    std::atomic<int64_t> value{0};
  };
  Part parts_[kParts];
};

/// Keeps one thing for each of a few threads, so that what a thread gives back it finds again without meeting
/// the others: two processors that write one cache line in turns wait longer for it than a small kernel
/// takes. `Pointer` is a smart pointer. Threads beyond kSlots share slots, which costs time only.
template <class Pointer>
class ThreadSlots {
 public:
  static constexpr size_t kSlots = 8;

  /// What lies in the calling thread's slot; null when there is nothing.
  Pointer take() { return take(mine()); }
  /// What lies in any slot; null when there is nothing.
  Pointer take_any() {
    for (Slot& slot : slots_) {
      if (Pointer found = take(slot)) return found;
    }
    return nullptr;
  }
  /// Puts a thing into the calling thread's slot. Returns what has no place any more: what lay there, or
  /// null.
  Pointer put(Pointer thing) {
    Slot& slot = mine();
    if (slot.busy.test_and_set(std::memory_order_acquire)) return thing;
    std::swap(slot.thing, thing);
    slot.busy.clear(std::memory_order_release);
    return thing;
  }

 private:
  struct alignas(64) Slot {
    std::atomic_flag busy;  // somebody moves the thing in or out; nobody waits for that
    Pointer thing;
  };
  Slot& mine() { return slots_[thread_number() % kSlots]; }
  static Pointer take(Slot& slot) {
    if (slot.busy.test_and_set(std::memory_order_acquire)) return nullptr;
    Pointer thing = std::move(slot.thing);
    slot.busy.clear(std::memory_order_release);
    return thing;
  }

  Slot slots_[kSlots];
};

}  // namespace lamina::detail
