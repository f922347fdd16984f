// What a Tokenizer knows.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "lamina/text/detail/word_table.h"
#include "lamina/text/tokenizer.h"

namespace lamina::detail {

struct TokenizerState {
  TokenizerOptions options;
  int64_t document_count = 0;

  /// Words that were counted, in the order in which they were first seen.
  WordTable words;
  std::vector<int64_t> counts, docs;

  /// Words that have a number, in the order of Keras's dictionary, and their numbers: 1 to index.size() + 1,
  /// each at most once. (An oov_token that is also a word of the texts leaves out its first number.)
  WordTable index_words;
  std::vector<int64_t> index;
  /// The word of each number, as its place in index_words; kNone where there is none.
  std::vector<int32_t> by_index;
  std::unordered_map<int64_t, int64_t> index_docs;

  /// Fills by_index. Throws InvalidArgument for numbers out of range and those that occur twice.
  void order();
  /// Numbers the words anew.
  void number_words();
  std::optional<int64_t> oov_index() const;
};

/// Throws InvalidArgument for what cannot be.
void check_tokenizer(const TokenizerOptions& options);
}  // namespace lamina::detail
