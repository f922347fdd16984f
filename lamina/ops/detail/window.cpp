// Padding by numbers.
#include "lamina/ops/detail/window.h"

#include <charconv>

namespace lamina::detail {

std::optional<Margins> explicit_margins(const std::string& padding) {
  Margins margins;
  int64_t* const numbers[] = {&margins.before[0], &margins.after[0], &margins.before[1], &margins.after[1]};
  const char* at = padding.data();
  const char* const end = at + padding.size();
  for (int i = 0; i < 4; ++i) {
    const auto [next, error] = std::from_chars(at, end, *numbers[i]);
    if (error != std::errc() || *numbers[i] < 0 || *numbers[i] > kMostPixels) return std::nullopt;
    at = next;
    if (i < 3 && (at == end || *at++ != ',')) return std::nullopt;
  }
  return at == end ? std::optional(margins) : std::nullopt;
}

}  // namespace lamina::detail
