// Redaction by one walk over the characters of a text.
#include "lamina/chat/redaction.h"

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/base/utf8.h"
#include "lamina/text/detail/unicode.h"

namespace lamina {
namespace {

using detail::Character;

// Full-width forms of ASCII stand 0xFEE0 above it; digits of some scripts, wide spaces and dashes mean the
// usual ones.
uint32_t plain(uint32_t code) {
  if (code >= 0xFF01 && code <= 0xFF5E) return code - 0xFEE0;
  for (const uint32_t zero : {0x660u, 0x6F0u, 0x966u}) {
    if (code >= zero && code <= zero + 9) return '0' + code - zero;
  }
  if (code == '\t' || code == 0xA0 || code == 0x3000 || (code >= 0x2000 && code <= 0x200D) || code == 0x202F)
    return ' ';
  if ((code >= 0x2010 && code <= 0x2015) || code == 0x2212) return '-';
  return code;
}

constexpr size_t kMostQuoted = 64;  // characters of a quoted name
constexpr size_t kMostBefore = 32;  // characters before a number that may say what it is

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
    if (c != 0 && c < 0x80 && std::strchr(".-+%'!#$&*^`{|}~", static_cast<int>(c))) return true;
    return c != 0 && detail::is_word_character(c) && !detail::is_unspaced(c);
  }
  bool in_host(size_t at, bool unspaced) const {
    const uint32_t c = code(at);
    return c == '.' || c == '-' ||
           (c != 0 && detail::is_word_character(c) && (unspaced || !detail::is_unspaced(c)));
  }
  bool is_unspaced(size_t at) const {
    return code(at) != 0 && detail::is_word_character(code(at)) && detail::is_unspaced(code(at));
  }

  // Behind the address that begins at `at`; `at` where none does.
  size_t email(size_t at) const {
    if (at > 0 && in_name(at - 1) && !quote(at - 1)) return at;  // it would have begun before
    if (quote(at)) {
      const size_t name = quoted_name(at);
      if (name == at) return at;  // a quote around an address is no part of it
      const size_t end = host_behind(name);
      return end == name ? at : end;
    }
    size_t end = at;
    // A name in Chinese characters: where it begins nobody can tell, so all that stand before the sign go.
    while (is_unspaced(end) && (at == 0 || !is_unspaced(at - 1))) ++end;
    if (code(end) != '@') {
      for (end = at; in_name(end);) ++end;
    }
    const size_t behind = end == at ? end : host_behind(end);
    return behind == end ? at : behind;
  }

  // "`' begin and end quotations; within a name, an apostrophe belongs to it.
  bool quote(size_t at) const {
    const uint32_t c = code(at);
    const bool apart = at == 0 || !in_name(at - 1) || code(at - 1) == c;
    return c == '"' || ((c == '\'' || c == '`') && apart);
  }

  // Behind the quoted name that stands right before a sign: "ann lee"@example.com; `at` without one.
  size_t quoted_name(size_t at) const {
    if (code(at) != '"') return at;
    for (size_t end = at + 1; end < characters_.size() && end - at <= kMostQuoted; ++end) {
      if (code(end) == '"') return code(end + 1) == '@' ? end + 1 : at;
    }
    return at;
  }

  // Behind the sign at `at` and the host that follows it; `at` without them.
  size_t host_behind(size_t at) const {
    if (code(at) != '@') return at;
    size_t end = at + 1;
    const size_t host = end;
    const bool unspaced = is_unspaced(host);
    while (in_host(end, unspaced)) ++end;
    while (end > host && (code(end - 1) == '.' || code(end - 1) == '-')) --end;  // a full stop behind it
    for (size_t i = host + 1; i + 1 < end; ++i) {
      if (code(i) == '.') return end;
    }
    return at;
  }

  // Behind the telephone's or card's number that begins at `at`, and what to write for it.
  size_t number(size_t at, const char*& word) const {
    if (at > 0 && digit(at - 1)) return at;
    if (const size_t end = card(at); end != at) {
      word = "[card]";
      return end;
    }
    std::string digits;
    size_t end = at;
    each_digit(at, false, [&](char c, size_t behind) {
      digits += c;
      end = behind;
    });
    if (digits.size() < 7 || looks_like_date(digits, at, end) || is_of_order(digits, at)) return at;
    word = "[phone]";
    return end;
  }

  // Behind the longest run of digits from `at` on that is a card's number; `at` without one.
  size_t card(size_t at) const {
    std::string digits;
    size_t end = at;
    each_digit(at, true, [&](char c, size_t behind) {
      digits += c;
      if (!digit(behind) && digits.size() >= 13 && digits.size() <= 19 && luhn_valid(digits)) end = behind;
    });
    return end;
  }

  // f(digit, what is behind it) for those of a number that begins at `at`.
  // @param loose  whether the signs count, too, that stand between the groups of cards' numbers only
  template <class F>
  void each_digit(size_t at, bool loose, const F& f) const {
    size_t i = at;
    if (code(i) == '+') ++i;
    if (code(i) == '(') ++i;
    if (!digit(i)) return;
    size_t end = i;
    for (; i < characters_.size(); ++i) {
      if (digit(i)) {
        end = i + 1;
        f(static_cast<char>(code(i)), end);
      } else if (!separates(i, end, loose)) {
        return;
      }
    }
  }

  // Whether the character between digits belongs to a number; `last` is behind the last digit.
  bool separates(size_t i, size_t last, bool loose) const {
    const uint32_t c = code(i);
    const bool sign = c != 0 && c < 0x80 && std::strchr(loose ? " -.()/_,:" : " -.()/_", static_cast<int>(c));
    return sign && i - last < 3;
  }

  // Whether fewer digits than most telephones have stand behind what names orders: "order no. 12-34567".
  bool is_of_order(const std::string& digits, size_t at) const {
    if (at == 0 || digits.size() > 9 || code(at) == '+' || code(at) == '(' || code(at) == '0') return false;
    const size_t from = characters_[at - std::min(at, kMostBefore)].begin;
    std::string before = detail::lower(text_.substr(from, characters_[at].begin - from));
    for (bool shorter = true; shorter;) {
      const size_t size = before.size();
      before.resize(before.find_last_not_of(" .:#") + 1);
      cut_end(before, {"no", "nr", "number", "id", "is", "was", "№", "号", "是", "为", "：", "号码"});
      shorter = before.size() < size;
    }
    return cut_end(before, {"order", "invoice", "ticket", "parcel", "tracking", "reference", "ref", "booking",
                            "case", "订单", "单", "运单", "发票", "编", "工单"});
  }

  // Cuts one of these words off the end; false where none is there.
  static bool cut_end(std::string& text, std::initializer_list<const char*> words) {
    for (const std::string word : words) {
      if (!text.ends_with(word)) continue;
      const size_t left = text.size() - word.size();
      const bool part =
          left > 0 && text[left - 1] >= 'a' && text[left - 1] <= 'z' && word[0] >= 'a' && word[0] <= 'z';
      if (part) continue;
      text.resize(left);
      return true;
    }
    return false;
  }

  // 2026-11-27, 27.11.2026, 11/27/2026.
  bool looks_like_date(const std::string& digits, size_t begin, size_t end) const {
    if (digits.size() != 8 || end - begin != 10) return false;
    const auto cut = [&](size_t i, size_t j) {
      return !digit(begin + i) && code(begin + i) != ' ' && code(begin + i) == code(begin + j);
    };
    const auto two = [&](size_t i) { return (digits[i] - '0') * 10 + digits[i + 1] - '0'; };
    const auto day_and_month = [](int day, int month) {
      return day >= 1 && day <= 31 && month >= 1 && month <= 12;
    };
    if (cut(4, 7)) return day_and_month(two(6), two(4));
    return cut(2, 5) && (day_and_month(two(0), two(2)) || day_and_month(two(2), two(0)));
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
