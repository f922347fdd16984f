// CPU kernel of searchsorted: a search without branches for each value.
#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/element.h"
#include "lamina/ops/searchsorted.h"

namespace lamina {
namespace {

using detail::Compute;

/// Whether a stands before b; NaN stands last.
template <class C>
bool before(C a, C b) {
  return a < b || (b != b && a == a);
}

template <bool right, class T>
int32_t place_of(const T* sequence, int64_t n, T value) {
  const auto wanted = static_cast<Compute<T>>(value);
  const auto passes = [&](int64_t i) {
    const auto element = static_cast<Compute<T>>(sequence[i]);
    return right ? !before(wanted, element) : before(element, wanted);
  };
  int64_t first = 0;
  for (int64_t length = n; length > 0;) {
    const int64_t half = length - length / 2;
    first += passes(first + half - 1) ? half : 0;
    length /= 2;
  }
  return static_cast<int32_t>(first);
}

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const int64_t n = desc.inputs[0].type.shape[0], count = desc.inputs[1].type.shape.size();
  const bool right = desc.attrs.as<SearchSortedAttrs>().right;
  return dispatch(desc.inputs[0].type.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    return make_kernel([=](const KernelArgs& args) {
      const T *sequence = args.input<T>(0), *values = args.input<T>(1);
      auto* places = args.output<int32_t>(0);
      parallel_for(count, 1024, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          places[i] =
              right ? place_of<true>(sequence, n, values[i]) : place_of<false>(sequence, n, values[i]);
        }
      });
    });
  });
}

const KernelRegistration kernels("searchsorted", DeviceKind::kCpu, {{.name = "binary", .prepare = prepare}});

}  // namespace
}  // namespace lamina
