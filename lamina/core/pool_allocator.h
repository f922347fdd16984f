// Memory of the small pieces that eager code makes and lets go of by the hundred. Internal header.
#pragma once

#include <cstddef>

namespace lamina::detail {

/// Blocks of up to kLargestBlock bytes come from those that this thread freed lately (at most 256 KiB a
/// thread); others, and all under a sanitizer, from operator new. A block may be freed by another thread than
/// its maker's.
constexpr size_t kLargestBlock = 512;
void* pool_allocate(size_t bytes);
void pool_free(void* block, size_t bytes) noexcept;

/// For std::allocate_shared and containers.
template <class T>
struct PoolAllocator {
  using value_type = T;
  PoolAllocator() = default;
  template <class U>
  PoolAllocator(const PoolAllocator<U>&) {}
  T* allocate(size_t n) {
    static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
    return static_cast<T*>(pool_allocate(n * sizeof(T)));
  }
  void deallocate(T* block, size_t n) noexcept { pool_free(block, n * sizeof(T)); }
  bool operator==(const PoolAllocator&) const = default;
};

}  // namespace lamina::detail
