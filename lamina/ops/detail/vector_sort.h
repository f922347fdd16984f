// Highway's vectorised quicksort of unsigned keys, ascending, in place, and the keys of numbers. Internal
// header.
#pragma once

#include <cstdint>

namespace lamina::detail {

/// Sorts `n` keys; equal keys are the same thing to it.
void vector_sort(uint16_t* keys, int64_t n);
void vector_sort(uint32_t* keys, int64_t n);
void vector_sort(uint64_t* keys, int64_t n);

/// The keys of `n` elements (sort_key); whether one of them is ambiguous.
bool make_keys(const float* x, int64_t n, uint32_t* keys);
bool make_keys(const double* x, int64_t n, uint64_t* keys);
/// The elements of keys, which may lie in the same memory.
void make_elements(const uint32_t* keys, int64_t n, float* values);
void make_elements(const uint64_t* keys, int64_t n, double* values);

}  // namespace lamina::detail
