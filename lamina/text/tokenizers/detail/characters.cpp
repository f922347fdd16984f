// The table of kinds, filled from the ranges once.
#include "lamina/text/tokenizers/detail/characters.h"

#include <utf8proc.h>

#include <memory>

namespace lamina::detail::tokenizers {
namespace {

constexpr size_t kCodes = 0x110000;

std::unique_ptr<uint16_t[]> make_kinds() {
  auto kinds = std::make_unique<uint16_t[]>(kCodes);
  for (const CharacterTable& table : character_tables()) {
    for (const CharacterRange& range : table.ranges) {
      for (uint32_t code = range.first; code <= range.last; ++code)
        kinds[code] = static_cast<uint16_t>(kinds[code] | table.kind);
    }
  }
  return kinds;
}

// Letters of Unicode 16 and 17, which utf8proc 2.8 does not know.
struct Newer {
  uint32_t first, last;
  int32_t distance;
};
constexpr Newer kNewerLower[] = {{0x1C89, 0x1C89, 1},      {0xA7CB, 0xA7CB, 0x264 - 0xA7CB},
                                 {0xA7CC, 0xA7CC, 1},      {0xA7CE, 0xA7CE, 1},
                                 {0xA7D2, 0xA7D2, 1},      {0xA7D4, 0xA7D4, 1},
                                 {0xA7DA, 0xA7DA, 1},      {0xA7DC, 0xA7DC, 0x19B - 0xA7DC},
                                 {0x10D50, 0x10D65, 0x20}, {0x16EA0, 0x16EB8, 0x1B}};

}  // namespace

const uint16_t* character_kinds() {
  static const std::unique_ptr<uint16_t[]> kinds = make_kinds();
  return kinds.get();
}

bool is_chinese_character(uint32_t code) {
  return (code >= 0x4E00 && code <= 0x9FFF) || (code >= 0x3400 && code <= 0x4DBF) ||
         (code >= 0x20000 && code <= 0x2A6DF) || (code >= 0x2A700 && code <= 0x2B73F) ||
         (code >= 0x2B740 && code <= 0x2B81F) || (code >= 0x2B920 && code <= 0x2CEAF) ||
         (code >= 0xF900 && code <= 0xFAFF) || (code >= 0x2F800 && code <= 0x2FA1F);
}

int to_lower(uint32_t code, uint32_t to[2]) {
  if (code < 0x80) {
    to[0] = code >= 'A' && code <= 'Z' ? code + ('a' - 'A') : code;
    return 1;
  }
  if (code == 0x130) {
    to[0] = 'i';
    to[1] = 0x307;
    return 2;
  }
  to[0] = static_cast<uint32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code)));
  if (code >= 0x1C89 && to[0] == code) {
    for (const Newer& newer : kNewerLower) {
      if (code >= newer.first && code <= newer.last)
        to[0] = static_cast<uint32_t>(static_cast<int32_t>(code) + newer.distance);
    }
  }
  return 1;
}

}  // namespace lamina::detail::tokenizers
