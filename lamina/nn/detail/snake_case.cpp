// snake_case.
#include "lamina/nn/detail/snake_case.h"

#include <cctype>

namespace lamina::detail {

std::string snake_case(const std::string& camel) {
  std::string snake;
  for (size_t i = 0; i < camel.size(); ++i) {
    const auto is = [&](int (*kind)(int), size_t at) {
      return at < camel.size() && kind(static_cast<unsigned char>(camel[at]));
    };
    if (i > 0 && is(std::isupper, i) && (is(std::islower, i - 1) || is(std::islower, i + 1))) snake += '_';
    snake += static_cast<char>(std::tolower(static_cast<unsigned char>(camel[i])));
  }
  return snake;
}

}  // namespace lamina::detail
