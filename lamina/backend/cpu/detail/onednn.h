// Bridge to oneDNN: convolutions as plans that are made once, kept in a cache of our own, and run without
// allocation; and the library's matrix product. Internal: nothing of oneDNN's own types leaves onednn.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace lamina::onednn {

/// One or more primitives that run after another on fixed descriptors. Shared by all kernels that need the
/// same.
class Plan {
 public:
  virtual ~Plan() = default;
  /// Scratch memory for one run, to be aligned to 64 bytes.
  virtual size_t workspace() const = 0;
  /// About how many bytes it holds: code that the library generated, above all.
  virtual size_t bytes() const = 0;
  /// Runs on these addresses. Several threads may run one plan at once.
  virtual void run(const void* const* inputs, void* const* outputs, void* workspace) const = 0;
};

/// A convolution of float32 images. Kernels are (height, width, channels / groups, filters), row-major.
struct Conv {
  int64_t batch, height, width, channels;
  int64_t filters, kernel_height, kernel_width, groups;
  int64_t out_height, out_width;
  int64_t stride_height, stride_width, dilation_height, dilation_width;
  int64_t top, left, bottom, right;  ///< padding, >= 0
  /// Channels per block of image and output: 0 for channels-last, else oneDNN's nChw8c (8) or nChw16c (16).
  int image_block, out_block;
  bool bias, relu;
  /// Whether the kernel comes in the order that kernel_order() says.
  bool packed_kernel = false;
};

/// The plans below are null when the library has nothing but its plain reference for the case.
/// Inputs: image, kernel, bias if conv.bias; output: relu(conv + bias).
std::shared_ptr<const Plan> conv_forward(const Conv& conv);
/// Inputs: gradient of the output, kernel; output: gradient of the image.
std::shared_ptr<const Plan> conv_grad_input(const Conv& conv);
/// Inputs: image, gradient of the output; outputs: gradient of the kernel, and of the bias if conv.bias.
std::shared_ptr<const Plan> conv_grad_kernel(const Conv& conv);

/// The channel block (8 or 16) that the library likes best for image and output of `conv` when all three
/// passes may choose; nothing when it likes channels-last.
std::optional<int> preferred_block(const Conv& conv);

/// Row-major c(m, n) = a(m, k) b(k, n) in float32; a transposed operand is stored (k, m) or (n, k). `ld*` are
/// the elements from one stored row to the next.
void sgemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const float* a, int64_t lda,
           const float* b, int64_t ldb, float* c, int64_t ldc);

/// A memory order of kernels: axes 0 to 3 are height, width, channels and filters; outermost first, then
/// blocks (axis, size) that are split off them, innermost last.
struct KernelOrder {
  std::vector<int> order;
  std::vector<std::pair<int, int>> blocks;
  bool operator==(const KernelOrder&) const = default;
};
/// The order in which the forward pass wants its kernel; nothing where it takes kernels row-major, or wants
/// what cannot be said so.
std::optional<KernelOrder> kernel_order(const Conv& conv);

/// Plans in the cache, and how often one was made: for tests.
struct CacheStatistics {
  size_t entries;
  int64_t made;
};
CacheStatistics cache_statistics();

/// "2.6.3"
const char* version();

}  // namespace lamina::onednn
