// The arrays of a file in which there is NaN, for one warning. Internal header.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>

#include "lamina/core/tensor.h"

namespace lamina::detail {

/// Threads may share it.
class NanNames {
 public:
  /// Remembers the name where the array holds a NaN. One that was given before counts once if it follows itself.
  void look(const std::string& name, const Tensor& array);
  /// "'FILE' has weights that are NaN: 'a', 'b' and 3 more", where there are any.
  void warn_about(const std::string& file) const;

 private:
  mutable std::mutex lock_;
  std::string list_, last_;
  size_t count_ = 0;
};

}  // namespace lamina::detail
