// Convolutions of channels-last images without a matrix of windows: what a filter reads lies in a few runs of
// numbers, each read where it is. Internal header.
#pragma once

#include <cstdint>

namespace lamina::detail {

/// What all results of a convolution share.
struct DirectConv {
  int64_t runs;     ///< runs of numbers that a window consists of
  int64_t length;   ///< numbers of a run
  int64_t filters;
  /// Filters that lie together in `kernel`: runs * length lines of so many, then those of the next ones. All filters,
  /// or the number that direct_conv_block() gave.
  int64_t block;
  bool relu;        ///< makes 0 of what is below; NaN stays
};

/// Into how many filters kernels are best divided, if they are put in order at all: a divisor of `filters`, or
/// `filters` where the kernel may lie as it is.
int64_t direct_conv_block(int64_t filters);

/// Where windows begin.
struct DirectStarts {
  /// Of each run a place for each result; with `step`, that of the first result alone, or null where the run is zeros.
  const float* const* places;
  int64_t step = 0;  ///< numbers from a result's place to the next one's; 0: `places` has each
};

/// `count` results of all filters, `out_step` numbers apart: bias (null: none) plus the products of each window. The
/// bits of a result do not depend on the others.
void direct_conv(const DirectConv& conv, const DirectStarts& starts, int64_t count, const float* kernel,
                 const float* bias, float* out, int64_t out_step);

}  // namespace lamina::detail
