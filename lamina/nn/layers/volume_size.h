// Size3: depth, height and width of windows over volumes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/base/shape.h"

namespace lamina {

/// Depth, height and width: {3, 3, 3}, or 3 for all.
struct Size3 {
  Size3() = default;
  Size3(int64_t all) : depth(all), height(all), width(all) {}
  Size3(int64_t planes, int64_t rows, int64_t columns) : depth(planes), height(rows), width(columns) {}
  int64_t depth = 0, height = 0, width = 0;
  bool operator==(const Size3&) const = default;
  std::vector<int64_t> values() const { return {depth, height, width}; }
};

class ConfigReader;

namespace detail {

inline Json triple_json(const Size3& size) { return Json::list({size.depth, size.height, size.width}); }
/// A number for all or a list of three; `otherwise` where it is absent.
Size3 read_size3(ConfigReader& reader, const char* key, const Size3& otherwise);
/// The text that is wrong with an argument of windows, or nothing: positive extents below 2^31.
std::string volume_window_error(const char* what, const Size3& size);
/// num_windows of the three axes behind the batch: -1 where the extent is unknown.
Size3 volume_windows(const Shape& input, const Size3& window, const Size3& strides, const Size3& dilations,
                     const std::string& padding);

}  // namespace detail
}  // namespace lamina
