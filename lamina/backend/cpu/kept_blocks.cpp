// Which blocks are kept, and which are let go.
#include <algorithm>
#include <cstdlib>

#include "lamina/backend/cpu/detail/kept_blocks.h"

#if defined(__has_include) && __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>  // nothing but under the address sanitizer, which shall see who uses a kept block
#else
#define ASAN_POISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#endif

namespace lamina::detail {

KeptBlocks::~KeptBlocks() {
  for (const Block& block : blocks_) std::free(block.address);
}

void* KeptBlocks::take(size_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(blocks_.rbegin(), blocks_.rend(),
                                  [&](const Block& block) { return block.bytes == bytes; });
  if (found == blocks_.rend()) return nullptr;
  void* const address = found->address;
  blocks_.erase(std::next(found).base());
  bytes_ -= bytes;
  ASAN_UNPOISON_MEMORY_REGION(address, bytes);
  return address;
}

void KeptBlocks::keep(void* address, size_t bytes) {
  if (bytes > kLargest) return std::free(address);
  const std::lock_guard lock(mutex_);
  while (bytes_ + bytes > kMost) {
    ASAN_UNPOISON_MEMORY_REGION(blocks_.front().address, blocks_.front().bytes);
    std::free(blocks_.front().address);
    bytes_ -= blocks_.front().bytes;
    blocks_.erase(blocks_.begin());
  }
  ASAN_POISON_MEMORY_REGION(address, bytes);
  blocks_.push_back({address, bytes});
  bytes_ += bytes;
}

size_t KeptBlocks::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace lamina::detail
