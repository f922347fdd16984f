// CPU kernel of pad: fill, then copy the input into its place.
#include <algorithm>
#include <cmath>
#include <limits>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/strided_copy.h"
#include "lamina/ops/pad.h"

namespace lamina {
namespace {

template <class T>
T converted(double value) {
  if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>) {
    return T(static_cast<float>(value));
  } else if constexpr (std::is_same_v<T, bool>) {
    return value != 0;
  } else if constexpr (std::is_integral_v<T>) {
    using Limits = std::numeric_limits<T>;
    if (std::isnan(value)) return 0;
    if (value <= static_cast<double>(Limits::min())) return Limits::min();
    if (value >= static_cast<double>(Limits::max())) return Limits::max();
    return static_cast<T>(value);
  } else {
    return static_cast<T>(value);
  }
}

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const auto& attrs = desc.attrs.as<PadAttrs>();
  const TensorType& input = desc.inputs[0].type;
  std::vector<int64_t> strides = detail::dense_strides(attrs.shape);
  int64_t offset = 0;
  for (size_t i = 0; i < strides.size(); ++i) {
    offset += attrs.starts[i] * strides[i];
    strides[i] *= attrs.steps[i];
  }
  if (input.shape.size() == 0) offset = 0;
  const detail::StridedCopy copy(input.shape, detail::dense_strides(input.shape), strides,
                                 size_of(input.dtype));
  return dispatch(input.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    const T value = converted<T>(attrs.value);
    return make_kernel([copy, offset, value, size = attrs.shape.size()](const KernelArgs& args) {
      T* out = args.output<T>(0);
      parallel_for(size, 65536,
                   [&](int64_t begin, int64_t end) { std::fill(out + begin, out + end, value); });
      copy.run(args.inputs[0], out + offset);
    });
  });
}

const KernelRegistration kernels("pad", DeviceKind::kCpu, {{.name = "strided", .prepare = prepare}});

}  // namespace
}  // namespace lamina
