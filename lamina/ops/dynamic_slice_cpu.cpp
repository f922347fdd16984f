// CPU kernels of dynamic_slice and slice_update: copies planned once, which begin where the starts say.
#include <cstring>
#include <string>

#include "lamina/base/error.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/indexing.h"
#include "lamina/ops/detail/strided_copy.h"
#include "lamina/ops/dynamic_slice.h"

namespace lamina {
namespace {

/// Where parts of one shape begin in a tensor of another.
struct Starts {
  const char* op;
  Shape whole, part;
  DType dtype;
  int64_t element_bytes;

  /// In bytes. Throws when the part does not lie inside.
  int64_t offset(const void* starts) const {
    const std::vector<int64_t> strides = detail::dense_strides(whole);
    int64_t offset = 0;
    detail::dispatch_index(dtype, [&](auto zero) {
      const auto* at = static_cast<const decltype(zero)*>(starts);
      for (int i = 0; i < whole.rank(); ++i) {
        const auto start = static_cast<int64_t>(at[i]);
        if (start < 0 || start > whole[i] - part[i]) {
          throw InvalidArgument(std::string(op) + ": " + std::to_string(part[i]) + " places from " +
                                std::to_string(start) + " on do not lie in axis " + std::to_string(i) +
                                " of " + whole.str());
        }
        offset += start * strides[static_cast<size_t>(i)];
      }
    });
    return offset * element_bytes;
  }
};

std::unique_ptr<Kernel> prepare_slice(const KernelDesc& desc) {
  const TensorType &x = desc.inputs[0].type, &y = desc.outputs[0].type;
  const auto bytes = static_cast<int64_t>(size_of(x.dtype));
  const Starts starts{"dynamic_slice", x.shape, y.shape, desc.inputs[1].type.dtype, bytes};
  const detail::StridedCopy copy(y.shape, detail::dense_strides(x.shape), detail::dense_strides(y.shape),
                                 size_of(x.dtype));
  return make_kernel([=](const KernelArgs& args) {
    const int64_t offset = starts.offset(args.inputs[1]);
    copy.run(args.input<char>(0) + offset, args.outputs[0]);
  });
}

std::unique_ptr<Kernel> prepare_update(const KernelDesc& desc) {
  const TensorType &x = desc.inputs[0].type, &updates = desc.inputs[2].type;
  const auto bytes = static_cast<int64_t>(size_of(x.dtype));
  const Starts starts{"slice_update", x.shape, updates.shape, desc.inputs[1].type.dtype, bytes};
  const detail::StridedCopy copy(updates.shape, detail::dense_strides(updates.shape),
                                 detail::dense_strides(x.shape), size_of(x.dtype));
  const auto size = static_cast<size_t>(x.shape.size() * bytes);
  return make_kernel([=](const KernelArgs& args) {
    const int64_t offset = starts.offset(args.inputs[1]);
    if (args.inputs[0] != args.outputs[0] && size > 0) std::memcpy(args.outputs[0], args.inputs[0], size);
    copy.run(args.inputs[2], args.output<char>(0) + offset);
  });
}

const KernelRegistration slices("dynamic_slice", DeviceKind::kCpu,
                                {{.name = "strided", .prepare = prepare_slice}});
const KernelRegistration updates("slice_update", DeviceKind::kCpu,
                                 {{.name = "strided", .prepare = prepare_update}});

}  // namespace
}  // namespace lamina
