// CPU kernel of top_k: what may be among the k largest is collected, and cut down when the room for it is
// full.
#include <algorithm>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/sort_keys.h"
#include "lamina/ops/top_k.h"

namespace lamina {
namespace {

using detail::Placed;
using detail::SortKey;

/// Room for the candidates of a row: a few times k, so that they are seldom cut down.
int64_t room_for(int64_t k, int64_t n) { return std::min(n, std::max<int64_t>(4 * k, 256)); }

/// Keys in descending order: the smallest is that of the largest element.
template <class T>
SortKey<T> descending_key(T value) {
  return static_cast<SortKey<T>>(~detail::sort_key(value));
}

template <class T>
void largest(const T* x, int64_t n, int64_t k, Placed<SortKey<T>>* candidates, T* values, int32_t* places) {
  const int64_t room = room_for(k, n);
  int64_t count = 0;
  auto bound = static_cast<SortKey<T>>(~SortKey<T>{0});
  bool bounded = false;  // k candidates have keys up to the bound, and stand further ahead than what comes
  for (int64_t i = 0; i < n; ++i) {
    const SortKey<T> key = descending_key(x[i]);
    if (bounded && key >= bound) continue;
    if (count == room) {
      std::nth_element(candidates, candidates + k - 1, candidates + count);
      bound = candidates[k - 1].key;
      bounded = true;
      count = k;
      if (key >= bound) continue;
    }
    candidates[count++] = {key, static_cast<uint32_t>(i)};
  }
  if (count > k) std::nth_element(candidates, candidates + k, candidates + count);
  std::sort(candidates, candidates + k);
  for (int64_t i = 0; i < k; ++i) {
    values[i] = x[candidates[i].place];
    places[i] = static_cast<int32_t>(candidates[i].place);
  }
}

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const TensorType& x = desc.inputs[0].type;
  const int64_t n = x.shape[-1], k = desc.outputs[0].type.shape[-1];
  const int64_t rows = n > 0 ? x.shape.size() / n : 0, room = room_for(k, n);
  return dispatch(x.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    using Candidate = Placed<SortKey<T>>;
    return make_kernel(
        [=](const KernelArgs& args) {
          if (k == 0) return;
          auto* candidates = static_cast<Candidate*>(args.workspace);
          parallel_for(rows, std::max<int64_t>(1, 8192 / n), [&](int64_t begin, int64_t end) {
            for (int64_t row = begin; row < end; ++row) {
              largest(args.input<T>(0) + row * n, n, k, candidates + row * room, args.output<T>(0) + row * k,
                      args.output<int32_t>(1) + row * k);
            }
          });
        },
        static_cast<size_t>(rows * room) * sizeof(Candidate));
  });
}

const KernelRegistration kernels("top_k", DeviceKind::kCpu, {{.name = "candidates", .prepare = prepare}});

}  // namespace
}  // namespace lamina
