// Winograd's algorithm for windows of 3 by 3 pixels side by side, 4 by 4 results at once (Lavin and Gray, 2015): a tile of
// results is 36 products of channels instead of 144. Internal header.
#pragma once

#include <cstdint>

namespace lamina::detail {

/// What one tile has: results along an axis, pixels that they read, and points at which the polynomials of both are taken.
constexpr int64_t kWinogradResults = 4;
constexpr int64_t kWinogradPixels = 6;
constexpr int64_t kWinogradPoints = kWinogradPixels * kWinogradPixels;
/// Filters that lie together in what winograd_kernel gives.
constexpr int64_t kWinogradPanel = 32;

/// A kernel (3, 3, channels, filters) at all points: panels of filters one after the other, of each the points, of each
/// point the channels by the filters of the panel. 4 times as many numbers.
void winograd_kernel(const float* kernel, int64_t channels, int64_t filters, float* points);

/// 6 by 6 pixels of channels (from 4 on) at all points, `step` numbers from one to the next.
/// @param line   numbers from a line of pixels to the next
/// @param pixel  numbers from a pixel to the next
void winograd_pixels(const float* x, int64_t line, int64_t pixel, int64_t channels, float* points, int64_t step);

/// Where a tile's results go, and what is added to them.
struct WinogradResults {
  const float* bias;  ///< one for each filter
  bool relu;          ///< makes 0 of what is below; NaN stays
  float* out;
  int64_t line, pixel;    ///< numbers from a line of results to the next, and from a result to the next
  int64_t rows, columns;  ///< of the 4 by 4, those that there are
};

/// The results of `filters` filters (from 4 on) from their products at all points, `step` numbers from one to the next.
/// Returns whether all are finite: where not, a number that belongs to one result may have reached others.
bool winograd_results(const WinogradResults& to, const float* points, int64_t step, int64_t filters);

}  // namespace lamina::detail
