// Internal header: an object that one thread makes and others find.
#pragma once

#include <atomic>
#include <memory>

namespace lamina::detail {

/// Like a unique_ptr, but threads may look at it while one, under a lock of the owner's, puts the object
/// there. Taking it away again needs the owner alone.
template <class T>
class Published {
 public:
  T* get() const { return visible_.load(std::memory_order_acquire); }
  explicit operator bool() const { return get() != nullptr; }
  T* operator->() const { return get(); }
  T& operator*() const { return *get(); }

  void put(std::unique_ptr<T> object) {
    object_ = std::move(object);
    visible_.store(object_.get(), std::memory_order_release);
  }
  void reset() { put(nullptr); }

 private:
  std::unique_ptr<T> object_;
  std::atomic<T*> visible_{nullptr};
};

}  // namespace lamina::detail
