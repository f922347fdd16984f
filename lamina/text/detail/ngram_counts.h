// Runs of tokens or characters, counted by order. Internal header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lamina::detail {

/// Where one token stands in a text: its first byte, and the one behind its last.
using TokenPlace = std::pair<size_t, size_t>;

/// How often each run occurs, one table for each length. A run is the bytes from its first token to its last,
/// which live as long as the text.
using NgramCounts = std::vector<std::unordered_map<std::string_view, int64_t>>;

/// Adds the runs of 1 to `orders` tokens as tables behind those that are there.
/// @param tokens  in the order of the text; two runs are equal where the bytes of their text are.
inline void count_ngrams(std::string_view text, const std::vector<TokenPlace>& tokens, int orders,
                         NgramCounts& counts) {
  for (size_t order = 1; order <= static_cast<size_t>(orders); ++order) {
    auto& table = counts.emplace_back();
    for (size_t i = 0; i + order <= tokens.size(); ++i) {
      const size_t begin = tokens[i].first, end = tokens[i + order - 1].second;
      ++table[text.substr(begin, end - begin)];
    }
  }
}

}  // namespace lamina::detail
