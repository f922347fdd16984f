// GPT-2's table, computed.
#include "lamina/text/tokenizers/detail/byte_characters.h"

#include <array>

#include "lamina/base/utf8.h"
#include "lamina/text/detail/unicode.h"

namespace lamina::detail::tokenizers {
namespace {

struct Table {
  Table() {
    uint32_t next = 256;
    bytes.fill(-1);
    for (int byte = 0; byte < 256; ++byte) {
      const bool printable = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xFF && byte != 0xAD);
      const auto at = static_cast<size_t>(byte);
      codes[at] = printable ? static_cast<uint32_t>(byte) : next++;
      append_utf8(texts[at], codes[at]);
      bytes[codes[at]] = static_cast<int16_t>(byte);
    }
  }
  std::array<uint32_t, 256> codes;
  std::array<std::string, 256> texts;
  std::array<int16_t, 512> bytes;  // by character
};

const Table& table() {
  static const Table made;
  return made;
}

}  // namespace

uint32_t byte_character(unsigned char byte) { return table().codes[byte]; }
std::string_view byte_character_utf8(unsigned char byte) { return table().texts[byte]; }
int byte_of(uint32_t code) { return code < 512 ? table().bytes[code] : -1; }

bool to_bytes(std::string_view text, std::string& bytes) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    const int byte = byte_of(character.code);
    if (byte < 0) return false;
    result += static_cast<char>(byte);
    at = character.end;
  }
  bytes = std::move(result);
  return true;
}

}  // namespace lamina::detail::tokenizers
