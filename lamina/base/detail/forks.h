// Internal header: whether this process is a child that fork() made of the one before.
#pragma once

#include <cstdint>

namespace lamina::detail {

/// How many calls of fork() lie between the first process of this program and the calling one. Who keeps
/// threads remembers the number at their start: in a child of then it has grown, its threads are in the
/// parent, and their locks may be held for ever.
uint32_t forks();

}  // namespace lamina::detail
