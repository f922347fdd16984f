// Pieces of text, and where one did not fit.
#include "lamina/graph/text_cursor.h"

#include <algorithm>
#include <bit>
#include <charconv>

#include "lamina/base/error.h"

namespace lamina {
namespace {

constexpr int kMostLevels = 64;
constexpr size_t kShown = 20;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

size_t word_length(std::string_view text) {
  if (text.empty() || !is_letter(text[0])) return 0;
  const auto end = std::find_if_not(text.begin(), text.end(),
                                    [](char c) { return is_letter(c) || is_digit(c) || c == '.'; });
  return static_cast<size_t>(end - text.begin());
}

}  // namespace

void TextCursor::skip_space() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

bool TextCursor::at_end() {
  skip_space();
  return at_ == text_.size();
}

bool TextCursor::take(std::string_view piece) {
  skip_space();
  if (!rest().starts_with(piece)) return false;
  at_ += piece.size();
  return true;
}

void TextCursor::expect(std::string_view piece) {
  if (!take(piece)) fail("'" + std::string(piece) + "'");
}

std::string TextCursor::word(const char* what) {
  skip_space();
  const size_t length = word_length(rest());
  if (length == 0) fail(what);
  at_ += length;
  return std::string(text_.substr(at_ - length, length));
}

bool TextCursor::at_field() {
  skip_space();
  const size_t length = word_length(rest());
  return length > 0 && rest().substr(length).starts_with('=');
}

bool TextCursor::at_typed() {
  skip_space();
  const size_t length = word_length(rest());
  return length > 0 && rest().substr(length).starts_with('(') && rest().substr(0, length) != "nan";
}

std::string TextCursor::quoted() {
  expect("\"");
  std::string value;
  while (at_ < text_.size() && text_[at_] != '"') {
    char c = text_[at_++];
    if (c == '\\' && at_ < text_.size()) {
      c = text_[at_++];
      if (c == 'n') c = '\n';
    }
    value += c;
  }
  if (at_ == text_.size()) fail("'\"'");
  ++at_;
  return value;
}

int64_t TextCursor::integer() {
  skip_space();
  int64_t value = 0;
  const auto [end, error] = std::from_chars(rest().data(), rest().data() + rest().size(), value);
  if (error != std::errc()) fail("an integer of 64 bits");
  at_ = static_cast<size_t>(end - text_.data());
  return value;
}

int64_t TextCursor::integer(int64_t least, int64_t most) {
  skip_space();
  const size_t start = at_;
  const int64_t value = integer();
  if (value >= least && value <= most) return value;
  at_ = start;
  fail("an integer from " + std::to_string(least) + " to " + std::to_string(most));
}

double TextCursor::number() {
  skip_space();
  if (take("nan(0x")) {
    uint64_t bits = 0;
    const auto [end, error] = std::from_chars(rest().data(), rest().data() + rest().size(), bits, 16);
    if (error != std::errc()) fail("the bits of a NaN");
    at_ = static_cast<size_t>(end - text_.data());
    expect(")");
    return std::bit_cast<double>(bits);
  }
  double value = 0;
  const auto [end, error] = std::from_chars(rest().data(), rest().data() + rest().size(), value);
  if (error != std::errc()) fail("a number");
  at_ = static_cast<size_t>(end - text_.data());
  return value;
}

void TextCursor::fail(const std::string& expected) {
  skip_space();
  const std::string_view before = text_.substr(0, at_);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const size_t column = at_ - (before.rfind('\n') + 1) + 1;
  std::string found = at_ == text_.size() ? "the end" : "'" + std::string(rest().substr(0, kShown));
  if (at_ < text_.size()) {
    found.resize(std::min(found.size(), found.find('\n')));
    found += "'";
  }
  throw InvalidArgument("text of a graph, line " + std::to_string(line) + ", column " +
                        std::to_string(column) + ": expected " + expected + ", not " + found);
}

TextCursor::Level::Level(TextCursor& cursor) : cursor_(cursor) {
  if (cursor_.levels_ >= kMostLevels)
    cursor_.fail("at most " + std::to_string(kMostLevels) + " graphs within each other");
  ++cursor_.levels_;
}

}  // namespace lamina
