// Arrays of text as NumPy writes them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace lamina::test {

/// The bytes of numpy.save(np.array(words)): '<U...', four bytes a character, filled up with zeros. ASCII.
inline std::string text_npy(const std::vector<std::string>& words) {
  size_t longest = 1;
  for (const std::string& word : words) longest = std::max(longest, word.size());
  std::string header = "{'descr': '<U" + std::to_string(longest) + "', 'fortran_order': False, 'shape': (" +
                       std::to_string(words.size()) + ",), }";
  header.append(117 - header.size(), ' ');
  header += '\n';
  std::string bytes("\x93NUMPY\x01\0v\0", 10);
  bytes += header;
  for (const std::string& word : words) {
    for (size_t i = 0; i < longest; ++i) bytes += std::string{i < word.size() ? word[i] : '\0', 0, 0, 0};
  }
  return bytes;
}

}  // namespace lamina::test
