// Where the terms of a convolution in groups lie, once the channels that a few filters read are spread out
// side by side. Internal header of kernels.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "lamina/ops/detail/filter_block.h"
#include "lamina/ops/detail/window.h"

namespace lamina::detail {

/// One axis: results are `stride` apart and terms `dilation` on an image that lies with `gap` - 1 zeros
/// between its pixels, `before` behind the first result's first term.
struct GroupAxis {
  int64_t input, output, size, stride, dilation, before, gap = 1;

  static GroupAxis forward(const Window& w) {
    return {w.input, w.output, w.size, w.stride, w.dilation, w.before};
  }
  /// The other way: results of the convolution are the image.
  static GroupAxis backward(const Window& w) {
    return {w.output, w.input, w.size, 1, w.dilation, w.span() - 1 - w.before, w.stride};
  }
  /// What `results` of them cover.
  int64_t covered(int64_t results) const { return (results - 1) * stride + (size - 1) * dilation + 1; }
  /// The pixel at `place` of what the results from `first` on cover, or -1.
  int64_t pixel(int64_t first, int64_t place) const {
    const int64_t at = first * stride + place - before;
    if (gap == 1) return at >= 0 && at < input ? at : -1;  // most often, and divisions take time
    return at >= 0 && at % gap == 0 && at / gap < input ? at / gap : -1;
  }
};

/// A part of the work: some filters of some rows of results.
struct FilterGroups {
  static constexpr int64_t kFilters = FilterBlock::kFilters;
  /// Numbers that lie spread out at a time, unless one row of results takes more: in the nearest cache, or in
  /// the second where they are many copies,
  static constexpr int64_t kNear = 1 << 12, kCopied = 1 << 15;
  /// terms for which it pays to fetch a result and store it, and those whose kernel stays in the nearest
  /// cache, too;
  static constexpr int64_t kTerms = 16, kShared = 160;
  /// and those that one row may take: windows may reach far beyond an image.
  static constexpr int64_t kMost = 1 << 20;

  GroupAxis rows, columns;
  int64_t batch, channels, filters, groups;
  int64_t rows_at_once = 1, channels_at_once = 1;  ///< channels of a group
  std::vector<int64_t> offsets;                    ///< of the terms, channel by channel

  FilterGroups(GroupAxis r, GroupAxis c, int64_t n, int64_t in, int64_t out, int64_t number)
      : rows(r), columns(c), batch(n), channels(in), filters(out), groups(number) {
    // Where pixels are copied many times, rather for many rows of results, which share them.
    const int64_t wanted = ((one_group() ? kShared : kTerms) + taps() - 1) / taps();
    const int64_t at_once = one_group() ? kNear : kCopied;
    channels_at_once =
        std::clamp<int64_t>(std::min(wanted, at_once / (rows.covered(1) * line())), 1, group_channels());
    while (rows_at_once < rows.output && rows.covered(rows_at_once + 1) * line() <= at_once) ++rows_at_once;
    for (int64_t channel = 0; channel < channels_at_once; ++channel) {
      for (int64_t i = 0; i < rows.size; ++i) {
        for (int64_t j = 0; j < columns.size; ++j)
          offsets.push_back(i * rows.dilation * line() + j * columns.dilation * pixel() + channel * copies());
      }
    }
  }

  int64_t group_channels() const { return channels / groups; }
  int64_t group_filters() const { return filters / groups; }
  int64_t taps() const { return rows.size * columns.size; }
  int64_t width() const { return columns.covered(columns.output); }
  /// Whether the filters of each block are of one group, and read the same.
  bool one_group() const { return group_filters() % kFilters == 0; }
  int64_t copies() const { return one_group() ? 1 : kFilters; }
  /// Numbers that a pixel takes, and those in a row.
  int64_t pixel() const { return channels_at_once * copies(); }
  int64_t line() const { return width() * pixel(); }
  int64_t blocks() const { return (filters + kFilters - 1) / kFilters; }
  int64_t lines() const { return rows.covered(rows_at_once) * line(); }
  int64_t multiplications() const {
    return batch * rows.output * columns.output * blocks() * kFilters * group_channels() * taps();
  }
  FilterBlock block(int64_t count) const {
    return {one_group(), columns.stride * pixel(), offsets.data(), count * taps()};
  }

  /// f(first channel of a group, how many) for all of them.
  void each_channels(const auto& f) const {
    for (int64_t c = 0; c < group_channels(); c += channels_at_once)
      f(c, std::min(channels_at_once, group_channels() - c));
  }
  /// f(first row of results, end).
  void each_rows(const auto& f) const {
    for (int64_t y = 0; y < rows.output; y += rows_at_once) f(y, std::min(rows.output, y + rows_at_once));
  }

  /// Spreads out what filters from `filter` on read for the rows [first, end) of results of one image.
  void spread(const double* image, int64_t filter, int64_t channel, int64_t count, int64_t first, int64_t end,
              double* to) const {
    int64_t from[kFilters];
    for (int64_t lane = 0; lane < kFilters; ++lane)
      from[lane] = std::min(filter + lane, filters - 1) / group_filters() * group_channels() + channel;
    // One number for all filters, or one for each in the order in which they lie.
    const bool depthwise = group_channels() == 1 && group_filters() == 1;
    const bool copied = one_group() || (depthwise && filter + kFilters <= filters);
    for (int64_t row = 0; row < rows.covered(end - first); ++row) {
      const int64_t y = rows.pixel(first, row);
      for (int64_t column = 0; column < width(); ++column, to += pixel()) {
        const int64_t x = y < 0 ? -1 : columns.pixel(0, column);
        if (x < 0) {
          std::fill_n(to, count * copies(), 0.0);
          continue;
        }
        const double* const at = image + (y * columns.input + x) * channels;
        if (copied) {
          std::copy_n(at + from[0], one_group() ? count : kFilters, to);
          continue;
        }
        for (int64_t c = 0; c < count; ++c) {
          for (int64_t lane = 0; lane < kFilters; ++lane) to[c * kFilters + lane] = at[from[lane] + c];
        }
      }
    }
  }
};

}  // namespace lamina::detail
