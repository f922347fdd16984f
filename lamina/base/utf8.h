// UTF-8, as far as readers of files and writers of JSON need it (RFC 3629: no surrogates, no longer forms
// than needed, nothing above U+10FFFF).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lamina {

/// Appends the character with this number; 0xFFFD for numbers beyond 0x10FFFF.
void append_utf8(std::string& text, uint32_t code);

/// Whether `text` is UTF-8.
bool is_utf8(std::string_view text);

/// `text` with U+FFFD in the place of each byte that belongs to no character.
std::string valid_utf8(std::string_view text);

/// How many characters UTF-8 has.
size_t count_characters(std::string_view text);

}  // namespace lamina
