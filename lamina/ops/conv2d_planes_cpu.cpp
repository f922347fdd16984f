// Convolutions of images whose channels lie apart, a few rows at a time.
#include <algorithm>

#include "lamina/base/threads.h"
#include "lamina/graph/contraction.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/direct_conv.h"
#include "lamina/ops/detail/operand_types.h"
#include "lamina/ops/detail/plane_rows.h"
#include "lamina/ops/detail/window.h"

namespace lamina {
namespace {

using detail::ConvShape;

/// Rows of results that are made of one piece of an image.
constexpr int64_t kRows = 8;
/// Multiplications that a thread is worth waking for.
constexpr int64_t kGrain = 1 << 18;

ConvShape shape_of(const KernelDesc& desc) {
  return detail::conv_shape(desc.attrs.as<Conv2DBiasActAttrs>().conv,
                            detail::channels_last_of_planes(desc.inputs[0].type.shape), desc.inputs[1].type.shape);
}

Layout kernel_layout(const KernelDesc& desc) { return detail::direct_kernel_layout(desc.inputs[1].type.shape[3]); }

std::optional<std::string> refuses(const KernelDesc& desc) {
  if (auto reason = detail::not_float32_operands(desc)) return reason;
  const Layout& kernel = desc.inputs[1].layout;
  if (!desc.inputs[0].layout.row_major() || !desc.outputs[0].layout.row_major() ||
      (!kernel.row_major() && kernel != kernel_layout(desc)))
    return "unknown memory order";
  if (shape_of(desc).groups != 1) return "only for one group";
  if (!detail::are_planes(desc.inputs[0].type.shape)) return "only for 2 to 4 channels";
  return std::nullopt;
}

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const ConvShape s = shape_of(desc);
  const bool relu = desc.attrs.as<Conv2DBiasActAttrs>().activation == "relu";
  const int64_t block = desc.inputs[1].layout.row_major() ? s.filters : detail::direct_conv_block(s.filters);
  const int64_t height = s.rows.output, line = s.columns.output * s.filters;
  const int64_t grain = std::max<int64_t>(1, kGrain / (line * s.rows.size * s.columns.size * s.channels));
  const detail::PlaneRows rows(s, relu, block, kRows);
  return make_kernel([=](const KernelArgs& args) {
    parallel_for(s.batch * height, grain, [&](int64_t begin, int64_t end) {
      while (begin < end) {
        const int64_t image = begin / height, first = begin % height;
        const int64_t last = std::min({height, first + end - begin, first + kRows});
        rows.rows(args.input<float>(0), args.input<float>(1), args.input<float>(2), args.output<float>(0) + begin * line,
                  image, first, last);
        begin += last - first;
      }
    });
  });
}

std::optional<LayoutWish> wishes(const KernelDesc& desc) {
  if (!desc.inputs[1].steady) return std::nullopt;
  LayoutWish wish{std::vector<Layout>(desc.inputs.size()), std::vector<Layout>(desc.outputs.size())};
  wish.inputs[1] = kernel_layout(desc);
  return wish;
}

const KernelRegistration kPlanes("conv2d_bias_act_planes", DeviceKind::kCpu,
                                 {{.name = "rows", .refuses = refuses, .prepare = prepare, .wishes = wishes}});

}  // namespace
}  // namespace lamina
