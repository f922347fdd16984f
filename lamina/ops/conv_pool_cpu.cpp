// Kernels of convolution, bias, activation and 2x2 max pooling in one, for images of few channels: first
// layers.
#include <algorithm>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/conv_pool.h"
#include "lamina/ops/detail/image_border.h"
#include "lamina/ops/detail/window.h"

namespace lamina {
namespace {

using detail::ConvPool;
using detail::ConvShape;
using detail::ImageBorder;

struct Block {
  ConvShape conv;
  ConvPool sizes;
  ImageBorder border;  ///< zeros that are added before anything else: cheap, since the images have few channels
  size_t padded_bytes() const {
    if (border.empty()) return 0;
    const auto elements = static_cast<size_t>(sizes.batch * sizes.height * sizes.width * sizes.channels);
    return (elements * sizeof(float) + 63) / 64 * 64;
  }
};

Block block_of(const Conv2DAttrs& conv, const Pool2DAttrs& window, const Shape& image, const Shape& kernel) {
  const ConvShape s = detail::conv_shape(conv, image, kernel);
  Block block{s, {}, detail::border_of(s)};
  const detail::PoolShape pool =
      detail::pool_shape(window, {image[0], s.rows.output, s.columns.output, s.filters});
  block.sizes = {.batch = image[0],
                 .height = image[1] + block.border.top + block.border.bottom,
                 .width = image[2] + block.border.left + block.border.right,
                 .channels = image[3],
                 .kernel_height = kernel[0],
                 .kernel_width = kernel[1],
                 .filters = s.filters,
                 .pooled_height = pool.rows.output,
                 .pooled_width = pool.columns.output,
                 .relu = false};
  return block;
}

/// Where `image` has its border: `image` itself if there is none to add, else `workspace`.
const float* padded(const Block& block, const float* image, void* workspace) {
  if (block.border.empty()) return image;
  detail::copy_with_border(block.conv, image, static_cast<float*>(workspace));
  return static_cast<const float*>(workspace);
}

std::optional<std::string> refuses_geometry(const KernelDesc& desc, const Conv2DAttrs& conv,
                                            const Pool2DAttrs& window) {
  if (desc.inputs[0].type.dtype != DType::kFloat32) return "only for float32";
  for (const Operand& input : desc.inputs) {
    if (input.type.shape.size() == 0) return "an operand is empty";
  }
  const std::vector<int64_t> two{2, 2}, one{1, 1};
  if (window.pool != two || window.strides != two) return "only for windows of 2 x 2 pixels side by side";
  if (conv.strides != one || conv.dilations != one || conv.groups != 1) {
    return "only for convolutions without strides, dilations and groups";
  }
  return std::nullopt;
}

/// Pooling with "same" padding has windows that reach over the map when its extent is odd.
bool whole_windows(const ConvPool& s) {
  return 2 * s.pooled_height + s.kernel_height - 1 <= s.height &&
         2 * s.pooled_width + s.kernel_width - 1 <= s.width;
}

std::optional<std::string> refuses_forward(const KernelDesc& desc) {
  const auto& attrs = desc.attrs.as<ConvPoolAttrs>();
  if (auto reason = refuses_geometry(desc, attrs.conv, attrs.window)) return reason;
  const ConvPool s =
      block_of(attrs.conv, attrs.window, desc.inputs[0].type.shape, desc.inputs[1].type.shape).sizes;
  if (!whole_windows(s)) return "only for windows inside the map";
  if (!detail::conv_pool_forward_fits(s)) return "only for at most 4 channels and filters in fours";
  return std::nullopt;
}

std::unique_ptr<Kernel> prepare_forward(const KernelDesc& desc) {
  const auto& attrs = desc.attrs.as<ConvPoolAttrs>();
  Block block = block_of(attrs.conv, attrs.window, desc.inputs[0].type.shape, desc.inputs[1].type.shape);
  block.sizes.relu = attrs.activation == "relu";
  const bool places = desc.outputs.size() > 1;
  const int64_t work = block.sizes.pooled_width * block.sizes.filters * block.sizes.taps() * 4;
  const int64_t grain = std::max<int64_t>(1, 100000 / work);
  return make_kernel(
      [block, places, grain](const KernelArgs& args) {
        const float* const image = padded(block, args.input<float>(0), args.workspace);
        parallel_for(block.sizes.rows(), grain, [&](int64_t begin, int64_t end) {
          detail::conv_pool_forward(block.sizes, image, args.input<float>(1), args.input<float>(2),
                                    args.output<float>(0), places ? args.output<uint8_t>(1) : nullptr, begin,
                                    end);
        });
      },
      block.padded_bytes());
}

std::optional<std::string> refuses_grad(const KernelDesc& desc) {
  const auto& attrs = desc.attrs.as<ConvPoolGradAttrs>();
  if (auto reason = refuses_geometry(desc, attrs.conv, attrs.window)) return reason;
  const ConvPool s = block_of(attrs.conv, attrs.window, desc.inputs[0].type.shape, attrs.shape).sizes;
  if (!whole_windows(s)) return "only for windows inside the map";
  if (!detail::conv_pool_grad_fits(s))
    return "only for kernels 3 wide (1, 3 or 4 channels) or 5 wide (1), filters in fours";
  return std::nullopt;
}

std::unique_ptr<Kernel> prepare_grad(const KernelDesc& desc) {
  const auto& attrs = desc.attrs.as<ConvPoolGradAttrs>();
  const Block block = block_of(attrs.conv, attrs.window, desc.inputs[0].type.shape, attrs.shape);
  // Sums over shares of the rows whose number does not depend on the threads: the same bits for any number of
  // them.
  const int64_t shares = std::min<int64_t>(block.sizes.rows(), 32);
  const int64_t weights = block.sizes.taps() * block.sizes.filters;
  const int64_t share_elements = (weights + block.sizes.filters + 15) / 16 * 16;
  const size_t bytes = block.padded_bytes() + static_cast<size_t>(shares * share_elements) * sizeof(float);
  const int64_t work = block.sizes.rows() / shares * block.sizes.pooled_width * weights * 4;
  const int64_t grain = std::max<int64_t>(1, 100000 / std::max<int64_t>(1, work));
  return make_kernel(
      [=](const KernelArgs& args) {
        const float* const image = padded(block, args.input<float>(0), args.workspace);
        auto* const parts =
            reinterpret_cast<float*>(static_cast<char*>(args.workspace) + block.padded_bytes());
        const int64_t rows = block.sizes.rows();
        parallel_for(shares, grain, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) {
            float* const part = parts + i * share_elements;
            detail::conv_pool_grad_kernel(block.sizes, image, args.input<float>(1), args.input<uint8_t>(2),
                                          part, part + weights, rows * i / shares, rows * (i + 1) / shares);
          }
        });
        const auto total = [&](float* to, int64_t from, int64_t count) {
          std::copy(parts + from, parts + from + count, to);
          for (int64_t i = 1; i < shares; ++i) {
            const float* const part = parts + i * share_elements + from;
            for (int64_t k = 0; k < count; ++k) to[k] += part[k];
          }
        };
        total(args.output<float>(0), 0, weights);
        total(args.output<float>(1), weights, block.sizes.filters);
      },
      bytes);
}

const std::vector<KernelCandidate> kForward = {
    {.name = "few_channels", .refuses = refuses_forward, .prepare = prepare_forward}};
const KernelRegistration kBlock("conv2d_bias_act_max_pool2d", DeviceKind::kCpu, kForward);
const KernelRegistration kWithIndex("conv2d_bias_act_max_pool2d_with_index", DeviceKind::kCpu, kForward);
const KernelRegistration kGrad("conv2d_grad_kernel_pooled", DeviceKind::kCpu,
                               {{.name = "few_channels", .refuses = refuses_grad, .prepare = prepare_grad}});

}  // namespace
}  // namespace lamina
