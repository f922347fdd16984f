// UTF-8, as far as readers of files need it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lamina::detail {

/// Appends the character with this number; 0xFFFD for numbers beyond 0x10FFFF.
void append_utf8(std::string& text, uint32_t code);

/// Whether `text` is UTF-8: no surrogates, no longer forms than needed (RFC 3629).
bool is_utf8(std::string_view text);

}  // namespace lamina::detail
