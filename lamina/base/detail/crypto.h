// What sealed files need of OpenSSL's libcrypto. Internal header.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lamina::detail {

/// Numbers of scrypt (RFC 7914): it takes 128 * 2^log_n * r bytes.
struct ScryptCost {
  int log_n = 15;
  int r = 8, p = 1;
};

/// Bytes that nobody can foresee.
std::string random_bytes(size_t count);
/// `size` bytes that follow from the passphrase and salt.
std::string scrypt(const std::string& passphrase, const std::string& salt, const ScryptCost& cost,
                   size_t size);

/// AES-256 in Galois/Counter mode: the content encrypted, with a tag of 16 bytes behind it.
/// @param key    32 bytes; @param nonce 12 bytes, never twice with one key
/// @param header  is not encrypted, but part of what the tag vouches for
std::string aes_gcm_seal(const std::string& key, const std::string& nonce, std::string_view header,
                         std::string_view content);
/// The way back; false where the tag is not that of key, nonce, header and content.
bool aes_gcm_open(const std::string& key, const std::string& nonce, std::string_view header,
                  std::string_view sealed, std::string& content);

}  // namespace lamina::detail
