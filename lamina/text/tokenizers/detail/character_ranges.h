// Tables of characters, as ranges.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace lamina::detail::tokenizers {

struct CharacterRange {
  uint32_t first, last;
};

/// What a character can be; kinds of Hugging Face's parts, each as the part sees it.
enum CharacterKind : uint16_t {
  kLetter = 1,        ///< \p{L} in regular expressions
  kNumber = 2,        ///< \p{N} in regular expressions
  kNumeric = 4,       ///< Digits
  kSpace = 8,         ///< white space, everywhere
  kPunctuation = 16,  ///< Punctuation and BertPreTokenizer
  kControl = 32,      ///< what BertNormalizer removes
  kCombining = 64,    ///< what StripAccents removes
  kNonspacing = 128,  ///< what BertNormalizer's strip_accents removes
  kWord = 256,        ///< \w of Whitespace and of added tokens
};

struct CharacterTable {
  CharacterKind kind;
  std::span<const CharacterRange> ranges;
};
std::vector<CharacterTable> character_tables();

/// What Oniguruma's \p{name} matches and PCRE2's, of an older Unicode, does not.
struct NewerCharacters {
  std::string_view name;
  std::span<const CharacterRange> ranges;
};
std::vector<NewerCharacters> newer_characters();

}  // namespace lamina::detail::tokenizers
