// A device for tests, "/NULL:0": its memory is address space that the host cannot touch, its kernels compute
// nothing, and it writes down what it is asked. Whatever reads back from it reads zeros.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lamina/base/device.h"

namespace lamina::testing {

inline constexpr Device kNullDevice{DeviceKind::kNull, 0};

/// One thing that the null device was asked to do.
struct NullCall {
  enum class What {
    kAllocate,
    kFree,
    kFromHost,
    kToHost,
    kWithinDevice,
    kFill,
    kLaunch,
    kSynchronize,
    kNewStream,
    kFreeStream,
    kNewEvent,
    kFreeEvent,
    kRecord,
    kWait
  };
  What what;
  std::string op = {};  ///< of a launch
  size_t bytes = 0;     ///< of memory, copies and fills
  int stream = 0;       ///< in which; 0 is the main one
  int event = 0;
};

/// What all null devices were asked since the last clear_null_calls(), in order.
std::vector<NullCall> null_calls();
void clear_null_calls();
/// How many of those are `what`.
size_t count_null_calls(NullCall::What what);
/// Bytes that are allocated there now.
size_t null_bytes();

}  // namespace lamina::testing
