// CPU kernel of sort, row by row: Highway's vectorised quicksort of keys for values alone, where equal keys
// are the same thing, and a radix sort, which is stable, where the order is wanted, too.
#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/merge.h"
#include "lamina/ops/detail/sort_keys.h"
#include "lamina/ops/detail/vector_sort.h"
#include "lamina/ops/sort.h"

namespace lamina {
namespace {

using detail::make_elements;
using detail::make_keys;
using detail::Placed;
using detail::SortKey;

/// One row with its order. `items` has room for 2 n.
template <class T>
void sort_with_order(const T* x, int64_t n, T* values, int32_t* order, Placed<SortKey<T>>* items) {
  for (int64_t i = 0; i < n; ++i) items[i] = {detail::sort_key(x[i]), static_cast<uint32_t>(i)};
  const auto* sorted = detail::radix_sort(items, items + n, n);
  for (int64_t i = 0; i < n; ++i) {
    const auto [key, place] = sorted[i];
    values[i] = detail::ambiguous<T>(key) ? x[place] : detail::element_of_key<T>(key);
    order[i] = static_cast<int32_t>(place);
  }
}

/// The elements of one key, as they stood in x: the signs of zeros and the bits of NaNs.
template <class T>
void restore(const T* x, int64_t n, SortKey<T> key, T* values) {
  const auto precedes = [](T value, SortKey<T> wanted) { return detail::sort_key(value) < wanted; };
  T* next = std::lower_bound(values, values + n, key, precedes);
  for (int64_t i = 0; i < n; ++i) {
    if (detail::sort_key(x[i]) == key) *next++ = x[i];
  }
}

void sort_keys(uint8_t* keys, int64_t n) { std::sort(keys, keys + n); }
template <class Key>
void sort_keys(Key* keys, int64_t n) {
  detail::vector_sort(keys, n);
}

// Of floats and doubles vector_sort makes them.
template <class T>
bool make_keys(const T* x, int64_t n, SortKey<T>* keys) {
  return detail::keys_of(x, n, keys);
}

template <class T>
void make_elements(const SortKey<T>* keys, int64_t n, T* values) {
  detail::elements_of(keys, n, values);
}

template <class T>
void restore_ambiguous(const T* x, int64_t n, T* values) {
  restore(x, n, detail::kZeroKey<T>, values);
  restore(x, n, detail::kNaNKey<T>, values);
}

/// One row, in the memory of its result.
template <class T>
void sort_row(const T* x, int64_t n, T* values) {
  auto* keys = reinterpret_cast<SortKey<T>*>(values);
  const bool special = make_keys(x, n, keys);
  sort_keys(keys, n);
  make_elements(keys, n, values);
  if (special) restore_ambiguous(x, n, values);
}

/// From how many elements on a row is sorted by all threads: in parts, which are merged in pairs.
constexpr int64_t kLongRow = 1 << 16;

/// The same by all threads, with room for n keys.
template <class T>
void sort_long_row(const T* x, int64_t n, T* values, SortKey<T>* room) {
  using Key = SortKey<T>;
  int64_t parts = 1;
  while (parts < num_threads() && parts < 64) parts *= 2;
  const auto bound = [&](int64_t part) { return n * part / parts; };
  auto* keys = reinterpret_cast<Key*>(values);
  std::atomic<bool> special = false;
  // The last round of merging ends in `room`, from where the elements go to their place.
  Key* sorted = std::countr_zero(static_cast<uint64_t>(parts)) % 2 == 0 ? room : keys;
  parallel_parts(parts, 4.0 * static_cast<double>(n), [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; ++part) {
      if (make_keys(x + bound(part), bound(part + 1) - bound(part), sorted + bound(part)))
        special.store(true, std::memory_order_relaxed);
      sort_keys(sorted + bound(part), bound(part + 1) - bound(part));
    }
  });
  for (int64_t width = 1; width < parts; width *= 2) {
    Key* merged = sorted == keys ? room : keys;
    // Each pair is merged by as many as sorted it.
    parallel_parts(parts, static_cast<double>(n), [&](int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; ++part) {
        const int64_t first = part / (2 * width) * (2 * width);
        const int64_t at = bound(first), middle = bound(first + width), last = bound(first + 2 * width);
        detail::merge_part(sorted + at, middle - at, sorted + middle, last - middle, bound(part) - at,
                           bound(part + 1) - at, merged + at);
      }
    });
    sorted = merged;
  }
  parallel_for(n, kLongRow / 4, [&](int64_t begin, int64_t end) {
    make_elements(sorted + begin, end - begin, values + begin);
  });
  if (special) restore_ambiguous(x, n, values);
}

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const TensorType& x = desc.inputs[0].type;
  const int64_t n = x.shape[-1], rows = n > 0 ? x.shape.size() / n : 0;
  const bool with_order = desc.attrs.as<SortAttrs>().order;
  return dispatch(x.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    const int64_t grain = std::max<int64_t>(1, 4096 / std::max<int64_t>(n, 1));
    if (!with_order && n >= kLongRow && rows < 8) {
      return make_kernel(
          [=](const KernelArgs& args) {
            for (int64_t at = 0; at < rows * n; at += n)
              sort_long_row(args.input<T>(0) + at, n, args.output<T>(0) + at,
                            static_cast<SortKey<T>*>(args.workspace));
          },
          static_cast<size_t>(n) * sizeof(T));
    }
    if (!with_order) {
      return make_kernel([=](const KernelArgs& args) {
        parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
          for (int64_t at = begin * n; at < end * n; at += n)
            sort_row(args.input<T>(0) + at, n, args.output<T>(0) + at);
        });
      });
    }
    using Item = Placed<SortKey<T>>;
    return make_kernel(
        [=](const KernelArgs& args) {
          auto* items = static_cast<Item*>(args.workspace);
          parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
            for (int64_t at = begin * n; at < end * n; at += n) {
              sort_with_order(args.input<T>(0) + at, n, args.output<T>(0) + at, args.output<int32_t>(1) + at,
                              items + 2 * at);
            }
          });
        },
        static_cast<size_t>(2 * rows * n) * sizeof(Item));
  });
}

const KernelRegistration kernels("sort", DeviceKind::kCpu, {{.name = "radix", .prepare = prepare}});

}  // namespace
}  // namespace lamina
