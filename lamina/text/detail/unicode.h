// What a character is, as Python and scikit-learn's patterns see it. All texts here are UTF-8 that has been
// checked (clean_texts.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lamina::detail {

/// A character of a text: its number, and its bytes from `begin` to `end`.
struct Character {
  uint32_t code;
  size_t begin, end;
};

/// The character at `at`, which must be the first byte of one.
inline Character character_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, at, at + 1};
  if (lead < 0xE0) return {(lead & 0x1F) << 6 | (byte(1) & 0x3Fu), at, at + 2};
  if (lead < 0xF0) return {(lead & 0x0F) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu), at, at + 3};
  return {(lead & 0x07) << 18 | (byte(1) & 0x3Fu) << 12 | (byte(2) & 0x3Fu) << 6 | (byte(3) & 0x3Fu), at,
          at + 4};
}

/// Calls visit(Character) for each.
template <class Visit>
void for_each_character(std::string_view text, Visit&& visit) {
  for (size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    visit(character);
    at = character.end;
  }
}

/// \w of Python's re: letters, numbers of all kinds, and the underscore.
bool is_word_character(uint32_t code);

/// \s of Python's re, and what str.split() splits at.
bool is_space(uint32_t code);

/// Unicode's categories P: punctuation of all kinds; S: signs of mathematics, currencies and others; N:
/// digits and other numbers.
bool is_punctuation(uint32_t code);
bool is_symbol(uint32_t code);
bool is_number(uint32_t code);

/// Whether it belongs to a script that is written without spaces: Chinese characters, kana, bopomofo, and the
/// scripts of South-East Asia from Thai to Khmer.
bool is_unspaced(uint32_t code);

/// Python's str.lower(): Unicode's full mapping, with the sigma that ends a word.
std::string lower(std::string_view text);

/// Lower case of the letters of ASCII alone.
std::string ascii_lower(std::string_view text);

}  // namespace lamina::detail
