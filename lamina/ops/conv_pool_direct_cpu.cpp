// Convolution and max pooling behind it without the map between them: a few rows of it stay in the cache. Images may have
// their channels last or, where networks only predict, apart.
#include <algorithm>

#include "lamina/base/threads.h"
#include "lamina/graph/contraction.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/direct_conv.h"
#include "lamina/ops/detail/direct_images.h"
#include "lamina/ops/detail/operand_types.h"
#include "lamina/ops/detail/lent_numbers.h"
#include "lamina/ops/detail/plane_rows.h"
#include "lamina/ops/detail/pool.h"
#include "lamina/ops/detail/window.h"

namespace lamina {
namespace {

using detail::ConvShape;
using detail::PoolShape;
using detail::Window;

/// Rows of the result that are made of one piece of the map, at most, and numbers of such a piece.
constexpr int64_t kRows = 8;
constexpr int64_t kPiece = 1 << 17;
/// Pieces of an image are a multiple of this.
constexpr int64_t kShared = 4;
/// Filters up to which a kernel is read as it lies.
constexpr int64_t kMostFilters = 128;

bool of_planes(const KernelDesc& desc) { return desc.op.name.ends_with("_planes"); }

ConvShape shape_of(const KernelDesc& desc) {
  const Shape& image = desc.inputs[0].type.shape;
  return detail::conv_shape(desc.attrs.as<ConvPoolAttrs>().conv,
                            of_planes(desc) ? detail::channels_last_of_planes(image) : image, desc.inputs[1].type.shape);
}

class Block {
 public:
  explicit Block(const KernelDesc& desc)
      : attrs_(desc.attrs.as<ConvPoolAttrs>()),
        conv_(shape_of(desc)),
        pool_(detail::pool_shape(attrs_.window, {conv_.batch, conv_.rows.output, conv_.columns.output, conv_.filters})),
        images_(conv_, attrs_.activation == "relu", filters_together(desc)) {
    const int64_t line = conv_.columns.output * conv_.filters;
    while (rows_ > 1 && map_rows() * line > kPiece) --rows_;
    // As many pieces as threads can share without one of them having one more.
    const int64_t pieces = (pool_.rows.output + rows_ - 1) / rows_, shared = (pieces + kShared - 1) / kShared * kShared;
    if (pieces > 1 && pool_.batch % kShared != 0) rows_ = (pool_.rows.output + shared - 1) / shared;
    if (of_planes(desc)) planes_.emplace(conv_, attrs_.activation == "relu", filters_together(desc), map_rows());
  }

  size_t workspace() const { return planes_ ? 0 : images_.workspace(); }

  void run(const KernelArgs& args) const {
    const float* const x =
        planes_ ? args.input<float>(0) : images_.begin(args.input<float>(0), args.workspace);
    const int64_t pieces = (pool_.rows.output + rows_ - 1) / rows_;
    parallel_for(pool_.batch * pieces, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) piece(i / pieces, i % pieces * rows_, x, args);
    });
  }

 private:
  int64_t filters_together(const KernelDesc& desc) const {
    return desc.inputs[1].layout.row_major() ? conv_.filters : detail::direct_conv_block(conv_.filters);
  }
  /// Rows of the map that a piece is made of.
  int64_t map_rows() const { return (rows_ - 1) * pool_.rows.stride + pool_.rows.size; }

  /// The rows of the result of `image` from `first` on.
  void piece(int64_t image, int64_t first, const float* x, const KernelArgs& args) const {
    const int64_t last = std::min(first + rows_, pool_.rows.output) - 1;
    const int64_t top = std::clamp<int64_t>(pool_.rows.first(first), 0, conv_.rows.output);
    const int64_t bottom = std::clamp(pool_.rows.first(last) + pool_.rows.size, top, conv_.rows.output);
    const int64_t line = conv_.columns.output * conv_.filters;
    detail::LentNumbers<Block> numbers((bottom - top) * line);
    float* const map = numbers.data();
    if (planes_)
      planes_->rows(x, args.input<float>(1), args.input<float>(2), map, image, top, bottom);
    else
      images_.rows(x, args.input<float>(1), args.input<float>(2), map, image * conv_.rows.output + top,
                   image * conv_.rows.output + bottom);
    Window rows = pool_.rows;
    rows.input = bottom - top;
    rows.output = last - first + 1;
    rows.before = top - pool_.rows.first(first);
    const int64_t at = (image * pool_.rows.output + first) * pool_.columns.output * pool_.channels;
    detail::max_pool_rows({1, pool_.channels, rows, pool_.columns}, map, args.output<float>(0) + at, nullptr,
                          0, rows.output);
  }

  const ConvPoolAttrs attrs_;
  const ConvShape conv_;
  const PoolShape pool_;
  const detail::DirectImages images_;
  std::optional<detail::PlaneRows> planes_;
  int64_t rows_ = kRows;
};

Layout kernel_layout(const KernelDesc& desc) { return detail::direct_kernel_layout(desc.inputs[1].type.shape[3]); }

std::optional<std::string> refuses(const KernelDesc& desc) {
  if (auto reason = detail::not_float32_operands(desc)) return reason;
  for (const auto* operands : {&desc.inputs, &desc.outputs}) {
    for (const Operand& operand : *operands) {
      const bool kernel = &operand == &desc.inputs[1];
      if (!operand.layout.row_major() && !(kernel && operand.layout == kernel_layout(desc)))
        return "unknown memory order";
    }
  }
  const auto& attrs = desc.attrs.as<ConvPoolAttrs>();
  if (attrs.conv.groups != 1) return "only for one group";
  if (of_planes(desc) && !detail::are_planes(desc.inputs[0].type.shape)) return "only for 2 to 4 channels";
  const std::vector<int64_t> one{1, 1}, two{2, 2};
  if (of_planes(desc) && attrs.conv.strides == one && attrs.window.pool == two && attrs.window.strides == two)
    return "channels last have a kernel of their own for this";
  if (desc.inputs[1].type.shape[3] > kMostFilters)
    return "only for up to " + std::to_string(kMostFilters) + " filters";
  return std::nullopt;
}

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const auto block = std::make_shared<const Block>(desc);
  return make_kernel([block](const KernelArgs& args) { block->run(args); }, block->workspace());
}

std::optional<LayoutWish> wishes(const KernelDesc& desc) {
  if (!desc.inputs[1].steady) return std::nullopt;
  LayoutWish wish{std::vector<Layout>(desc.inputs.size()), std::vector<Layout>(desc.outputs.size())};
  wish.inputs[1] = kernel_layout(desc);
  return wish;
}

const std::vector<KernelCandidate> kCandidates = {
    {.name = "direct", .refuses = refuses, .prepare = prepare, .wishes = wishes}};
constexpr int kBehindOthers = -1;
const KernelRegistration kBlock("conv2d_bias_act_max_pool2d", DeviceKind::kCpu, kCandidates, kBehindOthers);
const KernelRegistration kPlanes("conv2d_bias_act_max_pool2d_planes", DeviceKind::kCpu, kCandidates);

}  // namespace
}  // namespace lamina
