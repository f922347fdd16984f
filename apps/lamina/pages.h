// Pages that a command writes where the user says.
#pragma once

#include <string>

namespace lamina::cli {

/// Throws FileError unless a page may be written to `path`: where nothing is, or a page of ours, or anything
/// with `overwrite`; and where writing is possible at all.
void refuse_to_lose_page(const std::string& path, bool overwrite);

/// Writes the page there, after refuse_to_lose_page.
void write_page(const std::string& path, const std::string& html, bool overwrite);

}  // namespace lamina::cli
