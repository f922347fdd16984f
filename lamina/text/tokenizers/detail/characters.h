// Which kinds a character has, in one look.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lamina/text/detail/unicode.h"
#include "lamina/text/tokenizers/detail/character_ranges.h"

namespace lamina::detail::tokenizers {

/// One entry a code point: the sum of its kinds. Made when first asked for.
const uint16_t* character_kinds();

/// Whether the character has one of `kinds`.
inline bool is_any(uint32_t code, uint16_t kinds) { return (character_kinds()[code] & kinds) != 0; }

/// BertNormalizer's Chinese characters: those of CJK ideographs.
bool is_chinese_character(uint32_t code);

/// Rust's to_lowercase: each character by itself.
/// Returns how many characters `to` got: 1, or 2 for U+0130.
int to_lower(uint32_t code, uint32_t to[2]);

/// Bytes of the character that starts with this byte.
inline size_t character_size(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

}  // namespace lamina::detail::tokenizers
