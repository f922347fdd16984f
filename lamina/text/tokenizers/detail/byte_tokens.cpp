// Two hexadecimal digits between "<0x" and ">".
#include "lamina/text/tokenizers/detail/byte_tokens.h"

#include <charconv>

namespace lamina::detail::tokenizers {

std::string byte_token(unsigned char byte) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  return std::string("<0x") + kDigits[byte >> 4] + kDigits[byte & 15] + ">";
}

std::array<int32_t, 256> byte_tokens(const Vocabulary& vocabulary) {
  std::array<int32_t, 256> ids;
  for (int byte = 0; byte < 256; ++byte)
    ids[static_cast<size_t>(byte)] = vocabulary.find(byte_token(static_cast<unsigned char>(byte)));
  return ids;
}

int byte_of_token(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>') return -1;
  int byte = -1;
  const char* const end = token.data() + 5;
  const auto [stop, error] = std::from_chars(token.data() + 3, end, byte, 16);
  return error == std::errc() && stop == end && byte >= 0 ? byte : -1;
}

}  // namespace lamina::detail::tokenizers
