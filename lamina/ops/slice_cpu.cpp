// CPU kernel of slice.
#include "lamina/graph/op.h"
#include "lamina/ops/detail/strided_copy.h"
#include "lamina/ops/slice.h"

namespace lamina {
namespace {

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const auto& attrs = desc.attrs.as<SliceAttrs>();
  const TensorType& output = desc.outputs[0].type;
  std::vector<int64_t> strides = detail::dense_strides(desc.inputs[0].type.shape);
  int64_t offset = 0;
  // Of no elements, starts and steps say nothing.
  for (size_t i = 0; i < strides.size() && output.shape.size() > 0; ++i) {
    offset += attrs.starts[i] * strides[i];
    if (output.shape[static_cast<int>(i)] > 1) strides[i] *= attrs.steps[i];
  }
  offset *= static_cast<int64_t>(size_of(output.dtype));
  const detail::StridedCopy copy(output.shape, strides, detail::dense_strides(output.shape),
                                 size_of(output.dtype));
  return make_kernel(
      [copy, offset](const KernelArgs& args) { copy.run(args.input<char>(0) + offset, args.outputs[0]); });
}

const KernelRegistration kernels("slice", DeviceKind::kCpu, {{.name = "strided", .prepare = prepare}});

}  // namespace
}  // namespace lamina
