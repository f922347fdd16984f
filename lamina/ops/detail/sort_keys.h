// Elements as unsigned keys in the order of sorting, and a radix sort of them. Internal header.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include <hwy/base.h>

#include "lamina/ops/detail/element.h"

namespace lamina::detail {

/// The unsigned integer of so many bytes.
template <size_t bytes>
using UnsignedOf = std::conditional_t<
    bytes == 1, uint8_t,
    std::conditional_t<bytes == 2, uint16_t, std::conditional_t<bytes == 4, uint32_t, uint64_t>>>;
template <class T>
using SortKey = UnsignedOf<sizeof(T)>;

template <class T>
inline constexpr SortKey<T> kSignBit = static_cast<SortKey<T>>(SortKey<T>{1} << (8 * sizeof(T) - 1));
/// The key of all NaNs: behind every number, as NumPy sorts them.
template <class T>
inline constexpr SortKey<T> kNaNKey = static_cast<SortKey<T>>(~SortKey<T>{0});
/// The key of 0 and -0, which are equal.
template <class T>
inline constexpr SortKey<T> kZeroKey = kSignBit<T>;

/// All bits of a key where its first bit is set, none otherwise.
template <class Key>
Key spread(Key key) {
  return static_cast<Key>(static_cast<std::make_signed_t<Key>>(key) >> (8 * sizeof(Key) - 1));
}

/// Keys compare as the elements do. Without branches, so that loops over elements become vector code.
template <class T>
SortKey<T> sort_key(T value) {
  using Key = SortKey<T>;
  using Signed = std::make_signed_t<Key>;
  const auto bits = std::bit_cast<Key>(value);
  if constexpr (kIsFloating<T>) {
    constexpr auto infinity = static_cast<Signed>(std::is_same_v<T, double>    ? 0x7ff0000000000000
                                                  : std::is_same_v<T, float>   ? 0x7f800000
                                                  : std::is_same_v<T, Float16> ? 0x7c00
                                                                               : 0x7f80);
    const auto magnitude = static_cast<Signed>(bits & static_cast<Key>(~kSignBit<T>));
    const auto nan = static_cast<Key>(-static_cast<Signed>(magnitude > infinity));
    const Key number = magnitude == 0 ? Key{0} : bits;
    return static_cast<Key>((number ^ (spread(number) | kSignBit<T>)) | nan);
  } else if constexpr (std::is_signed_v<T>) {
    return static_cast<Key>(bits ^ kSignBit<T>);
  } else {
    return bits;
  }
}

/// The element of a key; of floats neither NaN nor 0, whose keys stand for several.
template <class T>
T element_of_key(SortKey<T> key) {
  using Key = SortKey<T>;
  if constexpr (kIsFloating<T>)
    key = static_cast<Key>(key ^ (spread(static_cast<Key>(~key)) | kSignBit<T>));
  else if constexpr (std::is_signed_v<T>)
    key = static_cast<Key>(key ^ kSignBit<T>);
  return std::bit_cast<T>(key);
}

/// Whether several elements have this key, so that it does not say which one was there.
template <class T>
bool ambiguous(SortKey<T> key) {
  return kIsFloating<T> && ((key == kNaNKey<T>) | (key == kZeroKey<T>));
}

/// The keys of `n` elements; whether one of them is ambiguous. Inlined, so that each instruction set of
/// vector_sort has vectors of its own.
template <class T>
HWY_INLINE bool keys_of(const T* x, int64_t n, SortKey<T>* keys) {
  SortKey<T> special = 0;
  for (int64_t i = 0; i < n; ++i) {
    const SortKey<T> key = sort_key(x[i]);
    special = static_cast<SortKey<T>>(special | (ambiguous<T>(key) ? 1 : 0));
    keys[i] = key;
  }
  return special != 0;
}

/// The elements of keys, which may lie in the same memory. Inlined likewise.
template <class T>
HWY_INLINE void elements_of(const SortKey<T>* keys, int64_t n, T* values) {
  for (int64_t i = 0; i < n; ++i) {
    const T value = element_of_key<T>(keys[i]);
    std::memcpy(values + i, &value, sizeof(T));
  }
}

/// A key and the place where its element stood.
template <class Key>
struct Placed {
  Key key;
  uint32_t place;
};
template <class Key>
bool operator<(const Placed<Key>& a, const Placed<Key>& b) {
  return a.key != b.key ? a.key < b.key : a.place < b.place;
}

template <int digit_bits, class Key>
Placed<Key>* radix_passes(Placed<Key>* items, Placed<Key>* other, int64_t n) {
  constexpr int passes = (8 * static_cast<int>(sizeof(Key)) + digit_bits - 1) / digit_bits;
  constexpr size_t digits = size_t{1} << digit_bits;
  const auto digit = [](const Placed<Key>& item, int pass) {
    return static_cast<size_t>(item.key >> (pass * digit_bits)) & (digits - 1);
  };
  std::array<std::array<uint32_t, digits>, passes> counts{};
  for (int64_t i = 0; i < n; ++i) {
    for (int pass = 0; pass < passes; ++pass) ++counts[static_cast<size_t>(pass)][digit(items[i], pass)];
  }
  for (int pass = 0; pass < passes; ++pass) {
    auto& places = counts[static_cast<size_t>(pass)];
    if (places[digit(items[0], pass)] == static_cast<uint64_t>(n)) continue;  // all have this digit
    uint32_t next = 0;
    for (uint32_t& place : places) next += std::exchange(place, next);
    for (int64_t i = 0; i < n; ++i) other[places[digit(items[i], pass)]++] = items[i];
    std::swap(items, other);
  }
  return items;
}

/// Sorts n items by their keys, those of equal keys in the order in which they came, with the help of
/// `other`, which has room for as many. Returns where they are then: `items` or `other`. n must fit into 32
/// bits.
template <class Key>
Placed<Key>* radix_sort(Placed<Key>* items, Placed<Key>* other, int64_t n) {
  if (n > 64) return n < 8192 ? radix_passes<8>(items, other, n) : radix_passes<11>(items, other, n);
  for (int64_t i = 1; i < n; ++i) {
    const Placed<Key> item = items[i];
    int64_t at = i;
    for (; at > 0 && item.key < items[at - 1].key; --at) items[at] = items[at - 1];
    items[at] = item;
  }
  return items;
}

}  // namespace lamina::detail
