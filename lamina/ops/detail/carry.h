// Where loops keep their variables between two runs of the body. Internal header.
#pragma once

#include <cstddef>
#include <vector>

#include "lamina/graph/kernel.h"

namespace lamina::detail {

constexpr size_t kAlignment = 64;
constexpr size_t aligned(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

/// The sizes of loop variables, laid out side by side.
class Carry {
 public:
  /// The first `count` of `operands`.
  Carry(const std::vector<Operand>& operands, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      sizes_.push_back(operands[i].type.bytes());
      offsets_.push_back(bytes_);
      bytes_ += aligned(sizes_.back());
    }
  }

  size_t size() const { return sizes_.size(); }
  size_t bytes() const { return bytes_; }
  size_t bytes_of(size_t i) const { return sizes_[i]; }
  /// Writes the addresses of all in memory from `base` on.
  void place(void** addresses, char* base) const {
    for (size_t i = 0; i < sizes_.size(); ++i) addresses[i] = base + offsets_[i];
  }

 private:
  std::vector<size_t> sizes_, offsets_;
  size_t bytes_ = 0;
};

/// Addresses for one run of a loop, without an allocation where there are few.
class Addresses {
 public:
  explicit Addresses(size_t count) {
    if (count > kFew) many_.resize(count);
  }
  void** data() { return many_.empty() ? few_ : many_.data(); }

 private:
  static constexpr size_t kFew = 96;
  void* few_[kFew];
  std::vector<void*> many_;
};

}  // namespace lamina::detail
