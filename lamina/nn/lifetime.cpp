// Tokens that end with their object.
#include "lamina/nn/lifetime.h"

#include <mutex>

namespace lamina::detail {

std::weak_ptr<const void> Lifetime::watch() const {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  if (!token_) token_ = std::make_shared<char>();
  return token_;
}

}  // namespace lamina::detail
