// CPU kernel of broadcast_to: a copy that does not advance along repeated axes.
#include "lamina/graph/op.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/detail/strided_copy.h"

namespace lamina {
namespace {

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const Shape& from = desc.inputs[0].type.shape;
  const TensorType& output = desc.outputs[0].type;
  const std::vector<int64_t> own = detail::dense_strides(from);
  std::vector<int64_t> strides(static_cast<size_t>(output.shape.rank()), 0);
  const int added = output.shape.rank() - from.rank();
  for (int axis = 0; axis < from.rank(); ++axis) {
    if (from[axis] != 1) strides[static_cast<size_t>(added + axis)] = own[static_cast<size_t>(axis)];
  }
  const detail::StridedCopy copy(output.shape, strides, detail::dense_strides(output.shape),
                                 size_of(output.dtype));
  return make_kernel([copy](const KernelArgs& args) { copy.run(args.inputs[0], args.outputs[0]); });
}

const KernelRegistration kernels("broadcast_to", DeviceKind::kCpu, {{.name = "strided", .prepare = prepare}});

}  // namespace
}  // namespace lamina
