// The tokenizers of BLEU. Each is a few rewritings in a row, and which characters a rewriting sees depends on
// the one before: they follow the definitions by patterns of mteval-v13a and mteval-v14.
#include "lamina/text/detail/bleu_tokenizers.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/base/utf8.h"
#include "lamina/text/detail/unicode.h"

namespace lamina::detail {
namespace {

using Text = std::u32string;

Text decoded(std::string_view line) {
  Text text;
  text.reserve(line.size());
  for_each_character(line,
                     [&](const Character& character) { text += static_cast<char32_t>(character.code); });
  return text;
}

std::string encoded(const Text& text) {
  std::string line;
  for (const char32_t c : text) append_utf8(line, static_cast<uint32_t>(c));
  return line;
}

Text replaced(const Text& text, const Text& from, const Text& to) {
  Text result;
  size_t at = 0;
  for (size_t found = text.find(from); found != Text::npos; found = text.find(from, at)) {
    result.append(text, at, found - at).append(to);
    at = found + from.size();
  }
  return result.append(text, at, Text::npos);
}

// A space on both sides of each character that `is` likes.
template <class Is>
Text set_apart(const Text& text, Is is) {
  Text result;
  for (const char32_t c : text) is(c) ? result.append({U' ', c, U' '}) : result.append(1, c);
  return result;
}

// Where `first` is followed by `second`, from the left and without overlap: spaces before, between and behind
// them, as asked.
struct Spaces {
  bool before, behind;
};
template <class First, class Second>
Text pairs_apart(const Text& text, First first, Second second, Spaces spaces) {
  Text result;
  size_t i = 0;
  while (i < text.size()) {
    if (i + 1 == text.size() || !first(text[i]) || !second(text[i + 1])) {
      result += text[i++];
      continue;
    }
    if (spaces.before) result += U' ';
    result.append({text[i], U' ', text[i + 1]});
    if (spaces.behind) result += U' ';
    i += 2;
  }
  return result;
}

bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }
bool is_no_digit(char32_t c) { return !is_digit(c); }
bool is_stop(char32_t c) { return c == U'.' || c == U','; }

// Punctuation of ASCII except the apostrophe, comma, hyphen and full stop; and the space.
bool is_always_apart(char32_t c) {
  return (c >= U' ' && c <= U'&') || (c >= U'(' && c <= U'+') || c == U'/' || (c >= U':' && c <= U'@') ||
         (c >= U'[' && c <= U'`') || (c >= U'{' && c <= U'~');
}

// Of the languages of Europe: stops stay within numbers, hyphens within words.
Text western(const Text& text) {
  Text result = set_apart(text, is_always_apart);
  result = pairs_apart(result, is_no_digit, is_stop, {false, true});
  result = pairs_apart(result, is_stop, is_no_digit, {true, false});
  return pairs_apart(result, is_digit, [](char32_t c) { return c == U'-'; }, {false, true});
}

std::string v13a(std::string_view line) {
  Text text = replaced(decoded(line), U"<skipped>", U"");
  text = replaced(text, U"-\n", U"");
  text = replaced(text, U"\n", U" ");
  static const std::pair<Text, Text> kEntities[] = {
      {U"&quot;", U"\""}, {U"&amp;", U"&"}, {U"&lt;", U"<"}, {U"&gt;", U">"}};
  for (const auto& [name, character] : kEntities) text = replaced(text, name, character);
  return encoded(western(U" " + text + U" "));
}

std::string international(std::string_view line) {
  const auto is_mark = [](char32_t c) { return is_punctuation(static_cast<uint32_t>(c)); };
  const auto is_no_number = [](char32_t c) { return !is_number(static_cast<uint32_t>(c)); };
  Text text = pairs_apart(decoded(line), is_no_number, is_mark, {false, true});
  text = pairs_apart(text, is_mark, is_no_number, {true, false});
  return encoded(set_apart(text, [](char32_t c) { return is_symbol(static_cast<uint32_t>(c)); }));
}

std::string characters(std::string_view line) {
  return encoded(set_apart(decoded(line), [](char32_t) { return true; }));
}

// What sacreBLEU sets apart. Its ranges beyond U+FFFF are written with four digits and one more character, so
// that they mean U+2001 to U+2A6D and U+2F81 to U+2FA1: dashes, quotation marks and symbols are among them,
// rare Chinese characters are not.
bool is_chinese(char32_t c) {
  static constexpr std::pair<char32_t, char32_t> kRanges[] = {
      {0x2001, 0x2A6D}, {0x2E80, 0x2FDF}, {0x2FF0, 0x303F}, {0x3100, 0x312F}, {0x31A0, 0x31BF},
      {0x31C0, 0x31EF}, {0x3200, 0x33FF}, {0x3400, 0x4DB5}, {0x4E00, 0x9FBB}, {0xF900, 0xFA2D},
      {0xFA30, 0xFA6A}, {0xFA70, 0xFAD9}, {0xFE10, 0xFE1F}, {0xFE30, 0xFE4F}, {0xFF00, 0xFFEF}};
  return std::any_of(std::begin(kRanges), std::end(kRanges),
                     [c](const auto& range) { return range.first <= c && c <= range.second; });
}

std::string chinese(std::string_view line) {
  Text text = decoded(line);
  const auto is_blank = [](char32_t c) { return is_space(static_cast<uint32_t>(c)); };
  text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), is_blank));
  return encoded(western(set_apart(text, is_chinese)));
}

std::string as_it_is(std::string_view line) { return std::string(line); }

constexpr std::pair<const char*, BleuTokenizer> kTokenizers[] = {
    {"13a", v13a}, {"intl", international}, {"char", characters}, {"zh", chinese}, {"none", as_it_is}};

}  // namespace

BleuTokenizer bleu_tokenizer(const std::string& name) {
  std::vector<std::string> known;
  for (const auto& [each, tokenizer] : kTokenizers) {
    if (name == each) return tokenizer;
    known.emplace_back(each);
  }
  throw InvalidArgument("BLEU: unknown tokenize '" + name.substr(0, 40) + "'" + suggest(name, known));
}

}  // namespace lamina::detail
