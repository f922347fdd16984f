// What a file is, by its first bytes.
#pragma once

#include <string>
#include <string_view>

namespace lamina::detail {

/// "an HDF5 file", "an HTML page (...)", "an empty file" for messages about files that are not what their
/// names say, with what to do about it where one can tell: Git LFS pointers and web pages stand for a file
/// that was not fetched. For unknown bytes, the first of them.
std::string kind_of_bytes(std::string_view bytes);

}  // namespace lamina::detail
