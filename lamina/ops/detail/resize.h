// Which pixels a resized axis is made of. Internal header.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lamina::detail {

/// A pixel of the smaller or larger axis is the sum of `weight` times pixel `from`, over `count` entries from
/// `first` on.
struct ResizedAxis {
  struct Tap {
    int64_t from;
    double weight;
  };
  std::vector<Tap> taps;
  std::vector<int64_t> first;  ///< one per pixel of the result, and the end
};

/// Whether there is such an interpolation.
bool is_interpolation(const std::string& name);

/// From `input` to `output` pixels, both at least 1.
ResizedAxis resized_axis(int64_t input, int64_t output, const std::string& interpolation);

}  // namespace lamina::detail
