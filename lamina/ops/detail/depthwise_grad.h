// Gradients of convolutions in which each filter reads the channel of its own number. Internal header.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lamina/ops/detail/window.h"

namespace lamina::detail {

/// The gradient of channels-last images.
struct DepthwiseGradInput {
  int64_t channels;
  Window rows, columns;

  /// Whether the elements of a window that meet one pixel are few enough.
  bool takes() const;
  /// The rows [begin, end) of the gradient, of all images one after the other, to where `dx` points.
  /// @param kernel  (height, width, channels)
  /// @tparam T      float or double
  template <class T>
  void run(const T* dy, const T* kernel, T* dx, int64_t begin, int64_t end) const;
};

/// The gradient of the kernel, and of a bias: sums over rows of results. The rows are cut into pieces that
/// depend on the shape alone and are added up in their order: the same bits for any number of threads.
class DepthwiseGradKernel {
 public:
  /// @param batch  images
  DepthwiseGradKernel(int64_t batch, int64_t channels, const Window& rows, const Window& columns);

  /// Numbers that `run` writes to.
  size_t workspace() const;
  /// @param kernel  (height, width, channels)
  /// @param bias    one for each channel, or null
  /// @tparam T      float or double
  template <class T>
  void run(const T* x, const T* dy, T* kernel, T* bias, T* workspace) const;

 private:
  int64_t sums() const {
    return (rows_.size * columns_.size + 1) * channels_;
  }  // of a piece: the kernel's, then the bias's

  int64_t channels_;
  Window rows_, columns_;
  int64_t all_rows_, pieces_, strips_;
};

}  // namespace lamina::detail
