// Checks of the arguments of Dataset's methods. Internal header.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "lamina/base/error.h"
#include "lamina/data/detail/dataset_node.h"

namespace lamina::detail {

/// Throws InvalidArgument when `value` is below `least`. `advice` ends the message.
inline void at_least(const char* method, const char* what, int64_t value, int64_t least,
                     const std::string& advice = "") {
  if (value >= least) return;
  throw InvalidArgument("Dataset::" + std::string(method) + ": " + what + " must be at least " +
                        std::to_string(least) + ", received " + std::to_string(value) + advice);
}

/// Throws InvalidArgument for a function that is empty.
template <class F>
void callable(const char* method, const F& function) {
  if (!function) {
    throw InvalidArgument("Dataset::" + std::string(method) + ": the function is empty; give one to call");
  }
}

/// Threads for `num_parallel_calls`; throws InvalidArgument for numbers below kAutotune.
int checked_parallel_calls(const char* method, int num_parallel_calls);

}  // namespace lamina::detail
