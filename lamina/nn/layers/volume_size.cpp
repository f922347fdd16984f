// Size3 in configurations, and windows over volumes.
#include "lamina/nn/layers/volume_size.h"

#include <limits>

#include "lamina/nn/config.h"
#include "lamina/nn/layers/spatial.h"

namespace lamina::detail {

Size3 read_size3(ConfigReader& reader, const char* key, const Size3& otherwise) {
  const Json value = reader.json(key);
  if (value.is_null()) return otherwise;
  if (value.is_int()) return {value.as_int()};
  const std::vector<int64_t> values = reader.integers(key);
  if (values.size() != 3) reader.fail(key, "must be an integer or a list of three, received " + value.dump());
  return {values[0], values[1], values[2]};
}

std::string volume_window_error(const char* what, const Size3& size) {
  for (const int64_t extent : size.values()) {
    if (extent < 1 || extent > std::numeric_limits<int32_t>::max())
      return std::string(what) + " must be from 1 to 2^31 - 1, received " + triple_json(size).dump();
  }
  return {};
}

Size3 volume_windows(const Shape& input, const Size3& window, const Size3& strides, const Size3& dilations,
                     const std::string& padding) {
  const auto along = [&](int axis) {
    const auto i = static_cast<size_t>(axis);
    return num_windows(input[axis + 1], window.values()[i], strides.values()[i], dilations.values()[i], padding);
  };
  return {along(0), along(1), along(2)};
}

}  // namespace lamina::detail
