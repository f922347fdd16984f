// Tokens that were added to a vocabulary: found in texts before anything else is done with them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lamina/text/tokenizers/detail/parts.h"
#include "lamina/text/tokenizers/detail/pieces.h"
#include "lamina/text/tokenizers/detail/trie.h"

namespace lamina::detail::tokenizers {

/// A token as the file describes it.
struct AddedTokenOptions {
  std::string content;
  bool single_word = false;  ///< whether it counts only where no word character is beside it
  bool lstrip = false;       ///< whether white space before it belongs to it
  bool rstrip = false;       ///< whether white space behind it belongs to it
  bool normalized = true;    ///< whether it is looked for in the normalised text
  bool special = false;      ///< whether decode() may skip it
  bool operator==(const AddedTokenOptions&) const = default;
};

class AddedTokens {
 public:
  /// Adds tokens in this order. One that the vocabulary or the tokens before have keeps its id; others get
  /// the ids behind the largest. Call finish() afterwards.
  void add(const std::vector<AddedTokenOptions>& tokens, const Vocabulary& vocabulary,
           const Normalizer* normalizer);

  /// A stretch of a text: of a token, or of none (id -1).
  struct Stretch {
    size_t begin, end;
    int32_t id;
  };
  /// Cuts a text at the tokens that are looked for before normalisation (`normalized` false) or after it.
  void split(std::string_view text, bool normalized, std::vector<Stretch>& stretches) const;

  /// -1 where there is none.
  int32_t find(std::string_view token) const;
  /// Null where there is none.
  const AddedTokenOptions* options(int32_t id) const;
  /// What decode() gives for a token: its normalised text.
  std::optional<std::string> text_of(int32_t id) const;
  bool is_special(std::string_view token) const;
  /// By id.
  const std::map<int32_t, AddedTokenOptions>& all() const { return tokens_; }
  /// Ids of the special ones, in ascending order.
  std::vector<int32_t> special_ids() const;

 private:
  struct Finder {
    std::vector<std::string> patterns;
    Trie trie;
    std::array<bool, 256> first = {};  // bytes with which a pattern begins
  };
  void rebuild();

  std::map<int32_t, AddedTokenOptions> tokens_;
  std::map<std::string, int32_t, std::less<>> ids_;
  std::map<std::string, bool, std::less<>> special_;
  std::map<int32_t, std::string> normalized_;  // of those that differ
  Finder before_, after_;
};

}  // namespace lamina::detail::tokenizers
