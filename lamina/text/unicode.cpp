// Properties of characters from utf8proc, and the two places where Python's lower case is more than a table.
#include "lamina/text/detail/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <iterator>

#include "lamina/base/utf8.h"

namespace lamina::detail {
namespace {

struct Range {
  uint32_t first, last;
};

template <size_t kCount>
bool in(const Range (&ranges)[kCount], uint32_t code) {
  const Range* range = std::lower_bound(std::begin(ranges), std::end(ranges), code,
                                        [](const Range& r, uint32_t c) { return r.last < c; });
  return range != std::end(ranges) && range->first <= code;
}

utf8proc_category_t category(uint32_t code) { return utf8proc_category(static_cast<utf8proc_int32_t>(code)); }

// Letters with case that the categories do not tell (Other_Uppercase and Other_Lowercase in PropList.txt of
// Unicode), without modifier letters: those are skipped before anybody asks.
bool is_cased(uint32_t code) {
  static constexpr Range kOthers[] = {{0xAA, 0xAA},      {0xBA, 0xBA},       {0x2160, 0x217F},
                                      {0x24B6, 0x24E9},  {0x1F130, 0x1F149}, {0x1F150, 0x1F169},
                                      {0x1F170, 0x1F189}};
  const utf8proc_category_t kind = category(code);
  return kind == UTF8PROC_CATEGORY_LU || kind == UTF8PROC_CATEGORY_LL || kind == UTF8PROC_CATEGORY_LT ||
         in(kOthers, code);
}

// What stands within words without being of them: Case_Ignorable, by its definition in chapter 3.13 of
// Unicode.
bool is_case_ignorable(uint32_t code) {
  static constexpr Range kMiddles[] = {
      {0x27, 0x27},     {0x2E, 0x2E},     {0x3A, 0x3A},     {0xB7, 0xB7},
      {0x387, 0x387},   {0x55F, 0x55F},   {0x5F4, 0x5F4},   {0x2018, 0x2019},
      {0x2024, 0x2024}, {0x2027, 0x2027}, {0xFE13, 0xFE13}, {0xFE52, 0xFE52},
      {0xFE55, 0xFE55}, {0xFF07, 0xFF07}, {0xFF0E, 0xFF0E}, {0xFF1A, 0xFF1A}};
  switch (category(code)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
      return true;
    default:
      return in(kMiddles, code);
  }
}

constexpr uint32_t kSigma = 0x3A3, kSmallSigma = 0x3C3, kFinalSigma = 0x3C2;

// Final_Sigma: a cased letter before it, none behind it, whatever stands between them being ignorable.
bool ends_a_word(std::string_view text, const Character& sigma) {
  size_t at = sigma.begin;
  bool before = false;
  while (at > 0) {
    do --at;
    while ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
    const uint32_t code = character_at(text, at).code;
    if (is_case_ignorable(code)) continue;
    before = is_cased(code);
    break;
  }
  if (!before) return false;
  for (at = sigma.end; at < text.size();) {
    const Character next = character_at(text, at);
    if (!is_case_ignorable(next.code)) return !is_cased(next.code);
    at = next.end;
  }
  return true;
}

char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

bool is_word_character(uint32_t code) {
  if (code < 0x80) {
    return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') || (code >= '0' && code <= '9') ||
           code == '_';
  }
  const utf8proc_category_t kind = category(code);
  return (kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO) ||
         (kind >= UTF8PROC_CATEGORY_ND && kind <= UTF8PROC_CATEGORY_NO);
}

bool is_space(uint32_t code) {
  static constexpr Range kSpaces[] = {{0x09, 0x0D},     {0x1C, 0x20},     {0x85, 0x85},     {0xA0, 0xA0},
                                      {0x1680, 0x1680}, {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F},
                                      {0x205F, 0x205F}, {0x3000, 0x3000}};
  return in(kSpaces, code);
}

bool is_punctuation(uint32_t code) {
  const utf8proc_category_t kind = category(code);
  return kind >= UTF8PROC_CATEGORY_PC && kind <= UTF8PROC_CATEGORY_PO;
}

bool is_symbol(uint32_t code) {
  const utf8proc_category_t kind = category(code);
  return kind >= UTF8PROC_CATEGORY_SM && kind <= UTF8PROC_CATEGORY_SO;
}

bool is_number(uint32_t code) {
  const utf8proc_category_t kind = category(code);
  return kind >= UTF8PROC_CATEGORY_ND && kind <= UTF8PROC_CATEGORY_NO;
}

bool is_unspaced(uint32_t code) {
  static constexpr Range kUnspaced[] = {
      {0xE01, 0xE3A},     {0xE40, 0xE4E},    {0xE81, 0xECD},   {0xEDC, 0xEDF},   {0x1000, 0x103F},
      {0x1050, 0x108F},   {0x1780, 0x17D3},  {0x2E80, 0x2FD5}, {0x3005, 0x3007}, {0x3021, 0x3029},
      {0x3031, 0x3035},   {0x3041, 0x3096},  {0x3099, 0x309F}, {0x30A1, 0x30FA}, {0x30FC, 0x30FF},
      {0x3105, 0x312F},   {0x31A0, 0x31BF},  {0x31F0, 0x31FF}, {0x3400, 0x4DBF}, {0x4E00, 0x9FFF},
      {0xA9E0, 0xA9EF},   {0xA9FA, 0xA9FE},  {0xAA60, 0xAA7F}, {0xF900, 0xFAFF}, {0xFF66, 0xFF9F},
      {0x1B000, 0x1B2FF}, {0x20000, 0x3FFFD}};
  return in(kUnspaced, code);
}

std::string ascii_lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = ascii_lower(c);
  return result;
}

std::string lower(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      result += ascii_lower(text[at++]);
      continue;
    }
    const Character character = character_at(text, at);
    at = character.end;
    if (character.code == kSigma) {
      append_utf8(result, ends_a_word(text, character) ? kFinalSigma : kSmallSigma);
    } else if (character.code == 0x130) {  // the only letter whose lower case is two characters
      result += "i\xCC\x87";
    } else {
      append_utf8(result,
                  static_cast<uint32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(character.code))));
    }
  }
  return result;
}

}  // namespace lamina::detail
