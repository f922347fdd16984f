// Margins: how many rows and columns ZeroPadding2D adds, or Cropping2D cuts, at each side of an image.
#pragma once

#include <cstdint>
#include <string>

#include "lamina/base/json.h"
#include "lamina/nn/layer.h"

namespace lamina {

/// Rows and columns at the four sides: 1 for all, {1, 2} for (height, width), or each by itself.
struct Margins2D {
  Margins2D() = default;
  Margins2D(int64_t all) : Margins2D(all, all) {}
  Margins2D(int64_t height, int64_t width) : Margins2D(height, height, width, width) {}
  Margins2D(int64_t above, int64_t below, int64_t before, int64_t after)
      : top(above), bottom(below), left(before), right(after) {}
  int64_t top = 0, bottom = 0, left = 0, right = 0;
  bool operator==(const Margins2D&) const = default;
};

class ConfigReader;

namespace detail {

/// [[top, bottom], [left, right]]
Json margins_json(const Margins2D& margins);
/// A number, [height, width] or the above.
Margins2D read_margins(ConfigReader& reader, const char* key, const Margins2D& otherwise);
/// The text that is wrong with them, or nothing: not negative, below 2^31.
std::string margins_error(const char* what, const Margins2D& margins);

}  // namespace detail
}  // namespace lamina
