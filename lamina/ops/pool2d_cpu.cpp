// Vectorised kernels of the poolings: float32, channels-last or in blocks of channels.
#include <algorithm>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/channel_blocks.h"
#include "lamina/ops/detail/pool.h"

namespace lamina {
namespace {

using detail::PoolView;

/// The pooling of `desc`, seen from its image.
struct Pooling {
  const Operand* image;
  const Pool2DAttrs* window;
};

Pooling pooling_of(const KernelDesc& desc) {
  if (desc.op.name.ends_with("_grad")) return {&desc.outputs[0], &desc.attrs.as<Pool2DGradAttrs>().window};
  return {&desc.inputs[0], &desc.attrs.as<Pool2DAttrs>()};
}

std::optional<std::string> refuses(const KernelDesc& desc) {
  const Pooling pooling = pooling_of(desc);
  if (pooling.image->type.dtype != DType::kFloat32) return "only for float32";
  if (!detail::channel_block(pooling.image->layout)) return "unknown memory order";
  for (const auto* operands : {&desc.inputs, &desc.outputs}) {
    for (const Operand& operand : *operands) {
      if (operand.type.shape.size() == 0) return "an operand is empty";
      if (operand.layout != pooling.image->layout) return "the operands differ in memory order";
      if (operand.type.dtype == DType::kInt32) return "only for places in windows of up to 255 pixels";
    }
  }
  return std::nullopt;
}

PoolView view_of(const KernelDesc& desc) {
  const Pooling pooling = pooling_of(desc);
  const detail::PoolShape s = detail::pool_shape(*pooling.window, pooling.image->type.shape);
  const int block = *detail::channel_block(pooling.image->layout);
  const int64_t inner = block ? block : s.channels;
  return {s.batch * (s.channels / inner), inner, s.rows, s.columns};
}

/// Rows of about this many elements of the image are worth a thread.
constexpr int64_t kGrainElements = 32768;

int64_t grain_of(const PoolView& v, int64_t rows_of_image) {
  return std::max<int64_t>(1, kGrainElements / (rows_of_image * v.columns.input * v.channels));
}

std::unique_ptr<Kernel> prepare_max(const KernelDesc& desc) {
  const bool places = desc.outputs.size() > 1;
  return make_kernel([v = view_of(desc), places](const KernelArgs& args) {
    parallel_for(v.outer * v.rows.output, grain_of(v, v.rows.size), [&](int64_t begin, int64_t end) {
      detail::max_pool_rows(v, args.input<float>(0), args.output<float>(0),
                            places ? args.output<uint8_t>(1) : nullptr, begin, end);
    });
  });
}

std::unique_ptr<Kernel> prepare_max_grad(const KernelDesc& desc) {
  return make_kernel([v = view_of(desc)](const KernelArgs& args) {
    parallel_for(v.outer * v.rows.input, grain_of(v, 1), [&](int64_t begin, int64_t end) {
      detail::max_pool_grad_rows(v, args.input<float>(0), args.input<uint8_t>(1), args.output<float>(0),
                                 begin, end);
    });
  });
}

std::unique_ptr<Kernel> prepare_avg(const KernelDesc& desc) {
  return make_kernel([v = view_of(desc)](const KernelArgs& args) {
    parallel_for(v.outer * v.rows.output, grain_of(v, v.rows.size), [&](int64_t begin, int64_t end) {
      detail::avg_pool_rows(v, args.input<float>(0), args.output<float>(0), begin, end);
    });
  });
}

std::unique_ptr<Kernel> prepare_avg_grad(const KernelDesc& desc) {
  return make_kernel([v = view_of(desc)](const KernelArgs& args) {
    parallel_for(v.outer * v.rows.input, grain_of(v, 1), [&](int64_t begin, int64_t end) {
      detail::avg_pool_grad_rows(v, args.input<float>(0), args.output<float>(0), begin, end);
    });
  });
}

/// The order that the first operand has already, if it is blocked: poolings go along with either.
std::optional<LayoutWish> wishes(const KernelDesc& desc) {
  const Layout& layout = desc.inputs[0].layout;
  if (layout.row_major() || !detail::channel_block(layout)) return std::nullopt;
  return LayoutWish{std::vector<Layout>(desc.inputs.size(), layout),
                    std::vector<Layout>(desc.outputs.size(), layout)};
}

std::vector<KernelCandidate> candidate(std::unique_ptr<Kernel> (*prepare)(const KernelDesc&)) {
  return {{.name = "simd", .refuses = refuses, .prepare = prepare, .wishes = wishes}};
}

const KernelRegistration kMax("max_pool2d", DeviceKind::kCpu, candidate(prepare_max));
const KernelRegistration kMaxIndex("max_pool2d_with_index", DeviceKind::kCpu, candidate(prepare_max));
const KernelRegistration kMaxGrad("max_pool2d_grad", DeviceKind::kCpu, candidate(prepare_max_grad));
const KernelRegistration kAvg("avg_pool2d", DeviceKind::kCpu, candidate(prepare_avg));
const KernelRegistration kAvgGrad("avg_pool2d_grad", DeviceKind::kCpu, candidate(prepare_avg_grad));

}  // namespace
}  // namespace lamina
