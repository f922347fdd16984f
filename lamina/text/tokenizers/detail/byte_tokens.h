// The tokens <0x00> to <0xFF>, by which vocabularies write bytes of characters that they lack.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "lamina/text/tokenizers/detail/vocabulary.h"

namespace lamina::detail::tokenizers {

/// The ids of these tokens; -1 for those that are not there.
std::array<int32_t, 256> byte_tokens(const Vocabulary& vocabulary);
/// The token of a byte: "<0x0A>".
std::string byte_token(unsigned char byte);
/// The byte of such a token, or -1.
int byte_of_token(std::string_view token);

}  // namespace lamina::detail::tokenizers
