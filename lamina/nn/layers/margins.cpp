// Margins in configurations.
#include "lamina/nn/layers/margins.h"

#include <limits>

#include "lamina/nn/config.h"

namespace lamina::detail {

Json margins_json(const Margins2D& margins) {
  return Json::list({Json::list({margins.top, margins.bottom}), Json::list({margins.left, margins.right})});
}

Margins2D read_margins(ConfigReader& reader, const char* key, const Margins2D& otherwise) {
  const Json value = reader.json(key);
  if (value.is_null()) return otherwise;
  if (value.is_int()) return {value.as_int()};
  const auto refuse = [&]() {
    reader.fail(key, "must be a number, two, or [[top, bottom], [left, right]], received " + value.dump());
  };
  if (!value.is_list() || value.size() != 2) refuse();
  int64_t sides[2][2] = {};
  for (size_t axis = 0; axis < 2; ++axis) {
    const Json& entry = value.at(axis);
    const bool two = entry.is_list() && entry.size() == 2;
    for (size_t side = 0; side < 2; ++side) {
      const Json& number = two ? entry.at(side) : entry;
      if (!number.is_int()) refuse();
      sides[axis][side] = number.as_int();
    }
  }
  return {sides[0][0], sides[0][1], sides[1][0], sides[1][1]};
}

std::string margins_error(const char* what, const Margins2D& margins) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  for (const int64_t margin : {margins.top, margins.bottom, margins.left, margins.right}) {
    if (margin < 0 || margin > kMost)
      return std::string(what) + " must be from 0 to 2^31 - 1, received " + margins_json(margins).dump();
  }
  return {};
}

}  // namespace lamina::detail
