// Highway's vectorised quicksort of unsigned keys, ascending, in place. Internal header.
#pragma once

#include <cstdint>

namespace lamina::detail {

/// Sorts `n` keys; equal keys are the same thing to it.
void vector_sort(uint16_t* keys, int64_t n);
void vector_sort(uint32_t* keys, int64_t n);
void vector_sort(uint64_t* keys, int64_t n);

}  // namespace lamina::detail
