// The inner loops of grouped convolutions of float64: a few filters side by side, each with the channel of
// its own group. Internal header.
#pragma once

#include <cstdint>

namespace lamina::detail {

/// Pixels are spread out in lines before: each as `channels` times kFilters numbers, the channel that each
/// filter reads. What is added in which order does not depend on the instruction set's width.
struct FilterBlock {
  /// Whatever the instruction set, so that spreading needs to know none.
  static constexpr int64_t kFilters = 16;

  bool one_group;          ///< whether all filters read the same
  int64_t step;            ///< numbers between the pixels of neighbouring results
  const int64_t* offsets;  ///< of each term's pixel from the first of a result, in numbers
  int64_t terms;

  /// `out`: `count` results, `out_step` numbers apart, each of kFilters numbers.
  /// @param kernel  kFilters numbers for each term
  /// @param add     whether to add to what `out` holds
  void results(const double* lines, const double* kernel, int64_t count, bool add, double* out,
               int64_t out_step) const;

  /// Adds the gradient of the kernel: for each term the sum over `count` results of its pixels times
  /// `gradients` (kFilters numbers a result).
  void kernel_gradient(const double* lines, const double* gradients, int64_t count, double* kernel) const;
};

}  // namespace lamina::detail
