// Terms: what two texts are compared by.
#pragma once

#include <string>
#include <vector>

namespace lamina::detail {

/// The words of a text in lower case; of what is written without spaces (Chinese), the characters and the
/// pairs of them that stand side by side. The text is UTF-8.
std::vector<std::string> search_terms(const std::string& text);

}  // namespace lamina::detail
