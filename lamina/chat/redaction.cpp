// Redaction by one walk over the characters of a text.
#include "lamina/chat/redaction.h"

#include <vector>

#include "lamina/base/error.h"
#include "lamina/base/utf8.h"
#include "lamina/text/detail/unicode.h"

namespace lamina {
namespace {

using detail::Character;

// Full-width forms of ASCII stand 0xFEE0 above it.
uint32_t plain(uint32_t code) { return code >= 0xFF01 && code <= 0xFF5E ? code - 0xFEE0 : code; }

class Redactor {
 public:
  explicit Redactor(const std::string& text) : text_(valid_utf8(text)) {
    detail::for_each_character(text_, [&](const Character& c) {
      characters_.push_back({plain(c.code), c.begin, c.end});
    });
  }

  std::string run() {
    std::string result;
    for (size_t at = 0; at < characters_.size();) {
      const char* word = "[email]";
      size_t end = email(at);
      if (end == at) end = number(at, word);
      if (end == at) {
        result += text_.substr(characters_[at].begin, characters_[at].end - characters_[at].begin);
        ++at;
      } else {
        result += word;
        at = end;
      }
    }
    return result;
  }

 private:
  uint32_t code(size_t at) const { return at < characters_.size() ? characters_[at].code : 0; }
  bool digit(size_t at) const { return code(at) >= '0' && code(at) <= '9'; }

  // Letters of scripts with spaces, digits, and what addresses have besides. Chinese characters around an
  // address are no part of it.
  bool in_name(size_t at) const {
    const uint32_t c = code(at);
    if (c == '.' || c == '-' || c == '+' || c == '%' || c == '\'') return true;
    return c != 0 && detail::is_word_character(c) && !detail::is_unspaced(c);
  }
  bool in_host(size_t at) const {
    return in_name(at) && code(at) != '+' && code(at) != '%' && code(at) != '\'';
  }

  // Behind the address that begins at `at`; `at` where none does.
  size_t email(size_t at) const {
    if (at > 0 && in_name(at - 1)) return at;  // it would have begun before
    size_t end = at;
    while (in_name(end)) ++end;
    if (end == at || code(end) != '@') return at;
    const size_t host = ++end;
    while (in_host(end)) ++end;
    while (end > host && (code(end - 1) == '.' || code(end - 1) == '-')) --end;  // a full stop behind it
    for (size_t i = host + 1; i + 1 < end; ++i) {
      if (code(i) == '.') return end;
    }
    return at;
  }

  // Behind the telephone's or card's number that begins at `at`, and what to write for it.
  size_t number(size_t at, const char*& word) const {
    if (at > 0 && (digit(at - 1) || code(at - 1) == '+')) return at;
    size_t i = at;
    if (code(i) == '+') ++i;
    if (code(i) == '(') ++i;
    if (!digit(i)) return at;
    std::string digits;
    size_t end = i, card = at;
    for (; i < characters_.size(); ++i) {
      if (digit(i)) {
        digits += static_cast<char>(code(i));
        end = i + 1;
        const bool ends = !digit(end);
        if (ends && digits.size() >= 13 && digits.size() <= 19 && luhn_valid(digits)) card = end;
      } else if (!separates(i, end)) {
        break;
      }
    }
    if (card != at) {
      word = "[card]";
      return card;
    }
    if (digits.size() < 7 || looks_like_date(digits, at, end)) return at;
    word = "[phone]";
    return end;
  }

  // Whether the character between digits belongs to a number; `last` is behind the last digit.
  bool separates(size_t i, size_t last) const {
    const uint32_t c = code(i);
    const bool sign = c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/' || c == 0x2010 ||
                      c == 0x2011 || c == 0xA0;
    return sign && i - last < 3;
  }

  // 2026-11-27, 27.11.2026, 11/27/2026.
  bool looks_like_date(const std::string& digits, size_t begin, size_t end) const {
    if (digits.size() != 8 || end - begin != 10) return false;
    const auto cut = [&](size_t i) { return !digit(begin + i) && code(begin + i) != ' '; };
    return (cut(4) && cut(7)) || (cut(2) && cut(5));
  }

  std::string text_;
  std::vector<Character> characters_;
};

}  // namespace

bool luhn_valid(const std::string& digits) {
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const char c = digits[digits.size() - 1 - i];
    if (c < '0' || c > '9') throw InvalidArgument("luhn_valid: expected digits; got '" + digits + "'");
    const int value = (c - '0') * (i % 2 == 1 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return !digits.empty() && sum % 10 == 0;
}

std::string redact(const std::string& text) { return Redactor(text).run(); }

}  // namespace lamina
