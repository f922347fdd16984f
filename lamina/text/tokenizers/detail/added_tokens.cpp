// Of the tokens that begin at a place the longest counts; the search goes on behind it.
#include "lamina/text/tokenizers/detail/added_tokens.h"

#include <algorithm>

#include "lamina/text/tokenizers/detail/characters.h"

namespace lamina::detail::tokenizers {
namespace {

// The character that ends at `end`.
Character character_before(std::string_view text, size_t end) {
  size_t begin = end - 1;
  while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
  return character_at(text, begin);
}

}  // namespace

void AddedTokens::add(const std::vector<AddedTokenOptions>& tokens, const Vocabulary& vocabulary,
                      const Normalizer* normalizer) {
  const auto size = static_cast<int32_t>(vocabulary.size());
  int32_t next = tokens_.empty() ? size : std::max(tokens_.rbegin()->first + 1, size);
  for (const AddedTokenOptions& token : tokens) {
    if (token.content.empty()) continue;
    int32_t id = find(token.content);
    if (id >= 0 && tokens_.at(id) == token) continue;
    if (id < 0) id = vocabulary.find(token.content);
    if (id < 0) id = next++;
    if (token.normalized && normalizer != nullptr) {
      AlignedText text;
      text.reset(token.content, 0);
      normalizer->normalize(text);
      if (text.text() != token.content) normalized_[id] = text.text();
    }
    ids_[token.content] = id;
    if (token.special) special_[token.content] = true;
    tokens_[id] = token;
  }
  rebuild();
}

void AddedTokens::rebuild() {
  for (const bool normalized : {false, true}) {
    Finder finder;
    std::vector<int32_t> ids;
    for (const auto& [id, token] : tokens_) {
      if (token.normalized != normalized) continue;
      const auto other = normalized_.find(id);
      const std::string& pattern = other == normalized_.end() ? token.content : other->second;
      if (pattern.empty()) continue;
      finder.patterns.push_back(pattern);
      ids.push_back(id);
      finder.first[static_cast<unsigned char>(pattern[0])] = true;
    }
    std::vector<std::pair<std::string_view, int32_t>> keys;
    for (size_t i = 0; i < ids.size(); ++i) keys.emplace_back(finder.patterns[i], ids[i]);
    if (!keys.empty()) finder.trie = Trie(std::move(keys));
    (normalized ? after_ : before_) = std::move(finder);
  }
}

void AddedTokens::split(std::string_view text, bool normalized, std::vector<Stretch>& stretches) const {
  const Finder& finder = normalized ? after_ : before_;
  size_t from = 0;
  if (!finder.patterns.empty()) {
    for (size_t at = 0; at < text.size();) {
      if (!finder.first[static_cast<unsigned char>(text[at])]) {
        ++at;
        continue;
      }
      const auto [size, id] = finder.trie.longest(text.substr(at));
      if (size == 0) {
        ++at;
        continue;
      }
      const AddedTokenOptions& token = tokens_.at(id);
      size_t begin = at, end = at + size;
      at = end;
      if (token.single_word) {
        const bool before = begin > 0 && is_any(character_before(text, begin).code, kWord);
        const bool after = end < text.size() && is_any(character_at(text, end).code, kWord);
        if (before || after) continue;
      }
      if (token.lstrip) {
        while (begin > from) {
          const Character character = character_before(text, begin);
          if (character.begin < from || !is_any(character.code, kSpace)) break;
          begin = character.begin;
        }
      }
      if (token.rstrip) {
        while (end < text.size()) {
          const Character character = character_at(text, end);
          if (!is_any(character.code, kSpace)) break;
          end = character.end;
        }
      }
      // White space that the token before took is not taken twice.
      begin = std::max(begin, std::min(from, end));
      if (from < begin) stretches.push_back({from, begin, -1});
      stretches.push_back({begin, end, id});
      from = end;
    }
  }
  if (from < text.size()) stretches.push_back({from, text.size(), -1});
}

int32_t AddedTokens::find(std::string_view token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? -1 : found->second;
}

const AddedTokenOptions* AddedTokens::options(int32_t id) const {
  const auto found = tokens_.find(id);
  return found == tokens_.end() ? nullptr : &found->second;
}

std::optional<std::string> AddedTokens::text_of(int32_t id) const {
  const AddedTokenOptions* token = options(id);
  if (token == nullptr) return std::nullopt;
  const auto other = normalized_.find(id);
  return other == normalized_.end() ? token->content : other->second;
}

bool AddedTokens::is_special(std::string_view token) const { return special_.find(token) != special_.end(); }

std::vector<int32_t> AddedTokens::special_ids() const {
  std::vector<int32_t> ids;
  for (const auto& [content, yes] : special_) ids.push_back(find(content));
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace lamina::detail::tokenizers
