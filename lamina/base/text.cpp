// Numbers and names as people read them.
#include <algorithm>

#include "lamina/base/detail/text.h"

namespace lamina::detail {

std::string grouped(int64_t value) {
  std::string digits = std::to_string(value);
  for (int64_t at = static_cast<int64_t>(digits.size()) - 3; at > (value < 0 ? 1 : 0); at -= 3) {
    digits.insert(static_cast<size_t>(at), ",");
  }
  return digits;
}

std::string count_of(int64_t count, const std::string& noun, const std::string& plural) {
  return grouped(count) + " " + (count == 1 ? noun : plural.empty() ? noun + "s" : plural);
}

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::string continued(const std::string& text, const char* sign, const std::string& more) {
  const bool ended = !text.empty() && std::string_view(".?!").find(text.back()) != std::string_view::npos;
  return text + (ended ? "" : sign) + " " + more;
}

std::string spaced(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

namespace {

// Whether a character of UTF-8 starts at `at`.
bool starts_character(std::string_view text, size_t at) {
  return at >= text.size() || (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80;
}

}  // namespace

std::string excerpt(std::string_view text, size_t most) {
  std::string shown;
  const auto add = [&shown](std::string_view part) {
    constexpr char kDigits[] = "0123456789abcdef";
    for (const char c : part) {
      const auto byte = static_cast<unsigned char>(c);
      if ((byte >= 32 && byte != 127) || c == '\n' || c == '\t') {
        shown += c;
      } else {
        shown += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
      }
    }
  };
  if (text.size() <= most) {
    add(text);
    return shown;
  }
  // What was expected stands at the start, what to do at the end.
  size_t head = most / 4 * 3, tail = text.size() - most / 4;
  while (head > 0 && !starts_character(text, head)) --head;
  while (!starts_character(text, tail)) ++tail;
  add(text.substr(0, head));
  shown += " [" + grouped(static_cast<int64_t>(tail - head)) + " bytes left out] ";
  add(text.substr(tail));
  return shown;
}

}  // namespace lamina::detail
