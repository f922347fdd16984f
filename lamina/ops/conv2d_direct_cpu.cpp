// Convolutions of networks that only predict, by our own kernel: images channels last, read where they lie.
#include <algorithm>
#include <vector>

#include "lamina/base/detail/lent_vector.h"
#include "lamina/base/threads.h"
#include "lamina/graph/contraction.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/direct_conv.h"
#include "lamina/ops/detail/window.h"

namespace lamina {
namespace {

using detail::ConvShape;
using detail::DirectConv;
using detail::Window;

/// Results that are computed together: their windows stay in the cache while all filters go over them.
constexpr int64_t kChunk = 48;
/// Chunks below which threads share the filters, too.
constexpr int64_t kFewChunks = 8;
/// Multiplications that a thread is worth waking for.
constexpr int64_t kGrain = 1 << 18;
/// Numbers of images that are copied with zeros around them, so that no window has a part outside.
constexpr double kCopied = 1 << 18;
/// Channels below which a run of one pixel is too short to be worth its start.
constexpr int64_t kFewChannels = 16;

/// The image with its margins, as an image of its own.
ConvShape with_margins(ConvShape s) {
  for (Window* window : {&s.rows, &s.columns}) {
    window->input = std::max(window->input + window->before, window->input + window->before + window->after());
    window->before = 0;
  }
  return s;
}

bool reaches_out(const Window& window) { return window.before > 0 || window.after() > 0; }

/// The convolution of images that lie as they are. A window is read line by line where all of a line lies inside, or
/// pixel by pixel; pixels outside are zeros that lie elsewhere.
class Images {
 public:
  Images(const ConvShape& shape, bool relu, int64_t block)
      : s_(shape),
        relu_(relu),
        block_(block),
        lines_(s_.columns.dilation == 1 || s_.columns.size == 1),
        zeros_(static_cast<size_t>((lines_ ? s_.columns.size : 1) * s_.channels), 0.0f) {
    while (lo_ < s_.columns.output && s_.columns.begin(lo_) > 0) ++lo_;
    hi_ = s_.columns.output;
    while (hi_ > lo_ && s_.columns.end(hi_ - 1) < s_.columns.size) --hi_;
    inside_ = lines_ && lo_ == 0 && hi_ == s_.columns.output;
    by_rows_ = lines_ && !inside_ && s_.channels < kFewChannels;
  }

  void run(const float* x, const float* kernel, const float* bias, float* out) const {
    if (by_rows_) {
      parallel_for(s_.batch * s_.rows.output, grain(s_.columns.output), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) run_row(row, x, kernel, bias, out);
      });
      return;
    }
    const int64_t chunks = (results() + kChunk - 1) / kChunk, blocks = s_.filters / block_;
    const int64_t splits = chunks < kFewChunks ? blocks : 1, filters = s_.filters / splits;
    parallel_for(chunks * splits, grain(kChunk) * splits, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t chunk = i / splits * kChunk, first = i % splits * filters;
        run_range(chunk, std::min(results(), chunk + kChunk), inside_, x,
                  kernel + first * s_.rows.size * s_.columns.size * s_.channels, bias ? bias + first : nullptr,
                  out + first, filters);
      }
    });
  }

 private:
  int64_t results() const { return s_.batch * s_.rows.output * s_.columns.output; }
  /// Pieces of so many results that make up a grain.
  int64_t grain(int64_t piece) const {
    return std::max<int64_t>(1, kGrain / (piece * s_.filters * s_.rows.size * s_.columns.size * s_.channels));
  }

  /// One row of results: what lies at the margins apart from what is between them.
  void run_row(int64_t row, const float* x, const float* kernel, const float* bias, float* out) const {
    const int64_t first = row * s_.columns.output;
    const auto range = [&](int64_t begin, int64_t end, bool lines) {
      for (; begin < end; begin += kChunk)
        run_range(first + begin, first + std::min(end, begin + kChunk), lines, x, kernel, bias, out, s_.filters);
    };
    range(0, lo_, false);
    range(lo_, hi_, true);
    range(hi_, s_.columns.output, false);
  }

  /// The results [begin, end) of some filters, whose windows are read line by line or pixel by pixel.
  void run_range(int64_t begin, int64_t end, bool lines, const float* x, const float* kernel, const float* bias,
                 float* out, int64_t filters) const {
    const int64_t runs = s_.rows.size * (lines ? 1 : s_.columns.size), count = end - begin;
    detail::LentVector<const float*, Images> starts;
    starts->resize(static_cast<size_t>(runs * count));
    for (int64_t at = begin; at < end;) {
      const int64_t row = at / s_.columns.output, column = at % s_.columns.output;
      const int64_t here = std::min(end - at, s_.columns.output - column);
      fill_starts(row, column, here, lines, x, starts->data() + (at - begin), count);
      at += here;
    }
    const DirectConv conv{runs, s_.channels * (lines ? s_.columns.size : 1), filters, std::min(block_, filters),
                          relu_};
    detail::direct_conv(conv, starts->data(), count, kernel, bias, out + begin * s_.filters, s_.filters);
  }

  /// Of `count` results of a row, where their runs begin; runs are `step` apart in `starts`.
  void fill_starts(int64_t row, int64_t column, int64_t count, bool lines, const float* x, const float** starts,
                   int64_t step) const {
    const int64_t image = row / s_.rows.output, first = s_.rows.first(row % s_.rows.output);
    const int64_t stride = s_.columns.stride * s_.channels;
    for (int64_t i = 0; i < s_.rows.size; ++i) {
      const int64_t y = first + i * s_.rows.dilation;
      const float* const line = x + (image * s_.rows.input + y) * s_.columns.input * s_.channels;
      for (int64_t j = 0; j < (lines ? 1 : s_.columns.size); ++j, starts += step) {
        const int64_t from = s_.columns.first(column) + j * s_.columns.dilation;
        // The results [begin, end) have this pixel inside the image.
        int64_t begin = 0, end = y < 0 || y >= s_.rows.input ? 0 : count;
        while (begin < end && from + begin * s_.columns.stride < 0) ++begin;
        while (end > begin && from + (end - 1) * s_.columns.stride >= s_.columns.input) --end;
        std::fill(starts, starts + begin, zeros_.data());
        const float* at = line + (from + begin * s_.columns.stride) * s_.channels;
        for (int64_t k = begin; k < end; ++k, at += stride) starts[k] = at;
        std::fill(starts + end, starts + count, zeros_.data());
      }
    }
  }

  const ConvShape s_;
  const bool relu_;
  const int64_t block_;
  const bool lines_;
  const std::vector<float> zeros_;
  int64_t lo_ = 0, hi_ = 0;  // results of a row whose windows lie inside the image, along the row
  bool inside_, by_rows_;    // whether all do; whether the others are computed apart from them
};

/// Copies images into the middle of zeros.
void copy_with_margins(const ConvShape& from, const ConvShape& to, const float* x, float* copy) {
  const int64_t line = from.columns.input * from.channels, wide = to.columns.input * from.channels;
  const int64_t left = from.columns.before * from.channels;
  for (int64_t image = 0; image < from.batch; ++image) {
    std::fill_n(copy, from.rows.before * wide, 0.0f);
    copy += from.rows.before * wide;
    for (int64_t row = 0; row < from.rows.input; ++row, x += line, copy += wide) {
      std::fill_n(copy, left, 0.0f);
      std::copy_n(x, line, copy + left);
      std::fill(copy + left + line, copy + wide, 0.0f);
    }
    const int64_t below = to.rows.input - from.rows.before - from.rows.input;
    std::fill_n(copy, below * wide, 0.0f);
    copy += below * wide;
  }
}

/// A kernel (height, width, channels, filters) in blocks of filters.
Layout blocked_kernel(int64_t block) { return {{3, 0, 1, 2}, {{3, static_cast<int>(block)}}}; }

ConvShape shape_of(const KernelDesc& desc) {
  return detail::conv_shape(detail::forward_attrs(desc), desc.inputs[0].type.shape, desc.inputs[1].type.shape);
}

std::optional<std::string> refuses(const KernelDesc& desc) {
  for (const auto* operands : {&desc.inputs, &desc.outputs}) {
    for (const Operand& operand : *operands) {
      if (operand.type.dtype != DType::kFloat32) return "only for float32";
      if (operand.type.shape.size() == 0) return "an operand is empty";
    }
  }
  if (!desc.inputs[0].layout.row_major() || !desc.outputs[0].layout.row_major()) return "only for channels last";
  const ConvShape s = shape_of(desc);
  if (s.groups != 1) return "only for one group";
  const Layout& kernel = desc.inputs[1].layout;
  if (!(kernel.row_major() && desc.inputs[1].steady) && kernel != blocked_kernel(detail::direct_conv_block(s.filters)))
    return "only for kernels that stay as they are";
  return std::nullopt;
}

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const bool fused = desc.op.name == "conv2d_bias_act";
  const bool relu = fused && desc.attrs.as<Conv2DBiasActAttrs>().activation == "relu";
  const ConvShape s = shape_of(desc), whole = with_margins(s);
  const int64_t block = detail::direct_conv_block(s.filters);
  const auto size = static_cast<size_t>(s.batch) * static_cast<size_t>(s.channels) *
                    static_cast<size_t>(whole.rows.input) * static_cast<size_t>(whole.columns.input);
  const bool small = static_cast<double>(whole.rows.input) * static_cast<double>(whole.columns.input) *
                         static_cast<double>(s.batch * s.channels) <= kCopied;
  const bool copies = small && (reaches_out(s.rows) || reaches_out(s.columns));
  return make_kernel(
      [=, images = Images(copies ? whole : s, relu, block)](const KernelArgs& args) {
        const float* x = args.input<float>(0);
        if (copies) {
          auto* const copy = static_cast<float*>(args.workspace);
          copy_with_margins(s, whole, x, copy);
          x = copy;
        }
        images.run(x, args.input<float>(1), fused ? args.input<float>(2) : nullptr, args.output<float>(0));
      },
      copies ? size * sizeof(float) : 0);
}

std::optional<LayoutWish> wishes(const KernelDesc& desc) {
  LayoutWish wish{std::vector<Layout>(desc.inputs.size()), std::vector<Layout>(desc.outputs.size())};
  wish.inputs[1] = blocked_kernel(detail::direct_conv_block(shape_of(desc).filters));
  return wish;
}

const std::vector<KernelCandidate> kCandidates = {
    {.name = "direct", .refuses = refuses, .prepare = prepare, .wishes = wishes}};
constexpr int kBeforeOthers = 2;
const KernelRegistration kConv("conv2d", DeviceKind::kCpu, kCandidates, kBeforeOthers);
const KernelRegistration kFused("conv2d_bias_act", DeviceKind::kCpu, kCandidates, kBeforeOthers);

}  // namespace
}  // namespace lamina
