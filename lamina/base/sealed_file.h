// Sealed files: what only those who know a passphrase can read, and nobody can change unnoticed.
#pragma once

#include <string>
#include <string_view>

#include "lamina/base/files.h"

namespace lamina {

/// Writes `content` encrypted: AES-256 in Galois/Counter mode (NIST SP 800-38D), which also tells any change
/// of a bit, with a key that scrypt (RFC 7914; N = 2^15, r = 8, p = 1: 32 MiB and about a tenth of a second)
/// makes of the passphrase and new random salt. The file is replaced atomically, as write_file does. Computed
/// by OpenSSL's libcrypto, which is opened when it is needed.
/// @param kind        what the content is, "faces": a file of another kind is not opened. 1 to 32 characters.
/// @param passphrase  at least one byte.
/// Throws InvalidArgument for these, FileError as write_file does, Unsupported where libcrypto is not there.
void write_sealed(const std::string& path, std::string_view content, const std::string& kind,
                  const std::string& passphrase, const WriteOptions& options = {});

/// What write_sealed was given. Throws FileError for a file that is missing, no sealed file, of another kind,
/// from a newer version, truncated or changed, and where the passphrase is another one, each in its own
/// words.
std::string read_sealed(const std::string& path, const std::string& kind, const std::string& passphrase);

}  // namespace lamina
