// Convolutions by Winograd's algorithm, some tiles at a time. Internal header.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/graph/layout.h"
#include "lamina/ops/detail/window.h"

namespace lamina::detail {

/// The order in which a kernel (height, width, channels, filters) that stays is read best.
Layout winograd_kernel_layout(int64_t filters);
/// Why the algorithm is not for such a convolution; nothing where it pays. By the sizes of one image alone, so that the
/// bits do not depend on how many there are.
std::optional<std::string> winograd_refuses(const ConvShape& shape);

/// A convolution that winograd_refuses() takes: tiles of 4 by 4 results, some of them at a time from pixels to results, and
/// filters from the kernel to the points, so that what lies between never leaves the second cache.
class WinogradTiles {
 public:
  struct Operands {
    const float *x, *kernel, *bias;  ///< bias: null, or one for each filter
    float* out;
  };

  /// @param in_order  whether the kernel lies as winograd_kernel_layout() says, and not row-major
  /// @param step      numbers from a result to the next where they are part of a wider image; 0: as many as filters
  WinogradTiles(const ConvShape& shape, bool relu, bool in_order, int64_t step = 0);

  /// All results, shared among the threads.
  void run(const Operands& of) const;

  /// Multiplications.
  int64_t work() const;
  /// Into how many shares the filters of some tiles are cut, so that so many threads have a piece each.
  int64_t shares(int64_t threads) const;
  int64_t pieces(int64_t shares) const { return chunks_ * shares; }
  /// Piece number `i`, by the calling thread.
  void piece(const Operands& of, int64_t i, int64_t shares) const;

 private:
  /// Where a tile's results begin.
  struct Place {
    int64_t image, row, column;
  };
  Place place(int64_t tile) const;
  const float* filters_at(const float* kernel, int64_t filter) const;
  void tiles(const Operands& of, int64_t first, int64_t count, int64_t begin, int64_t end) const;
  void pixels(const float* x, const Place& at, float* ready, int64_t step) const;
  void results(const Operands& of, const Place& at, int64_t filter, int64_t width, const float* products,
               int64_t step) const;
  void by_definition(const Operands& of, const Place& at, int64_t filter, int64_t width, float* out) const;

  const ConvShape s_;
  const bool relu_;
  const int64_t block_, tap_, line_;  // of the kernel: filters that lie together, elements and channels of theirs
  const int64_t step_;
  const std::vector<int64_t> down_, across_;
  const int64_t tiles_, chunks_, chunk_, panels_;
};

}  // namespace lamina::detail
