// CPU kernel of not_negative.
#include <memory>
#include <string>

#include "lamina/base/error.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/place.h"

namespace lamina {
namespace {

/// Throws for the first element below 0: on the calling thread.
template <class T>
void copy_checked(const T* x, const Shape& shape, T* y) {
  const int64_t count = shape.size();
  for (int64_t i = 0; i < count; ++i) {
    y[i] = x[i];
    if (x[i] >= 0) continue;
    throw InvalidArgument("power: the exponent " + std::to_string(x[i]) + " at place " +
                          detail::place_of(i, shape) +
                          " is negative, and integers have no negative powers: cast them to floats first");
  }
}

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  return dispatch(desc.inputs[0].type.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      return make_kernel([shape = desc.inputs[0].type.shape](const KernelArgs& args) {
        copy_checked(args.input<T>(0), shape, args.output<T>(0));
      });
    } else {
      return nullptr;  // infer has refused it
    }
  });
}

const KernelRegistration kernels("not_negative", DeviceKind::kCpu, {{.name = "checked", .prepare = prepare}});

}  // namespace
}  // namespace lamina
