// What a Unigram model consists of, and the search for the most probable tokens.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lamina/text/tokenizers/detail/characters.h"
#include "lamina/text/tokenizers/detail/parts.h"
#include "lamina/text/tokenizers/detail/trie.h"

namespace lamina::detail::tokenizers {

struct UnigramParts {
  std::vector<std::pair<std::string, double>>
      vocab;  ///< tokens with the logarithm of their probability, by id
  std::optional<int64_t> unk_id = {};
  bool byte_fallback = false;
};

/// Throws InvalidArgument for an unk_id beyond the vocabulary.
std::shared_ptr<Model> make_unigram(UnigramParts parts);

/// A token of a path: bytes [begin, end); `id` -1 for a character that no token covers.
struct PathToken {
  uint32_t begin, end;
  int32_t id;
};

/// The path through `text` with the greatest sum of scores, from front to back. Sums are those of Number, so
/// that ties and roundings are those of the reference at hand. Of equal sums the path found first stays.
/// @param score          score(id, bytes, to) puts the score of a token at `to`; false: the token is not
/// used.
/// @param unknown_score  of a character that no token covers by itself.
template <class Number, class Score>
void best_path(std::string_view text, const Trie& trie, Score&& score, Number unknown_score,
               std::vector<PathToken>& path) {
  struct Node {
    Number score;
    uint32_t begin;
    int32_t id;
  };
  constexpr uint32_t kNowhere = UINT32_MAX;
  thread_local std::vector<Node> nodes;
  nodes.assign(text.size() + 1, {0, kNowhere, -1});
  for (size_t begin = 0; begin < text.size();) {
    const Number here = nodes[begin].score;
    const size_t size = character_size(text[begin]);
    bool single = false;
    const auto reach = [&](size_t end, Number token_score, int32_t id) {
      Node& node = nodes[end];
      const Number sum = token_score + here;
      if (node.begin == kNowhere || sum > node.score) node = {sum, static_cast<uint32_t>(begin), id};
    };
    trie.prefixes(text.substr(begin), [&](size_t bytes, int32_t id) {
      Number token_score;
      if (!score(id, bytes, token_score)) return;
      single = single || bytes == size;
      reach(begin + bytes, token_score, id);
    });
    if (!single) reach(begin + size, unknown_score, -1);
    begin += size;
  }
  path.clear();
  for (size_t end = text.size(); end > 0; end = nodes[end].begin)
    path.push_back({nodes[end].begin, static_cast<uint32_t>(end), nodes[end].id});
  std::reverse(path.begin(), path.end());
}

}  // namespace lamina::detail::tokenizers
