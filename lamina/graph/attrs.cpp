// Canonical text of attribute values, written and read.
#include "lamina/graph/attrs.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

namespace lamina::detail {
namespace {

template <class T>
std::string list_text(const std::vector<T>& values) {
  std::string text = "[";
  for (size_t i = 0; i < values.size(); ++i) text += (i ? ", " : "") + std::to_string(values[i]);
  return text + "]";
}

template <class T>
void read_list(TextCursor& text, std::vector<T>& values) {
  values.clear();
  text.expect("[");
  if (text.take("]")) return;
  do attr_read(text, values.emplace_back());
  while (text.take(","));
  text.expect("]");
}

}  // namespace

std::string attr_text(bool value) { return value ? "true" : "false"; }
std::string attr_text(int64_t value) { return std::to_string(value); }

std::string attr_text(double value) {
  char buffer[40];
  const auto bits = std::bit_cast<uint64_t>(value);
  if (std::isnan(value) && bits != std::bit_cast<uint64_t>(std::numeric_limits<double>::quiet_NaN())) {
    return std::string("nan(0x") + std::string(buffer, std::to_chars(buffer, buffer + 40, bits, 16).ptr) +
           ")";
  }
  const auto result = std::to_chars(buffer, buffer + sizeof(buffer), value);
  return {buffer, result.ptr};
}

std::string attr_text(const std::vector<int64_t>& value) { return list_text(value); }
std::string attr_text(const std::vector<int>& value) { return list_text(value); }

std::string attr_text(const std::string& value) {
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    text += c == '\n' ? "\\n" : std::string(1, c);
  }
  return text + '"';
}

void attr_read(TextCursor& text, bool& value) {
  value = text.take("true");
  if (!value) text.expect("false");
}

void attr_read(TextCursor& text, int64_t& value) { value = text.integer(); }
void attr_read(TextCursor& text, double& value) { value = text.number(); }
void attr_read(TextCursor& text, std::string& value) { value = text.quoted(); }

void attr_read(TextCursor& text, int& value) {
  value = static_cast<int>(text.integer(std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
}

void attr_read(TextCursor& text, DType& value) { value = dtype_from_name(text.word("a dtype")); }

void attr_read(TextCursor& text, Shape& value) {
  value = {};
  text.expect("(");
  while (!text.take(")")) {
    if (value.rank() == Shape::kMaxRank) text.fail("at most " + std::to_string(Shape::kMaxRank) + " axes");
    value.push_back(text.take("None") ? -1 : text.integer(0, std::numeric_limits<int64_t>::max()));
    if (!text.take(",")) {
      text.expect(")");
      return;
    }
  }
}

void attr_read(TextCursor& text, std::vector<int64_t>& value) { read_list(text, value); }
void attr_read(TextCursor& text, std::vector<int>& value) { read_list(text, value); }

}  // namespace lamina::detail
