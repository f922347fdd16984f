// A unit of the double array: bit 31 says that it holds a value, in the others; else bits 0-7 are the label,
// bit 8 says that a value is among its children, bits 9-30 (shifted by 8 more with bit 9 set) are the offset
// to them.
#include "lamina/text/tokenizers/detail/charsmap.h"

#include <cstring>

#include "lamina/base/error.h"

namespace lamina::detail::tokenizers {

Charsmap::Charsmap(std::string_view bytes) {
  if (bytes.empty()) return;
  uint32_t size = 0;
  if (bytes.size() >= sizeof size) std::memcpy(&size, bytes.data(), sizeof size);
  if (bytes.size() < sizeof size || size > bytes.size() - sizeof size || size % 4 != 0 || size == 0) {
    throw InvalidArgument("the precompiled charsmap of " + std::to_string(bytes.size()) +
                          " bytes is damaged: its table would have " + std::to_string(size));
  }
  units_.resize(size / 4);
  std::memcpy(units_.data(), bytes.data() + sizeof size, size);
  replacements_ = bytes.substr(sizeof size + size);
}

Charsmap::Match Charsmap::find(std::string_view text, bool first) const {
  Match match = {0, {}};
  if (units_.empty()) return match;
  const auto offset = [](uint32_t unit) { return (unit >> 10) << ((unit & (1u << 9)) >> 6); };
  size_t node = offset(units_[0]);
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == 0) break;
    node ^= byte;
    if (node >= units_.size() || (units_[node] & ((1u << 31) | 0xFF)) != byte) break;
    const uint32_t unit = units_[node];
    node ^= offset(unit);
    if ((unit >> 8 & 1) == 0) continue;
    if (node >= units_.size()) break;
    const size_t value = units_[node] & 0x7FFFFFFF;
    if (value >= replacements_.size()) break;
    const size_t end = std::min(replacements_.find('\0', value), replacements_.size());
    match = {i + 1, std::string_view(replacements_).substr(value, end - value)};
    if (first) break;
  }
  return match;
}

}  // namespace lamina::detail::tokenizers
