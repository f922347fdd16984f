// LZMA in zip archives, which Debian's libzip does not know.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lamina::detail {

/// What an archive calls LZMA (APPNOTE.TXT, 4.4.5).
inline constexpr int kZipLzma = 14;

/// The `size` bytes that a member's data, its properties in front, unpack to. Empty, with the reason in
/// `error`, when they are damaged or of another length. Memory is taken as bytes come out.
std::string unpack_zip_lzma(std::string_view data, uint64_t size, std::string& error);

}  // namespace lamina::detail
