// CPU kernels of normalisation over a batch in float32: channels last, or images in blocks of channels. Two
// passes over the tensor in each direction. It is cut into pieces that depend on the shape alone, and what
// they sum up is put together in their order: the same bits for any number of threads.
#include <algorithm>
#include <cmath>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/batch_normalization.h"
#include "lamina/ops/detail/batch_rows.h"
#include "lamina/ops/detail/channel_blocks.h"

namespace lamina {
namespace {

/// Elements of a piece: 32 KiB, which the second reading still finds in cache.
constexpr int64_t kPiece = 8192;
/// Fewer channels than a vector has lanes: the smaller ops are as fast.
constexpr int64_t kLeastChannels = 8;

/// The tensor as slabs of rows: one slab of all rows where channels come last; one for each image and block
/// of channels otherwise. A piece is some rows of one slab.
struct Pieces {
  int64_t channels, width, groups;  // channels in all and in a row, slabs of an image
  int64_t rows, per_slab, each;     // rows and pieces of a slab, rows of a piece
  int64_t count;                    // pieces in all
  double elements;                  // of a channel
  double epsilon;
  detail::BatchActivation activation;

  explicit Pieces(const KernelDesc& desc) {
    const auto& attrs = desc.attrs.as<NormalizeBatchAttrs>();
    const Shape& x = desc.inputs[0].type.shape;
    const int block = *detail::channel_block(desc.inputs[0].layout);
    channels = x[-1];
    width = block ? block : channels;
    groups = channels / width;
    rows = block ? x[1] * x[2] : x.size() / channels;
    each = std::min(rows, std::max<int64_t>(1, kPiece / width));
    per_slab = (rows + each - 1) / each;
    count = x.size() / (rows * width) * per_slab;
    elements = static_cast<double>(x.size() / channels);
    epsilon = attrs.epsilon;
    activation = detail::batch_activation(attrs.activation);
  }

  int64_t slab(int64_t piece) const { return piece / per_slab; }
  int64_t first_row(int64_t piece) const { return piece % per_slab * each; }
  int64_t rows_of(int64_t piece) const { return std::min(each, rows - first_row(piece)); }
  int64_t first(int64_t piece) const { return (slab(piece) * rows + first_row(piece)) * width; }
  int64_t channel(int64_t piece) const { return slab(piece) % groups * width; }

  /// f(piece) for each of them, by all threads.
  template <class F>
  void each_piece(F f) const {
    const int64_t grain = std::max<int64_t>(1, 2 * kPiece / (each * width));
    parallel_for(count, grain, [&](int64_t begin, int64_t end) {
      for (int64_t piece = begin; piece < end; ++piece) f(piece);
    });
  }

  /// Two totals for each channel, some vectors of channels, two numbers for each column of each piece.
  size_t workspace() const {
    return static_cast<size_t>(2 * count * width + kVectors * channels) * sizeof(float) +
           static_cast<size_t>(2 * channels) * sizeof(double);
  }
  static constexpr int64_t kVectors = 3;
};

/// The parts of a kernel's workspace.
struct Workspace {
  double *first, *second;  // totals of channels
  float* vectors;          // kVectors of channels
  float* sums;             // of pieces

  Workspace(const Pieces& p, void* memory)
      : first(static_cast<double*>(memory)),
        second(first + p.channels),
        vectors(reinterpret_cast<float*>(second + p.channels)),
        sums(vectors + Pieces::kVectors * p.channels) {
    std::fill_n(first, 2 * p.channels, 0.0);
  }
  float* of(const Pieces& p, int64_t piece, int64_t which) const {
    return sums + (2 * piece + which) * p.width;
  }
  float* vector(const Pieces& p, int64_t which) const { return vectors + which * p.channels; }
};

/// Mean and variance of each channel from those of the pieces.
void merge_moments(const Pieces& p, const Workspace& w, float* mean, float* variance) {
  for (int64_t piece = 0; piece < p.count; ++piece) {
    const float* const means = w.of(p, piece, 0);
    double* const to = w.first + p.channel(piece);
    const double share = static_cast<double>(p.rows_of(piece)) / p.elements;
    for (int64_t j = 0; j < p.width; ++j) to[j] += share * static_cast<double>(means[j]);
  }
  for (int64_t piece = 0; piece < p.count; ++piece) {
    const float* const means = w.of(p, piece, 0);
    const float* const squares = w.of(p, piece, 1);
    const double* const total = w.first + p.channel(piece);
    double* const to = w.second + p.channel(piece);
    const auto rows = static_cast<double>(p.rows_of(piece));
    for (int64_t j = 0; j < p.width; ++j) {
      const double apart = static_cast<double>(means[j]) - total[j];
      to[j] += static_cast<double>(squares[j]) + rows * apart * apart;
    }
  }
  for (int64_t c = 0; c < p.channels; ++c) {
    mean[c] = static_cast<float>(w.first[c]);
    variance[c] = static_cast<float>(w.second[c] / p.elements);
  }
}

void put_scale(const Pieces& p, const float* gamma, const float* variance, float* scale) {
  for (int64_t c = 0; c < p.channels; ++c)
    scale[c] = static_cast<float>(gamma[c] / std::sqrt(static_cast<double>(variance[c]) + p.epsilon));
}

detail::BatchNorm norm_of(const Pieces& p, int64_t piece, const float* mean, const float* scale,
                          const float* shift) {
  const int64_t c = p.channel(piece);
  return {mean + c, scale + c, shift + c, p.activation};
}

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const Pieces p(desc);
  const auto run = [p](const KernelArgs& args) {
    const Workspace w(p, args.workspace);
    const auto* const x = args.input<float>(0);
    auto* const mean = args.output<float>(1);
    p.each_piece([&](int64_t piece) {
      detail::column_moments(x + p.first(piece), p.rows_of(piece), p.width, w.of(p, piece, 0),
                             w.of(p, piece, 1));
    });
    merge_moments(p, w, mean, args.output<float>(2));
    put_scale(p, args.input<float>(1), args.output<float>(2), w.vector(p, 0));
    p.each_piece([&](int64_t piece) {
      detail::normalize_rows(norm_of(p, piece, mean, w.vector(p, 0), args.input<float>(2)),
                             x + p.first(piece), p.rows_of(piece), p.width,
                             args.output<float>(0) + p.first(piece));
    });
  };
  return make_kernel(run, p.workspace());
}

/// The gradients of gamma and beta from the sums of the pieces, and the straight line in x that dx has beside
/// the gradient that comes.
void merge_grads(const Pieces& p, const Workspace& w, const KernelArgs& args) {
  for (int64_t piece = 0; piece < p.count; ++piece) {
    const float* const totals = w.of(p, piece, 0);
    const float* const alongs = w.of(p, piece, 1);
    double* const total = w.first + p.channel(piece);
    double* const along = w.second + p.channel(piece);
    for (int64_t j = 0; j < p.width; ++j) {
      total[j] += static_cast<double>(totals[j]);
      along[j] += static_cast<double>(alongs[j]);
    }
  }
  const auto* const variance = args.input<float>(4);
  const float* const scale = w.vector(p, 0);
  for (int64_t c = 0; c < p.channels; ++c) {
    const double inverse = 1 / std::sqrt(static_cast<double>(variance[c]) + p.epsilon);
    const double factor = static_cast<double>(scale[c]) / p.elements;
    args.output<float>(1)[c] = static_cast<float>(w.second[c] * inverse);
    args.output<float>(2)[c] = static_cast<float>(w.first[c]);
    w.vector(p, 1)[c] = static_cast<float>(-factor * inverse * inverse * w.second[c]);
    w.vector(p, 2)[c] = static_cast<float>(-factor * w.first[c]);
  }
}

std::unique_ptr<Kernel> prepare_grad(const KernelDesc& desc) {
  const Pieces p(desc);
  const auto run = [p](const KernelArgs& args) {
    const Workspace w(p, args.workspace);
    const auto *const x = args.input<float>(0), *const mean = args.input<float>(3);
    const auto* const dy = args.input<float>(5);
    put_scale(p, args.input<float>(1), args.input<float>(4), w.vector(p, 0));
    const auto norm = [&](int64_t piece) {
      return norm_of(p, piece, mean, w.vector(p, 0), args.input<float>(2));
    };
    // A sigmoid costs more than to write and read what it made of dy; x must not be written over yet.
    auto* const dx = args.output<float>(0);
    const bool keeps = p.activation == detail::BatchActivation::kSilu && dx != x;
    p.each_piece([&](int64_t piece) {
      const int64_t at = p.first(piece);
      detail::grad_sums(norm(piece), x + at, dy + at, p.rows_of(piece), p.width, w.of(p, piece, 0),
                        w.of(p, piece, 1), keeps ? dx + at : nullptr);
    });
    merge_grads(p, w, args);
    p.each_piece([&](int64_t piece) {
      const int64_t c = p.channel(piece), at = p.first(piece);
      detail::BatchNorm now = norm(piece);
      if (keeps) now.activation = detail::BatchActivation::kLinear;
      detail::grad_rows(now, w.vector(p, 1) + c, w.vector(p, 2) + c, x + at, (keeps ? dx : dy) + at,
                        p.rows_of(piece), p.width, dx + at);
    });
  };
  return make_kernel(run, p.workspace());
}

/// The operands that are as large as x: it, its gradient or result, and what comes back.
std::vector<const Operand*> images(const KernelDesc& desc) {
  std::vector<const Operand*> found{&desc.inputs[0], &desc.outputs[0]};
  if (desc.inputs.size() > 5) found.push_back(&desc.inputs[5]);
  return found;
}

std::optional<std::string> refuses(const KernelDesc& desc) {
  const Operand& x = desc.inputs[0];
  if (x.type.dtype != DType::kFloat32) return "only for float32";
  if (desc.attrs.as<NormalizeBatchAttrs>().axis != x.type.shape.rank() - 1)
    return "only where channels come last";
  if (x.type.shape.size() == 0) return "there is nothing to normalise";
  if (x.type.shape[-1] < kLeastChannels) return "only for 8 channels and more";
  if (!detail::channel_block(x.layout)) return "unknown memory order";
  for (const Operand* image : images(desc)) {
    if (image->layout != x.layout) return "the operands differ in memory order";
  }
  return std::nullopt;
}

/// The order that x has already, if it is blocked.
std::optional<LayoutWish> wishes(const KernelDesc& desc) {
  const Layout& layout = desc.inputs[0].layout;
  if (layout.row_major() || !detail::channel_block(layout)) return std::nullopt;
  LayoutWish wish{std::vector<Layout>(desc.inputs.size()), std::vector<Layout>(desc.outputs.size())};
  wish.inputs[0] = wish.outputs[0] = layout;
  if (desc.inputs.size() > 5) wish.inputs[5] = layout;
  return wish;
}

const KernelRegistration kernels(
    "normalize_batch", DeviceKind::kCpu,
    {{.name = "pieces", .refuses = refuses, .prepare = prepare, .wishes = wishes}});
const KernelRegistration grad_kernels(
    "normalize_batch_grad", DeviceKind::kCpu,
    {{.name = "pieces", .refuses = refuses, .prepare = prepare_grad, .wishes = wishes}});

}  // namespace
}  // namespace lamina
