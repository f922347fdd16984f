// Files with one text a line.
#pragma once

#include <string>
#include <vector>

namespace lamina {

/// The lines of a text file, plain or gzip-compressed, without their ends (LF, CRLF or CR): UTF-8 or UTF-16,
/// with or without a byte-order mark. Lines that are empty stay; nothing behind the last line break is no
/// line. Throws FileError for a file that cannot be read or is no text, and for more than 4 GiB of it.
std::vector<std::string> read_lines(const std::string& path);

}  // namespace lamina
