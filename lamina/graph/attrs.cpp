// Canonical text of attribute values.
#include "lamina/graph/attrs.h"

#include <charconv>

namespace lamina::detail {
namespace {

template <class T>
std::string list_text(const std::vector<T>& values) {
  std::string text = "[";
  for (size_t i = 0; i < values.size(); ++i) text += (i ? ", " : "") + std::to_string(values[i]);
  return text + "]";
}

}  // namespace

std::string attr_text(bool value) { return value ? "true" : "false"; }
std::string attr_text(int64_t value) { return std::to_string(value); }

std::string attr_text(double value) {
  char buffer[40];
  const auto result = std::to_chars(buffer, buffer + sizeof(buffer), value);
  return {buffer, result.ptr};
}

std::string attr_text(const std::vector<int64_t>& value) { return list_text(value); }
std::string attr_text(const std::vector<int>& value) { return list_text(value); }

}  // namespace lamina::detail
