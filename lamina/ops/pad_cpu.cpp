// CPU kernel of pad: fill, then copy the input into its place.
#include <algorithm>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/element.h"
#include "lamina/ops/detail/strided_copy.h"
#include "lamina/ops/pad.h"

namespace lamina {
namespace {

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const auto& attrs = desc.attrs.as<PadAttrs>();
  const TensorType& input = desc.inputs[0].type;
  std::vector<int64_t> strides = detail::dense_strides(attrs.shape);
  int64_t offset = 0;
  // Of no elements, starts and steps say nothing.
  for (size_t i = 0; i < strides.size() && input.shape.size() > 0; ++i) {
    offset += attrs.starts[i] * strides[i];
    if (input.shape[static_cast<int>(i)] > 1) strides[i] *= attrs.steps[i];
  }
  const detail::StridedCopy copy(input.shape, detail::dense_strides(input.shape), strides,
                                 size_of(input.dtype));
  return dispatch(input.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    const T value = detail::element_of<T>(attrs.value);
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
