// Numbers and names as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lamina::detail {

/// "54,000"
std::string grouped(int64_t value);

/// "1 sample", "54,000 samples"; of an irregular noun give the plural, too.
std::string count_of(int64_t count, const std::string& noun, const std::string& plural = "");

/// "val loss" for "val_loss"
std::string spaced(std::string name);

/// Without spaces, tabs and line breaks around it.
std::string trimmed(const std::string& text);

/// `text`, then `sign` unless it ends a sentence itself ("did you mean 'adam'?"), a space, and `more`.
std::string continued(const std::string& text, const char* sign, const std::string& more);

/// Text from a file, fit for a message: control characters as "\x00", and of more than `most` bytes the start
/// and the end, with "[N bytes left out]" between them. Line breaks and tabs stay.
std::string excerpt(std::string_view text, size_t most);

}  // namespace lamina::detail
