// Trie: which keys begin at a place of a text, by a double array: one look a byte.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina::detail::tokenizers {

class Trie {
 public:
  Trie() = default;
  /// Keys, none empty, with values from 0. Of equal keys the last counts.
  explicit Trie(std::vector<std::pair<std::string_view, int32_t>> keys);

  bool empty() const { return nodes_.size() <= 1; }

  /// Calls visit(bytes, value) for each key that `text` starts with, the shortest first.
  template <class Visit>
  void prefixes(std::string_view text, Visit&& visit) const {
    if (nodes_.empty()) return;
    int32_t node = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      node = child(node, static_cast<unsigned char>(text[i]));
      if (node < 0) return;
      const int32_t value = nodes_[static_cast<size_t>(node)].value;
      if (value >= 0) visit(i + 1, value);
    }
  }

  /// Bytes and value of the longest key that `text` starts with; 0 bytes where there is none.
  std::pair<size_t, int32_t> longest(std::string_view text) const {
    std::pair<size_t, int32_t> best = {0, -1};
    prefixes(text, [&](size_t bytes, int32_t value) { best = {bytes, value}; });
    return best;
  }

 private:
  struct Node {
    int32_t base = 0, parent = -1, value = -1;
  };
  int32_t child(int32_t node, unsigned char byte) const {
    const int32_t at = nodes_[static_cast<size_t>(node)].base + byte;
    return nodes_[static_cast<size_t>(at)].parent == node ? at : -1;
  }
  friend class TrieBuilder;
  // Of a node with base b, the child by byte c is node b + c, if its parent says so. 256 more nodes than are
  // used, so that no look needs a bound.
  std::vector<Node> nodes_;
};

}  // namespace lamina::detail::tokenizers
