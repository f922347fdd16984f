// Two convolutions, each of which writes its part of the channels: one piece of work, so that threads wait once.
#include <algorithm>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/direct_conv.h"
#include "lamina/ops/detail/direct_images.h"
#include "lamina/ops/detail/operand_types.h"
#include "lamina/ops/detail/joined_convs.h"
#include "lamina/ops/detail/window.h"
#include "lamina/ops/detail/winograd_tiles.h"

namespace lamina {
namespace {

using detail::ConvShape;
using detail::DirectImages;
using detail::WinogradTiles;

/// Results that a piece of work has of a convolution that is read directly, at least.
constexpr int64_t kPartResults = 96;
/// Multiplications in a nanosecond, roughly.
constexpr double kPartRate = 50;

/// Operands of the first convolution (0) or the second (3).
ConvShape part_shape(const KernelDesc& desc, size_t part) {
  const auto& attrs = desc.attrs.as<ConvConcatenateAttrs>();
  return detail::conv_shape(part ? attrs.second : attrs.conv, desc.inputs[part].type.shape, desc.inputs[part + 1].type.shape);
}

/// The order in which a part's kernel is read best.
Layout part_layout(const KernelDesc& desc, size_t part) {
  const ConvShape s = part_shape(desc, part);
  return detail::winograd_refuses(s) ? detail::direct_kernel_layout(s.filters) : detail::winograd_kernel_layout(s.filters);
}

class Part {
 public:
  Part(const KernelDesc& desc, size_t part, bool relu, int64_t step)
      : shape_(part_shape(desc, part)), step_(step), place_(part > 0 ? step - shape_.filters : 0), first_(static_cast<int>(part)) {
    const bool in_order = !desc.inputs[part + 1].layout.row_major();
    if (detail::winograd_refuses(shape_))
      images_.emplace(shape_, relu, in_order ? detail::direct_conv_block(shape_.filters) : shape_.filters, step);
    else
      tiles_.emplace(shape_, relu, in_order, step);
  }

  size_t workspace() const { return images_ ? (images_->workspace() + 63) / 64 * 64 : 0; }
  /// Multiplications.
  int64_t work() const {
    return tiles_ ? tiles_->work() : rows() * shape_.columns.output * shape_.filters * shape_.rows.size * shape_.columns.size * shape_.channels;
  }
  /// The images as `piece` wants them: once for a run.
  const float* begin(const KernelArgs& args, void* workspace) const {
    return images_ ? images_->begin(args.input<float>(first_), workspace) : args.input<float>(first_);
  }

  int64_t shares(int64_t threads) const { return tiles_ ? tiles_->shares(threads) : (rows() + together() - 1) / together(); }
  int64_t pieces(int64_t shares) const { return tiles_ ? tiles_->pieces(shares) : shares; }
  void piece(const KernelArgs& args, const float* x, int64_t i, int64_t shares) const {
    const float *const kernel = args.input<float>(first_ + 1), *const bias = args.input<float>(first_ + 2);
    float* const out = args.output<float>(0) + place_;
    if (tiles_) return tiles_->piece({x, kernel, bias, out}, i, shares);
    const int64_t from = rows() * i / shares, to = rows() * (i + 1) / shares;
    images_->rows(x, kernel, bias, out + from * shape_.columns.output * step_, from, to);
  }

 private:
  int64_t rows() const { return shape_.batch * shape_.rows.output; }
  int64_t together() const { return std::max<int64_t>(1, kPartResults / shape_.columns.output); }

  const ConvShape shape_;
  const int64_t step_, place_;  // numbers from a result to the next; where the first one begins
  const int first_;             // of its operands
  std::optional<DirectImages> images_;
  std::optional<WinogradTiles> tiles_;
};

std::optional<std::string> refuses_concatenated(const KernelDesc& desc) {
  if (auto reason = detail::not_float32_operands(desc)) return reason;
  for (const size_t part : {size_t{0}, size_t{3}}) {
    if (part_shape(desc, part).groups != 1) return "only for one group";
    for (size_t i = part; i < part + 3; ++i) {
      const Layout& layout = desc.inputs[i].layout;
      if (!layout.row_major() && !(i == part + 1 && layout == part_layout(desc, part))) return "unknown memory order";
    }
  }
  if (!desc.outputs[0].layout.row_major()) return "only for channels last";
  return std::nullopt;
}

std::unique_ptr<Kernel> prepare_concatenated(const KernelDesc& desc) {
  const auto& attrs = desc.attrs.as<ConvConcatenateAttrs>();
  const int64_t step = desc.outputs[0].type.shape[3];
  const auto first = std::make_shared<const Part>(desc, 0, attrs.activation == "relu", step);
  const auto second = std::make_shared<const Part>(desc, 3, attrs.second_activation == "relu", step);
  const double time = static_cast<double>(first->work() + second->work()) / kPartRate;
  return make_kernel(
      [=](const KernelArgs& args) {
        auto* const workspace = static_cast<char*>(args.workspace);
        const float *const x = first->begin(args, workspace), *const y = second->begin(args, workspace + first->workspace());
        const int64_t threads = num_threads(), of_first = first->shares(threads), of_second = second->shares(threads);
        const int64_t seconds = second->pieces(of_second), count = seconds + first->pieces(of_first);
        // The pieces of both are mixed evenly, since each thread begins with some that lie side by side.
        const auto before = [&](int64_t i) { return (i * seconds + count - 1) / count; };
        parallel_parts(count, time, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) {
            const int64_t done = before(i);
            before(i + 1) > done ? second->piece(args, y, done, of_second) : first->piece(args, x, i - done, of_first);
          }
        });
      },
      first->workspace() + second->workspace());
}

std::optional<LayoutWish> concatenated_wishes(const KernelDesc& desc) {
  if (!desc.inputs[1].steady || !desc.inputs[4].steady) return std::nullopt;
  LayoutWish wish{std::vector<Layout>(desc.inputs.size()), std::vector<Layout>(desc.outputs.size())};
  for (const size_t part : {size_t{0}, size_t{3}}) wish.inputs[part + 1] = part_layout(desc, part);
  return wish;
}

const KernelRegistration kConcatenated(
    "conv2d_bias_act_concatenate", DeviceKind::kCpu,
    {{.name = "parts", .refuses = refuses_concatenated, .prepare = prepare_concatenated, .wishes = concatenated_wishes}});

}  // namespace
}  // namespace lamina
