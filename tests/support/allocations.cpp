// Counting replacements of operator new and delete.
#include "tests/support/allocations.h"

#include <dlfcn.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

#include "tests/support/sanitized.h"

namespace {

std::atomic<bool> watching{false};
std::atomic<int64_t> seen{0};

// Whether the code at that address is oneDNN's.
[[maybe_unused]] bool in_onednn(void* address) {
  Dl_info info{};
  return dladdr(address, &info) != 0 && info.dli_fname && std::strstr(info.dli_fname, "dnnl");
}

}  // namespace

namespace lamina::test {

AllocationWatch::AllocationWatch() {
  seen = 0;
  watching = true;
}
AllocationWatch::~AllocationWatch() { watching = false; }
int64_t AllocationWatch::count() const { return seen.load(); }

bool AllocationWatch::counts() { return !kSanitized; }

}  // namespace lamina::test

#ifndef LAMINA_SANITIZED

namespace {

void* allocate(size_t bytes, size_t alignment, void* caller) {
  if (watching && !in_onednn(caller)) seen.fetch_add(1);
  if (bytes == 0) bytes = 1;
  void* address = alignment <= alignof(std::max_align_t)
                      ? std::malloc(bytes)
                      : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (!address) throw std::bad_alloc();
  return address;
}

}  // namespace

void* operator new(size_t bytes) { return allocate(bytes, 0, __builtin_return_address(0)); }
void* operator new[](size_t bytes) { return allocate(bytes, 0, __builtin_return_address(0)); }
void* operator new(size_t bytes, std::align_val_t alignment) {
  return allocate(bytes, static_cast<size_t>(alignment), __builtin_return_address(0));
}
void* operator new[](size_t bytes, std::align_val_t alignment) {
  return allocate(bytes, static_cast<size_t>(alignment), __builtin_return_address(0));
}
void operator delete(void* address) noexcept { std::free(address); }
void operator delete[](void* address) noexcept { std::free(address); }
void operator delete(void* address, size_t) noexcept { std::free(address); }
void operator delete[](void* address, size_t) noexcept { std::free(address); }
void operator delete(void* address, std::align_val_t) noexcept { std::free(address); }
void operator delete[](void* address, std::align_val_t) noexcept { std::free(address); }
void operator delete(void* address, size_t, std::align_val_t) noexcept { std::free(address); }
void operator delete[](void* address, size_t, std::align_val_t) noexcept { std::free(address); }

#endif
