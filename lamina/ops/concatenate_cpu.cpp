// CPU kernel of concatenate: one copy per input, into its part of the result.
#include "lamina/graph/op.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/detail/strided_copy.h"

namespace lamina {
namespace {

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  struct Part {
    detail::StridedCopy copy;
    int64_t offset;  // bytes
  };
  const TensorType& output = desc.outputs[0].type;
  const int axis = desc.attrs.as<ConcatenateAttrs>().axis;
  const auto bytes = static_cast<int64_t>(size_of(output.dtype));
  const std::vector<int64_t> strides = detail::dense_strides(output.shape);
  std::vector<Part> parts;
  int64_t position = 0;
  for (const Operand& input : desc.inputs) {
    const Shape& shape = input.type.shape;
    parts.push_back({{shape, detail::dense_strides(shape), strides, size_of(output.dtype)},
                     position * strides[static_cast<size_t>(axis)] * bytes});
    position += shape[axis];
  }
  return make_kernel([parts = std::move(parts)](const KernelArgs& args) {
    for (size_t i = 0; i < parts.size(); ++i) {
      parts[i].copy.run(args.inputs[i], args.output<char>(0) + parts[i].offset);
    }
  });
}

const KernelRegistration kernels("concatenate", DeviceKind::kCpu, {{.name = "strided", .prepare = prepare}});

}  // namespace
}  // namespace lamina
