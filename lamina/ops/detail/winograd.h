// Winograd's algorithm for windows of 3 by 3 pixels side by side, 4 by 4 results at once (Lavin and Gray, 2015): a tile of
// results is 36 products of channels instead of 144. Internal header.
#pragma once

#include <cstdint>

namespace lamina::detail {

/// What one tile has: results along an axis, pixels that they read, and points at which the polynomials of both are taken.
constexpr int64_t kWinogradResults = 4;
constexpr int64_t kWinogradPixels = 6;
constexpr int64_t kWinogradPoints = kWinogradPixels * kWinogradPixels;

/// From one point of `count` numbers to the next: a line of the cache more than they take, or all points would lie in the
/// same few places of the nearest cache where sizes are powers of two.
constexpr int64_t winograd_step(int64_t count) { return (count + 15) / 16 * 16 + 16; }
/// Filters of 3 by 3 elements, from 4 on, at all points: (points, channels, filters), winograd_step(channels * filters)
/// numbers from one point to the next.
/// @param tap   numbers from an element of the window to the next
/// @param line  numbers from a channel to the next
void winograd_filters(const float* kernel, int64_t tap, int64_t line, int64_t channels, int64_t filters, float* points);

/// 6 by 6 pixels of channels (from 4 on) at all points, `step` numbers from one to the next.
/// @param line   numbers from a line of pixels to the next
/// @param pixel  numbers from a pixel to the next
void winograd_pixels(const float* x, int64_t line, int64_t pixel, int64_t channels, float* points, int64_t step);

/// Of `count` tiles the channels at all points, (points, count, channels), times those of some filters, (points, channels,
/// filters): to `out`, (points, count, filters). From one point to the next it is winograd_step() of what each has. From 4
/// filters on. The bits of a tile do not depend on the others.
void winograd_products(const float* tiles, const float* filter_points, int64_t count, int64_t channels, int64_t filters,
                       float* out);

/// Where a tile's results go, and what is added to them.
struct WinogradResults {
  const float* bias;  ///< one for each filter, or null
  bool relu;          ///< makes 0 of what is below; NaN stays
  float* out;
  int64_t line, pixel;    ///< numbers from a line of results to the next, and from a result to the next
  int64_t rows, columns;  ///< of the 4 by 4, those that there are
};

/// The results of `filters` filters (from 4 on) from their products at all points, `step` numbers from one to the next.
/// Returns whether all are finite: where not, a number that belongs to one result may have reached others.
bool winograd_results(const WinogradResults& to, const float* points, int64_t step, int64_t filters);

}  // namespace lamina::detail
