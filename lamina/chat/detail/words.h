// Words of a turn as one text.
#pragma once

#include <string>
#include <vector>

namespace lamina::detail {

/// The words from `begin` to before `end` with a blank between them; without these, all.
inline std::string joined(const std::vector<std::string>& words, size_t begin = 0,
                          size_t end = static_cast<size_t>(-1)) {
  std::string text;
  for (size_t i = begin; i < end && i < words.size(); ++i) text += (i > begin ? " " : "") + words[i];
  return text;
}

}  // namespace lamina::detail
