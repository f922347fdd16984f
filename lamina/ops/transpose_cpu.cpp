// CPU kernel of transpose.
#include "lamina/graph/op.h"
#include "lamina/ops/detail/strided_copy.h"
#include "lamina/ops/transpose.h"

namespace lamina {
namespace {

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const TensorType& output = desc.outputs[0].type;
  const std::vector<int64_t> strides = detail::dense_strides(desc.inputs[0].type.shape);
  std::vector<int64_t> from;
  for (int axis : desc.attrs.as<TransposeAttrs>().perm) from.push_back(strides[static_cast<size_t>(axis)]);
  const detail::StridedCopy copy(output.shape, from, detail::dense_strides(output.shape),
                                 size_of(output.dtype));
  return make_kernel([copy](const KernelArgs& args) { copy.run(args.inputs[0], args.outputs[0]); });
}

const KernelRegistration kernels("transpose", DeviceKind::kCpu, {{.name = "tiled", .prepare = prepare}});

}  // namespace
}  // namespace lamina
