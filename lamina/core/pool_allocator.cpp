// Free blocks of one thread, by size.
#include "lamina/core/pool_allocator.h"

#include <new>
#include <utility>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LAMINA_POOL_OFF 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LAMINA_POOL_OFF 1
#endif
#endif

namespace lamina::detail {

#ifdef LAMINA_POOL_OFF

void* pool_allocate(size_t bytes) { return ::operator new(bytes); }
void pool_free(void* block, size_t) noexcept { ::operator delete(block); }

#else

namespace {

constexpr size_t kStep = 32;
constexpr size_t kMostBytes = size_t{256} << 10;

struct Block {
  Block* next;
};

// Plain data, so that tensors that are let go of while the thread ends find it as it is.
struct Lists {
  Block* first[kLargestBlock / kStep + 1];
  size_t bytes;
  bool used;  // something was kept
  bool over;  // the thread ends: nothing is kept any more
};
// 160 bytes at a fixed place beside the thread's own data: found without a call.
thread_local constinit Lists lists __attribute__((tls_model("initial-exec"))){};

struct Ending {
  ~Ending() {
    lists.over = true;
    for (Block*& list : lists.first) {
      while (list) ::operator delete(static_cast<void*>(std::exchange(list, list->next)));
    }
  }
};

// The lists end with the thread.
void use() {
  thread_local Ending ending;
  static_cast<void>(ending);
  lists.used = true;
}

size_t size_class(size_t bytes) { return (bytes + kStep - 1) / kStep; }

}  // namespace

void* pool_allocate(size_t bytes) {
  if (bytes > kLargestBlock) return ::operator new(bytes);
  const size_t size = size_class(bytes);
  Block*& list = lists.first[size];
  if (!list) return ::operator new(size* kStep);
  lists.bytes -= size * kStep;
  return std::exchange(list, list->next);
}

void pool_free(void* block, size_t bytes) noexcept {
  const size_t size = size_class(bytes);
  if (bytes > kLargestBlock || lists.over || lists.bytes + size * kStep > kMostBytes) {
    ::operator delete(block);
    return;
  }
  if (!lists.used) use();
  Block*& list = lists.first[size];
  list = new (block) Block{list};
  lists.bytes += size * kStep;
}

#endif

}  // namespace lamina::detail
