// Depthwise convolutions and the convolutions of single pixels behind them, a few rows at a time.
#include <algorithm>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/depthwise_conv.h"
#include "lamina/ops/detail/direct_conv.h"
#include "lamina/ops/detail/direct_images.h"
#include "lamina/ops/detail/operand_types.h"
#include "lamina/ops/detail/joined_convs.h"
#include "lamina/ops/detail/lent_numbers.h"
#include "lamina/ops/detail/window.h"

namespace lamina {
namespace {

using detail::ConvShape;

/// Numbers between the two that stay in the nearest cache, at most, where a row is not more.
constexpr int64_t kNumbersBetween = 1 << 12;
/// Multiplications that a thread is worth waking for.
constexpr int64_t kPointwiseGrain = 1 << 17;

ConvShape depthwise_shape(const KernelDesc& desc) {
  return detail::conv_shape(desc.attrs.as<ConvPointwiseAttrs>().conv, desc.inputs[0].type.shape, desc.inputs[1].type.shape);
}

Layout pointwise_layout(const KernelDesc& desc) { return detail::direct_kernel_layout(desc.inputs[3].type.shape[3]); }

std::optional<std::string> refuses_pointwise(const KernelDesc& desc) {
  if (auto reason = detail::not_float32_operands(desc)) return reason;
  for (const auto* operands : {&desc.inputs, &desc.outputs}) {
    for (const Operand& operand : *operands) {
      const bool kernel = &operand == &desc.inputs[3];
      if (!operand.layout.row_major() && !(kernel && operand.layout == pointwise_layout(desc))) return "unknown memory order";
    }
  }
  const ConvShape s = depthwise_shape(desc);
  if (s.groups != s.channels || s.filters != s.channels || s.channels == 1) return "only for one filter for each channel";
  return std::nullopt;
}

struct Pointwise {};

std::unique_ptr<Kernel> prepare_pointwise(const KernelDesc& desc) {
  const auto& attrs = desc.attrs.as<ConvPointwiseAttrs>();
  const ConvShape s = depthwise_shape(desc);
  const int64_t filters = desc.inputs[3].type.shape[3], line = s.columns.output * s.channels;
  const int64_t block = desc.inputs[3].layout.row_major() ? filters : detail::direct_conv_block(filters);
  const detail::DepthwiseConv depthwise{s.channels, s.rows, s.columns, attrs.activation == "relu"};
  const detail::DirectConv pointwise{1, s.channels, filters, block, attrs.pointwise_activation == "relu"};
  const int64_t together = std::max<int64_t>(1, kNumbersBetween / line);
  const int64_t work = line * (s.rows.size * s.columns.size + filters);  // of a row
  return make_kernel([=](const KernelArgs& args) {
    lamina::parallel_for(s.batch * s.rows.output, std::max<int64_t>(1, kPointwiseGrain / work), [&](int64_t begin, int64_t end) {
      detail::LentNumbers<Pointwise> between(std::min(together, end - begin) * line);
      const float* const start = between.data();
      for (int64_t row = begin; row < end; row += together) {
        const int64_t last = std::min(end, row + together);
        depthwise.run(args.input<float>(0), args.input<float>(1), args.input<float>(2), between.data(), row, last);
        detail::direct_conv(pointwise, {&start, s.channels}, (last - row) * s.columns.output, args.input<float>(3),
                            args.input<float>(4), args.output<float>(0) + row * s.columns.output * filters, filters);
      }
    });
  });
}

std::optional<LayoutWish> pointwise_wishes(const KernelDesc& desc) {
  if (!desc.inputs[3].steady) return std::nullopt;
  LayoutWish wish{std::vector<Layout>(desc.inputs.size()), std::vector<Layout>(desc.outputs.size())};
  wish.inputs[3] = pointwise_layout(desc);
  return wish;
}

const KernelRegistration kPointwise(
    "conv2d_bias_act_pointwise", DeviceKind::kCpu,
    {{.name = "depthwise", .refuses = refuses_pointwise, .prepare = prepare_pointwise, .wishes = pointwise_wishes}});

}  // namespace
}  // namespace lamina
