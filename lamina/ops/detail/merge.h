// Merging of two sorted rows by several threads. Internal header.
#pragma once

#include <algorithm>
#include <cstdint>

namespace lamina::detail {

/// How many of the `count` smallest keys of a and b together come from a, where equal ones come from a first.
template <class Key>
int64_t share_of_first(const Key* a, int64_t size_a, const Key* b, int64_t size_b, int64_t count) {
  int64_t low = std::max<int64_t>(0, count - size_b), high = std::min(count, size_a);
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (b[count - middle - 1] < a[middle])
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

/// What is left of two sorted rows, and where it goes.
template <class Key>
struct Merge {
  const Key *a, *last_a, *b, *last_b;
  Key* to;

  /// The keys `begin` to `end` of those that merging a and b gives.
  Merge(const Key* first_a, int64_t size_a, const Key* first_b, int64_t size_b, int64_t begin, int64_t end,
        Key* merged) {
    const int64_t from_a = share_of_first(first_a, size_a, first_b, size_b, begin);
    const int64_t until_a = share_of_first(first_a, size_a, first_b, size_b, end);
    a = first_a + from_a;
    last_a = first_a + until_a;
    b = first_b + (begin - from_a);
    last_b = first_b + (end - until_a);
    to = merged + begin;
  }

  bool both() const { return a < last_a && b < last_b; }
  /// Without a branch: each outcome is as likely as the other.
  void step() {
    const Key from_a = *a, from_b = *b;
    const bool second = from_b < from_a;
    *to++ = second ? from_b : from_a;
    b += second;
    a += !second;
  }
  void finish() {
    while (both()) step();
    to = std::copy(a, last_a, to);
    std::copy(b, last_b, to);
  }
};

/// Keys `begin` to `end` of those that merging a and b gives. In two halves by turns, since a step waits for
/// the one before.
template <class Key>
void merge_part(const Key* a, int64_t size_a, const Key* b, int64_t size_b, int64_t begin, int64_t end,
                Key* merged) {
  const int64_t middle = begin + (end - begin) / 2;
  Merge<Key> first(a, size_a, b, size_b, begin, middle, merged);
  Merge<Key> second(a, size_a, b, size_b, middle, end, merged);
  while (first.both() && second.both()) {
    first.step();
    second.step();
  }
  first.finish();
  second.finish();
}

}  // namespace lamina::detail
