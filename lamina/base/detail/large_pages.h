// Large pages for long texts: files are read into them. Internal header.
#pragma once

#include <cstddef>
#include <string>

namespace lamina::detail {

/// Reserves room for `bytes` and, where that is much, asks the system for large pages (a hint): it fills small
/// ones with zeros one by one, which takes five times as long as reading the bytes of a file into them.
void reserve_large(std::string& text, size_t bytes);

}  // namespace lamina::detail
