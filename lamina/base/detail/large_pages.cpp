// Large pages for long texts.
#include "lamina/base/detail/large_pages.h"

#include <sys/mman.h>

#include <cstdint>

namespace lamina::detail {

void reserve_large(std::string& text, size_t bytes) {
  constexpr uintptr_t kPage = uintptr_t{2} << 20;
  text.reserve(bytes);
  if (bytes < 4 * kPage) return;
  const auto begin = reinterpret_cast<uintptr_t>(text.data());
  const uintptr_t first = (begin + kPage - 1) / kPage * kPage, last = (begin + bytes) / kPage * kPage;
  madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
}

}  // namespace lamina::detail
