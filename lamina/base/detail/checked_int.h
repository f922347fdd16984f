// Numbers from files on their way into ints.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "lamina/base/error.h"

namespace lamina::detail {

inline bool fits_int(int64_t value) {
  return value >= std::numeric_limits<int>::min() && value <= std::numeric_limits<int>::max();
}

/// `value` as an int. Throws InvalidArgument, opening with `what`, where it would be cut.
inline int checked_int(int64_t value, const std::string& what) {
  if (fits_int(value)) return static_cast<int>(value);
  throw InvalidArgument(what + " must lie between -2^31 and 2^31 - 1, received " + std::to_string(value));
}

}  // namespace lamina::detail
