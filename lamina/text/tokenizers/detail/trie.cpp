// Places the children of each node at the first base where all of them are free.
#include "lamina/text/tokenizers/detail/trie.h"

#include <algorithm>

namespace lamina::detail::tokenizers {

using Key = std::pair<std::string_view, int32_t>;

class TrieBuilder {
 public:
  TrieBuilder(const std::vector<Key>& keys, Trie& trie) : keys_(keys), nodes_(trie.nodes_) {
    nodes_.resize(1);
    free_ = {{0, 0, false}};
    grow(1024);
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
    nodes_.resize(past_used_ + 256);
    nodes_.shrink_to_fit();
  }

 private:
  // A free node's neighbours among the free ones, in ascending order; 0, which is the root, ends the list.
  struct Free {
    size_t before, after;
    bool free;
  };

  void grow(size_t size) {
    const size_t old = free_.size();
    nodes_.resize(size);
    free_.resize(size);
    for (size_t at = old; at < size; ++at) {
      free_[at] = {last_free_, 0, true};
      if (last_free_ > 0) free_[last_free_].after = at;
      if (first_free_ == 0) first_free_ = at;
      last_free_ = at;
    }
  }
  void take(size_t at) {
    const Free here = free_[at];
    (here.before > 0 ? free_[here.before].after : first_free_) = here.after;
    (here.after > 0 ? free_[here.after].before : last_free_) = here.before;
    free_[at].free = false;
    past_used_ = std::max(past_used_, at + 1);
  }

  // A base for bytes_: the first that fits among a bounded number of places, else one behind all that is
  // used. The holes that stay are for nodes with one child.
  size_t place() {
    constexpr int kTries = 32;
    const size_t lowest = bytes_.front().first;
    if (free_.size() < past_used_ + 768) grow(free_.size() + free_.size() / 2 + 1024);
    int tries = 0;
    for (size_t at = first_free_; at > 0 && tries < kTries; at = free_[at].after, ++tries) {
      if (at <= lowest) continue;
      const size_t base = at - lowest;
      if (base + 256 > free_.size()) break;
      if (std::all_of(bytes_.begin(), bytes_.end(),
                      [&](const auto& byte) { return free_[base + byte.first].free; }))
        return base;
    }
    return past_used_;
  }

  const std::vector<Key>& keys_;
  decltype(Trie::nodes_)& nodes_;
  std::vector<Free> free_;
  std::vector<std::pair<unsigned char, size_t>> bytes_;  // of the children, with the first key of each
  size_t first_free_ = 0, last_free_ = 0;
  size_t past_used_ = 1;  // behind the last node that is taken
};

Trie::Trie(std::vector<Key> keys) {
  std::stable_sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) { return a.first < b.first; });
  TrieBuilder(keys, *this);
}

}  // namespace lamina::detail::tokenizers
