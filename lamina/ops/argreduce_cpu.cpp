// CPU kernel of argmax and argmin.
#include <algorithm>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/argreduce.h"
#include "lamina/ops/detail/element.h"

namespace lamina {
namespace {

using detail::Compute;

/// Along the middle axis of outer x extent x inner.
template <bool largest, class T>
void positions(const T* x, int64_t outer, int64_t extent, int64_t inner, int32_t* out) {
  parallel_for(outer * inner, std::max<int64_t>(1, 16384 / extent), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T* row = x + i / inner * extent * inner + i % inner;
      auto best = static_cast<Compute<T>>(row[0]);
      int64_t position = 0;
      for (int64_t k = 1; k < extent && best == best; ++k) {  // the first NaN wins
        const auto candidate = static_cast<Compute<T>>(row[k * inner]);
        const bool better = largest ? candidate > best : candidate < best;
        if (better || candidate != candidate) {
          best = candidate;
          position = k;
        }
      }
      out[i] = static_cast<int32_t>(position);
    }
  });
}

template <bool largest>
std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const TensorType& x = desc.inputs[0].type;
  const int axis = desc.attrs.as<ArgReduceAttrs>().axis;
  int64_t outer = 1, inner = 1;
  for (int i = 0; i < axis; ++i) outer *= x.shape[i];
  for (int i = axis + 1; i < x.shape.rank(); ++i) inner *= x.shape[i];
  const int64_t extent = x.shape[axis];
  return dispatch(x.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    return make_kernel([=](const KernelArgs& args) {
      positions<largest>(args.input<T>(0), outer, extent, inner, args.output<int32_t>(0));
    });
  });
}

const KernelRegistration argmax_kernels("argmax", DeviceKind::kCpu,
                                        {{.name = "reference", .prepare = prepare<true>}});
const KernelRegistration argmin_kernels("argmin", DeviceKind::kCpu,
                                        {{.name = "reference", .prepare = prepare<false>}});

}  // namespace
}  // namespace lamina
