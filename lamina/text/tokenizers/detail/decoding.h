// What decoders share.
#pragma once

#include <string>
#include <string_view>

namespace lamina::detail::tokenizers {

/// Every `from` by `to`, from front to back.
void replace_all(std::string& text, std::string_view from, std::string_view to);
/// Takes away blanks before punctuation and English contractions (Python: clean_up_tokenization).
void clean_up(std::string& text);
/// `bytes` with one U+FFFD in the place of each stretch that begins a character and does not complete it, and
/// of each byte that begins none: as Rust's from_utf8_lossy and Python's errors="replace" do.
std::string lossy_utf8(std::string_view bytes);

}  // namespace lamina::detail::tokenizers
