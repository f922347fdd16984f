// Places the children of each node at the first base where all of them are free.
#include "lamina/text/tokenizers/detail/trie.h"

#include <algorithm>

namespace lamina::detail::tokenizers {

using Key = std::pair<std::string_view, int32_t>;

class TrieBuilder {
 public:
  TrieBuilder(const std::vector<Key>& keys, Trie& trie) : keys_(keys), nodes_(trie.nodes_) {
    grow(512);
    take(0);
    struct Todo {
      size_t first, last, depth;
      int32_t node;
    };
    std::vector<Todo> todo = {{0, keys.size(), 0, 0}};
    while (!todo.empty()) {
      const Todo now = todo.back();
      todo.pop_back();
      size_t first = now.first;
      for (; first < now.last && keys_[first].first.size() == now.depth; ++first)
        nodes_[static_cast<size_t>(now.node)].value = keys_[first].second;
      if (first == now.last) continue;
      bytes_.clear();
      for (size_t i = first; i < now.last; ++i) {
        const auto byte = static_cast<unsigned char>(keys_[i].first[now.depth]);
        if (bytes_.empty() || bytes_.back().first != byte) bytes_.emplace_back(byte, i);
      }
      const auto base = static_cast<int32_t>(place());
      nodes_[static_cast<size_t>(now.node)].base = base;
      for (size_t i = 0; i < bytes_.size(); ++i) {
        const int32_t child = base + bytes_[i].first;
        take(static_cast<size_t>(child));
        nodes_[static_cast<size_t>(child)].parent = now.node;
        todo.push_back({bytes_[i].second, i + 1 < bytes_.size() ? bytes_[i + 1].second : now.last,
                        now.depth + 1, child});
      }
    }
    // Leaves have base 0, where nothing is their child; node 0 is the root and no child of any.
    size_t used = nodes_.size();
    while (used > 1 && free_[used - 1]) --used;
    nodes_.resize(used + 256);
    nodes_.shrink_to_fit();
  }

 private:
  void grow(size_t size) {
    free_.resize(size, true);
    nodes_.resize(size);
  }
  void take(size_t at) {
    free_[at] = false;
    while (first_free_ < free_.size() && !free_[first_free_]) ++first_free_;
  }

  // A base for bytes_. Looks at a bounded number of places: a few holes cost less than the search for them.
  size_t place() {
    constexpr int kTries = 64;
    const size_t lowest = bytes_.front().first;
    size_t at = std::max(first_free_, lowest + 1);
    for (int tries = 0;; ++at) {
      if (at - lowest + 256 >= free_.size()) grow(free_.size() + free_.size() / 2 + 512);
      if (!free_[at]) continue;
      const size_t base = at - lowest;
      if (std::all_of(bytes_.begin(), bytes_.end(),
                      [&](const auto& byte) { return free_[base + byte.first]; }))
        return base;
      if (++tries == kTries && bytes_.size() > 1) first_free_ = std::max(first_free_, at - at / 8);
    }
  }

  const std::vector<Key>& keys_;
  decltype(Trie::nodes_)& nodes_;
  std::vector<bool> free_;
  std::vector<std::pair<unsigned char, size_t>> bytes_;  // of the children, with the first key of each
  size_t first_free_ = 0;
};

Trie::Trie(std::vector<Key> keys) {
  std::stable_sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) { return a.first < b.first; });
  TrieBuilder(keys, *this);
}

}  // namespace lamina::detail::tokenizers
