// Attributes of the op quantize_weights. Internal header.
#pragma once

#include <cstdint>

namespace lamina::detail {

struct QuantizeWeightsAttrs {
  int64_t bits = 8;   ///< or 4
  int64_t group = 0;  ///< neighbours of a line that share a scale; 0: all
  bool operator==(const QuantizeWeightsAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("bits", self.bits);
    visit("group", self.group);
  }
  /// The largest integer.
  float largest() const { return bits == 8 ? 127 : 7; }
};

}  // namespace lamina::detail
