// CPU kernel of one_hot.
#include <algorithm>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/element.h"
#include "lamina/ops/one_hot.h"

namespace lamina {
namespace {

template <class Index, class T>
void indicators(const Index* indices, int64_t n, int64_t depth, T* out) {
  const T one = detail::element_of<T>(1);
  parallel_for(n, std::max<int64_t>(1, 16384 / std::max<int64_t>(depth, 1)), [&](int64_t begin, int64_t end) {
    std::fill(out + begin * depth, out + end * depth, T{});
    for (int64_t i = begin; i < end; ++i) {
      const auto index = static_cast<int64_t>(indices[i]);
      if (index >= 0 && index < depth) out[i * depth + index] = one;
    }
  });
}

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const int64_t n = desc.inputs[0].type.shape.size();
  const auto& attrs = desc.attrs.as<OneHotAttrs>();
  return dispatch(attrs.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    return make_kernel(
        [n, depth = attrs.depth, index_dtype = desc.inputs[0].type.dtype](const KernelArgs& args) {
          dispatch(index_dtype, [&](auto index) {
            using Index = decltype(index);
            if constexpr (std::is_integral_v<Index>)
              indicators(args.input<Index>(0), n, depth, args.output<T>(0));
          });
        });
  });
}

const KernelRegistration kernels("one_hot", DeviceKind::kCpu, {{.name = "reference", .prepare = prepare}});

}  // namespace
}  // namespace lamina
