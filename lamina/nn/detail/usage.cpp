// Counting readers and the one writer.
#include "lamina/nn/detail/usage.h"

#include <algorithm>

#include "lamina/base/detail/thread_slots.h"

namespace lamina::detail {

std::atomic<int>& Usage::my_readers() { return places_[thread_number() % kPlaces].readers; }

bool Usage::mine() const { return state_ == kChanging && owner_ == std::this_thread::get_id(); }

bool Usage::read() const {
  return std::any_of(std::begin(places_), std::end(places_),
                     [](const Place& place) { return place.readers > 0; });
}

Usage::Reading::Reading(Usage& usage) : readers_(usage.my_readers()) {
  ++readers_;
  State state = usage.state_;
  for (; state == kClaimed; state = usage.state_)
    std::this_thread::yield();  // it gives up, or was there before
  if (state == kFree || usage.mine()) return;
  --readers_;
  throw Busy();
}

Usage::Reading::~Reading() { readers_.fetch_sub(1, std::memory_order_release); }

Usage::Changing::Changing(Usage& usage) : usage_(usage) {
  if (!usage_.mine()) {
    State expected = kFree;
    const bool claimed = usage_.state_.compare_exchange_strong(expected, kClaimed);
    const bool alone = claimed && !usage_.read();
    if (alone) usage_.owner_ = std::this_thread::get_id();
    if (claimed) usage_.state_ = alone ? kChanging : kFree;
    if (!alone) throw Busy();
  }
  ++usage_.changes_;
}

Usage::Changing::~Changing() {
  if (--usage_.changes_ > 0) return;
  usage_.owner_ = std::thread::id();
  usage_.state_ = kFree;
}

}  // namespace lamina::detail
