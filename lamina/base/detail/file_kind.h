// What a file is, by its first bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lamina::detail {

/// "an HDF5 file", "an HTML page (...)", "an empty file" for messages about files that are not what their
/// names say, with what to do about it where one can tell: Git LFS pointers and web pages stand for a file
/// that was not fetched. For unknown bytes, the first of them.
std::string kind_of_bytes(std::string_view bytes);

/// The same for bytes that are surely no text of a user's own, such as a table: a known format, a web page, a
/// Git LFS pointer. "" for all others. Letters in front of plain text are no signature ("BMI,age").
std::string kind_of_no_text(std::string_view bytes);

/// Throws FileError where `path` is a pipe or a socket: to open one waits for who writes to it.
void refuse_pipe(const std::string& path);

/// The first bytes of the file at `path`, at most `count`: "" for what is no regular file (a pipe, whose
/// bytes can be read only once) or cannot be opened.
std::string first_bytes(const std::string& path, size_t count = 512);

}  // namespace lamina::detail
