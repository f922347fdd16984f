// SHA-256 (FIPS 180-4) of a file, by a library that is opened when it is needed.
#pragma once

#include <string>

namespace lamina::cli {

/// The checksum of the file at `path` in 64 lower-case hexadecimal digits. Throws FileError, and
/// Unsupported without OpenSSL.
std::string sha256_of_file(const std::string& path);

/// Whether `text` is such a checksum.
bool is_sha256(const std::string& text);

}  // namespace lamina::cli
