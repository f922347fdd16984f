// Where the temporaries of a program lie: offsets into one arena, by liveness.
// For authors of backends: lamina.h leaves it out.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace lamina {

/// A block of memory that is needed from step `first` to step `last`, both included.
struct Lifetime {
  size_t bytes = 0;
  int first = 0;
  int last = 0;
};

struct MemoryPlan {
  std::vector<size_t> offsets;  ///< one per lifetime, multiples of 64
  size_t bytes = 0;             ///< size of the arena
};

/// Greedy by size (Pisarchyk and Lee, 2020, "Efficient Memory Management for Deep Neural Net Inference"): the
/// largest block first, each at the lowest gap that is free for its whole life. That compares all with all;
/// more than 2048 blocks are placed in the order of time, each in the smallest piece that is free, in n log
/// n. Blocks of 0 bytes get offset 0. Throws Unsupported when the arena would be larger than any memory.
MemoryPlan plan_memory(std::span<const Lifetime> lifetimes);

}  // namespace lamina
