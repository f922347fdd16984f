// How often code of ours calls operator new: for tests that promise not to.
#pragma once

#include <cstdint>

namespace lamina::test {

/// Counts calls of operator new by all threads while it lives, but for those that oneDNN makes: executing one
/// of its primitives builds a small map of arguments inside that library, each time. At most one at a time.
class AllocationWatch {
 public:
  AllocationWatch();
  ~AllocationWatch();
  AllocationWatch(const AllocationWatch&) = delete;
  AllocationWatch& operator=(const AllocationWatch&) = delete;

  /// Calls so far; always 0 under a sanitizer, which brings an operator new of its own.
  int64_t count() const;
  /// Whether this build counts.
  static bool counts();
};

}  // namespace lamina::test
