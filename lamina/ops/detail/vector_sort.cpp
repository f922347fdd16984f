// Highway's vectorised quicksort, compiled here for our instruction sets: of Highway we use the headers
// alone.
#include "lamina/ops/detail/vector_sort.h"

#include "lamina/ops/detail/simd.h"
#include "lamina/ops/detail/sort_keys.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/vector_sort.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <cstring>
#include <vector>

#include <hwy/contrib/sort/traits-inl.h>
#include <hwy/contrib/sort/vqsort-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

template <class Key>
void sort(Key* keys, int64_t n) {
  const hn::SortTag<Key> d;
  const hn::detail::SharedTraits<hn::detail::TraitsLane<hn::detail::OrderAscending<Key>>> order;
#if HWY_HAVE_SCALABLE
  std::vector<Key> workspace(hwy::SortConstants::BufNum<Key>(hn::Lanes(d)));
  hn::Sort(d, order, keys, static_cast<size_t>(n), workspace.data());
#else
  hn::Sort(d, order, keys, static_cast<size_t>(n), static_cast<Key*>(nullptr));  // uses memory of the stack
#endif
}

void sort_16(uint16_t* keys, int64_t n) { sort(keys, n); }
void sort_32(uint32_t* keys, int64_t n) { sort(keys, n); }
void sort_64(uint64_t* keys, int64_t n) { sort(keys, n); }

// Plain loops, which the compiler turns into each set's vectors: SSE2 has no shifts and comparisons of 64
// bits.
bool keys_of_floats(const float* x, int64_t n, uint32_t* keys) { return keys_of(x, n, keys); }
bool keys_of_doubles(const double* x, int64_t n, uint64_t* keys) { return keys_of(x, n, keys); }
void floats_of(const uint32_t* keys, int64_t n, float* values) { elements_of(keys, n, values); }
void doubles_of(const uint64_t* keys, int64_t n, double* values) { elements_of(keys, n, values); }

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
// What its library would bring: the state of the generator that samples pivots, by the number of keys alone.
// Pivots that an adversary knows cost time, which the sort bounds.
void hwy::Sorter::Fill24Bytes(const void*, size_t keys, void* bytes) {
  const uint64_t state[3] = {0x243F6A8885A308D3, 0x13198A2E03707344,
                             static_cast<uint64_t>(keys)};  // digits of pi
  std::memcpy(bytes, state, sizeof state);
}

namespace lamina::detail {
HWY_EXPORT(sort_16);
HWY_EXPORT(sort_32);
HWY_EXPORT(sort_64);
HWY_EXPORT(keys_of_floats);
HWY_EXPORT(keys_of_doubles);
HWY_EXPORT(floats_of);
HWY_EXPORT(doubles_of);

void vector_sort(uint16_t* keys, int64_t n) { HWY_DYNAMIC_DISPATCH(sort_16)(keys, n); }
void vector_sort(uint32_t* keys, int64_t n) { HWY_DYNAMIC_DISPATCH(sort_32)(keys, n); }
void vector_sort(uint64_t* keys, int64_t n) { HWY_DYNAMIC_DISPATCH(sort_64)(keys, n); }

bool make_keys(const float* x, int64_t n, uint32_t* keys) {
  return HWY_DYNAMIC_DISPATCH(keys_of_floats)(x, n, keys);
}
bool make_keys(const double* x, int64_t n, uint64_t* keys) {
  return HWY_DYNAMIC_DISPATCH(keys_of_doubles)(x, n, keys);
}
void make_elements(const uint32_t* keys, int64_t n, float* values) {
  HWY_DYNAMIC_DISPATCH(floats_of)(keys, n, values);
}
void make_elements(const uint64_t* keys, int64_t n, double* values) {
  HWY_DYNAMIC_DISPATCH(doubles_of)(keys, n, values);
}

}  // namespace lamina::detail
#endif
