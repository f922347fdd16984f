// CPU kernel of sort, row by row: Highway's vectorised quicksort of keys for values alone, where equal keys
// are the same thing, and a radix sort, which is stable, where the order is wanted, too.
#include <algorithm>
#include <cstring>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/sort_keys.h"
#include "lamina/ops/detail/vector_sort.h"
#include "lamina/ops/sort.h"

namespace lamina {
namespace {

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

/// One row, in the memory of its result.
template <class T>
void sort_row(const T* x, int64_t n, T* values) {
  auto* keys = reinterpret_cast<SortKey<T>*>(values);
  SortKey<T> special = 0;
  for (int64_t i = 0; i < n; ++i) {
    const SortKey<T> key = detail::sort_key(x[i]);
    special = static_cast<SortKey<T>>(special | (detail::ambiguous<T>(key) ? 1 : 0));
    keys[i] = key;
  }
  sort_keys(keys, n);
  for (int64_t i = 0; i < n; ++i) {
    const T value = detail::element_of_key<T>(keys[i]);
    std::memcpy(values + i, &value, sizeof(T));
  }
  if (!special) return;
  restore(x, n, detail::kZeroKey<T>, values);
  restore(x, n, detail::kNaNKey<T>, values);
}

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const TensorType& x = desc.inputs[0].type;
  const int64_t n = x.shape[-1], rows = n > 0 ? x.shape.size() / n : 0;
  const bool with_order = desc.attrs.as<SortAttrs>().order;
  return dispatch(x.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    const int64_t grain = std::max<int64_t>(1, 4096 / std::max<int64_t>(n, 1));
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
