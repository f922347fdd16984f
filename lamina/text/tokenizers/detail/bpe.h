// What a BPE model consists of.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lamina/text/tokenizers/detail/parts.h"
#include "lamina/text/tokenizers/detail/vocabulary.h"

namespace lamina::detail::tokenizers {

struct BpeParts {
  Vocabulary vocabulary;
  std::vector<std::pair<std::string, std::string>> merges;  ///< the first comes first
  double dropout = 0;                                       ///< probability that a merge is passed over
  std::optional<std::string> unk_token = {};
  std::string continuing_subword_prefix, end_of_word_suffix;
  bool fuse_unk = false, byte_fallback = false, ignore_merges = false;
};

/// Throws InvalidArgument for merges of tokens that the vocabulary lacks.
std::shared_ptr<Model> make_bpe(BpeParts parts);

}  // namespace lamina::detail::tokenizers
