// The 256 characters by which byte-level tokenizers write bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lamina::detail::tokenizers {

/// The character that stands for a byte: itself where it is printable, else one from U+0100 on.
uint32_t byte_character(unsigned char byte);
/// The same as UTF-8.
std::string_view byte_character_utf8(unsigned char byte);
/// The byte that a character stands for, or -1.
int byte_of(uint32_t code);
/// The bytes that the characters of `text` stand for; false, and nothing written, where one stands for none.
bool to_bytes(std::string_view text, std::string& bytes);

}  // namespace lamina::detail::tokenizers
