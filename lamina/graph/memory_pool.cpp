// Lending of pieces, best fit first.
#include "lamina/graph/memory_pool.h"

#include <utility>

namespace lamina {

std::unique_ptr<Buffer> MemoryPool::take(const Device& device, size_t bytes) {
  std::unique_ptr<Buffer> too_small;  // freed before its successor is allocated
  {
    const std::lock_guard lock(mutex_);
    auto best = free_.end(), largest = free_.end();
    for (auto at = free_.begin(); at != free_.end(); ++at) {
      if (!((*at)->device() == device)) continue;
      if ((*at)->bytes() >= bytes) {
        if (best == free_.end() || (*at)->bytes() < (*best)->bytes()) best = at;
      } else if (largest == free_.end() || (*at)->bytes() > (*largest)->bytes()) {
        largest = at;
      }
    }
    const auto chosen = best != free_.end() ? best : largest;
    if (chosen != free_.end()) {
      std::swap(*chosen, free_.back());
      std::unique_ptr<Buffer> piece = std::move(free_.back());
      free_.pop_back();
      if (piece->bytes() >= bytes) return piece;
      bytes_ -= piece->bytes();
      too_small = std::move(piece);
    }
  }
  too_small.reset();
  auto piece = std::make_unique<Buffer>(device, bytes);
  const std::lock_guard lock(mutex_);
  bytes_ += bytes;
  return piece;
}

void MemoryPool::give_back(std::unique_ptr<Buffer> piece) {
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(piece));
}

size_t MemoryPool::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace lamina
