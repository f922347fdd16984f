// Internal header. Large blocks that were freed, kept for the next ones of their size.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

namespace lamina::detail {

/// A block of some megabytes that the system maps anew costs a fault and zeros for each of its pages, which
/// for a copy, a sort or a look-up is more than the work itself. So the blocks freed last are lent again, as
/// their size comes again. Thread-safe.
class KeptBlocks {
 public:
  static constexpr size_t kLargest = size_t{32} << 20;  ///< bytes of a block that is kept
  static constexpr size_t kMost = size_t{64} << 20;     ///< bytes of all of them

  ~KeptBlocks();

  /// A kept block of exactly `bytes`, its contents undefined; null without one.
  void* take(size_t bytes);
  /// Keeps a block that std::free would free. The oldest ones are freed for it, and it itself where it is too
  /// large.
  void keep(void* address, size_t bytes);
  /// Bytes of what is kept.
  size_t bytes() const;

 private:
  struct Block {
    void* address;
    size_t bytes;
  };
  mutable std::mutex mutex_;
  std::vector<Block> blocks_;  // the oldest first
  size_t bytes_ = 0;
};

}  // namespace lamina::detail
