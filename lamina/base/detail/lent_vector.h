// Internal header: a vector that a thread keeps between calls, for its capacity.
#pragma once

#include <utility>
#include <vector>

namespace lamina::detail {

/// While it lives, the vector that the calling thread keeps for `Purpose` (any type) is lent out, and empty
/// at first: so the steady state allocates nothing. A call within a call finds none there and has one of its
/// own.
template <class T, class Purpose>
class LentVector {
 public:
  LentVector() : vector_(std::move(spare())) { vector_.clear(); }
  ~LentVector() {
    vector_.clear();
    spare() = std::move(vector_);
  }
  LentVector(const LentVector&) = delete;
  LentVector& operator=(const LentVector&) = delete;

  std::vector<T>& operator*() { return vector_; }
  std::vector<T>* operator->() { return &vector_; }
  const std::vector<T>& operator*() const { return vector_; }

 private:
  static std::vector<T>& spare() {
    static thread_local std::vector<T> vector;
    return vector;
  }
  std::vector<T> vector_;
};

}  // namespace lamina::detail
