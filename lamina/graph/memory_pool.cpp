// Lending of pieces, best fit first.
#include "lamina/graph/memory_pool.h"

#include <mutex>
#include <utility>
#include <vector>

#include "lamina/base/detail/thread_slots.h"

namespace lamina {

struct MemoryPool::State {
  detail::ThreadSlots<std::unique_ptr<Buffer>> recent;
  std::mutex mutex;                           // over what follows
  std::vector<std::unique_ptr<Buffer>> free;  // beside those in the slots
  size_t bytes = 0;
};

MemoryPool::MemoryPool() : state_(std::make_unique<State>()) {}
MemoryPool::~MemoryPool() = default;

std::unique_ptr<Buffer> MemoryPool::take(const Device& device, size_t bytes) {
  std::unique_ptr<Buffer> recent = state_->recent.take();
  if (recent && recent->device() == device && recent->bytes() >= bytes) return recent;
  std::unique_ptr<Buffer> too_small;  // freed before its successor is allocated
  {
    const std::lock_guard lock(state_->mutex);
    if (recent) state_->free.push_back(std::move(recent));
    while (auto other = state_->recent.take_any()) state_->free.push_back(std::move(other));
    auto best = state_->free.end(), largest = state_->free.end();
    for (auto at = state_->free.begin(); at != state_->free.end(); ++at) {
      if (!((*at)->device() == device)) continue;
      if ((*at)->bytes() >= bytes) {
        if (best == state_->free.end() || (*at)->bytes() < (*best)->bytes()) best = at;
      } else if (largest == state_->free.end() || (*at)->bytes() > (*largest)->bytes()) {
        largest = at;
      }
    }
    const auto chosen = best != state_->free.end() ? best : largest;
    if (chosen != state_->free.end()) {
      std::swap(*chosen, state_->free.back());
      std::unique_ptr<Buffer> piece = std::move(state_->free.back());
      state_->free.pop_back();
      if (piece->bytes() >= bytes) return piece;
      state_->bytes -= piece->bytes();
      too_small = std::move(piece);
    }
  }
  too_small.reset();
  auto piece = std::make_unique<Buffer>(device, bytes);
  const std::lock_guard lock(state_->mutex);
  state_->bytes += bytes;
  return piece;
}

void MemoryPool::give_back(std::unique_ptr<Buffer> piece) {
  piece = state_->recent.put(std::move(piece));
  if (!piece) return;
  const std::lock_guard lock(state_->mutex);
  state_->free.push_back(std::move(piece));
}

size_t MemoryPool::bytes() const {
  const std::lock_guard lock(state_->mutex);
  return state_->bytes;
}

}  // namespace lamina
