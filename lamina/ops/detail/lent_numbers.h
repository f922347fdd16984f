// Scratch memory for numbers that a thread keeps between calls. Internal header.
#pragma once

#include <algorithm>
#include <cstdint>

#include "lamina/base/detail/lent_vector.h"

namespace lamina::detail {

/// While it lives, `count` numbers of the calling thread, kept for `Purpose` as LentVector does it. They are left as they
/// are: written before they are read.
template <class Purpose>
class LentNumbers {
 public:
  explicit LentNumbers(int64_t count) { numbers_->resize(static_cast<size_t>(std::max<int64_t>(1, count))); }
  float* data() { return &numbers_->data()->value; }

 private:
  struct Number {
    float value;
    Number() {}  // NOLINT(modernize-use-equals-default): that would write a zero
  };
  LentVector<Number, Purpose> numbers_;
};

}  // namespace lamina::detail
