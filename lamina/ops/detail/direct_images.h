// Convolutions of channels-last images by our own kernel, image by image and row by row. Internal header.
#pragma once

#include <cstdint>
#include <vector>

#include "lamina/graph/layout.h"
#include "lamina/ops/detail/window.h"

namespace lamina::detail {

/// The order in which a kernel (height, width, channels, filters) that stays is read best: in blocks of filters.
Layout direct_kernel_layout(int64_t filters);

/// A convolution without groups, for any number of images. A window is read line by line where all of a line lies
/// inside, or pixel by pixel; pixels outside are zeros that lie elsewhere. Small images are copied with zeros around
/// them, so that no window has a part outside. Where windows are pixels, results outside are the bias and nothing else.
class DirectImages {
 public:
  /// @param block  how many filters lie together in the kernel, as DirectConv has it
  /// @param step   numbers from a result to the next where they are part of a wider image; 0: as many as filters
  DirectImages(const ConvShape& shape, bool relu, int64_t block, int64_t step = 0);

  /// Bytes that `begin` wants for a copy.
  size_t workspace() const;
  /// The images as `results` wants them: once for a run.
  const float* begin(const float* x, void* workspace) const;

  /// All results.
  void run(const float* x, const float* kernel, const float* bias, float* out) const;
  /// The rows [first, last) of results, of all images one after the other, to where `out` points, by the calling thread.
  void rows(const float* x, const float* kernel, const float* bias, float* out, int64_t first, int64_t last) const;

 private:
  int64_t results() const { return s_.batch * s_.rows.output * s_.columns.output; }
  int64_t grain(int64_t results, int64_t filters) const;
  template <class F>
  void pieces(int64_t count, F&& f) const;
  void run_pixels(const float* x, const float* kernel, const float* bias, float* out) const;
  void row(int64_t row, const float* x, const float* kernel, const float* bias, float* out) const;
  void range(int64_t begin, int64_t end, bool lines, const float* x, const float* kernel, const float* bias,
             float* out, int64_t filters) const;
  void fill_lines(int64_t row, int64_t column, const float* x, const float** starts) const;
  void fill_starts(int64_t row, int64_t column, int64_t count, bool lines, const float* x, const float** starts,
                   int64_t step) const;

  const ConvShape given_;
  const bool copies_;
  const ConvShape s_;  // as it is computed
  const bool relu_;
  const int64_t block_, step_;
  const int64_t chunk_;  // results that are computed together
  const bool lines_;
  const std::vector<float> zeros_;
  int64_t lo_ = 0, hi_ = 0;  // results of a row whose windows lie inside the image, along the row
  bool inside_, by_rows_;    // whether all do; whether the others are computed apart from them
  bool pixels_;              // whether windows are pixels side by side
  bool one_line_;            // and one for each, so that none lies outside
};

}  // namespace lamina::detail
