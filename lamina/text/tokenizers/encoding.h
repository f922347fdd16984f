// Encoding: what a sub-word tokenizer makes of a text, and the options of the way there and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lamina {

/// The tokens of a text or of a pair of texts. All lists have one entry a token.
struct Encoding {
  std::vector<int32_t> ids;         ///< numbers in the vocabulary: what a model takes
  std::vector<std::string> tokens;  ///< how the vocabulary writes them ("▁Hello", "##ing", "Ġworld")
  /// Where each token stands in the text, from and up to which character: code points, as Python counts
  /// them, or bytes (EncodeOptions::byte_offsets). (0, 0) for tokens that were added.
  std::vector<std::pair<int32_t, int32_t>> offsets;
  std::vector<int32_t> attention_mask;  ///< 1, and 0 for padding
  std::vector<int32_t> type_ids;  ///< which text a token is of, as the model wants to be told (BERT: 0 and 1)
  std::vector<int32_t>
      special_tokens_mask;  ///< 1 for tokens that were added ([CLS], padding), 0 for those of the text
  /// Which word of its text each token belongs to, by the tokenizer's own division into words; -1 for those
  /// that were added.
  std::vector<int32_t> word_ids;
  /// What truncation cut off, in pieces of the same length that share EncodeOptions::stride tokens.
  std::vector<Encoding> overflowing;

  size_t size() const { return ids.size(); }
};

/// Arguments of PretrainedTokenizer::encode, with Hugging Face's names and defaults.
struct EncodeOptions {
  bool add_special_tokens = true;  ///< whether `[CLS]` and its like are put around the text
  /// How a text that is too long is cut: "longest_first" (of a pair the longer one), "only_first",
  /// "only_second" or "do_not_truncate". Absent: as the file says, if it is one tokenizer.json; else not at
  /// all.
  std::optional<std::string> truncation = {};
  /// Most tokens, those that are added among them; 0: the tokenizer's model_max_length.
  int64_t max_length = 0;
  int64_t stride = 0;                               ///< tokens that the pieces of `overflowing` share
  std::optional<std::string> truncation_side = {};  ///< "right" or "left"; absent: the tokenizer's own
  /// How short texts are filled up: "longest" (to the longest of the batch), "max_length" or "do_not_pad".
  /// Absent: as the file says, if it is one tokenizer.json; else not at all.
  std::optional<std::string> padding = {};
  std::optional<std::string> padding_side = {};  ///< "right" or "left"; absent: the tokenizer's own
  int64_t pad_to_multiple_of = 0;                ///< fills up to a multiple of this; 0: does not
  bool byte_offsets = false;                     ///< whether offsets count bytes of UTF-8
  /// Whether ids, attention_mask, type_ids and special_tokens_mask are enough: tokens, offsets and word_ids
  /// stay empty, which takes less time.
  bool ids_only = false;
  /// Whether the text is in the language that is translated into, where that has a vocabulary of its own
  /// (Marian; Hugging Face: text_target).
  bool as_target = false;
  /// For BPE with dropout: other numbers pass over other merges. The same number gives the same tokens.
  uint64_t seed = 0;
};

/// Arguments of PretrainedTokenizer::decode, with Hugging Face's names and defaults.
struct DecodeOptions {
  bool skip_special_tokens = false;  ///< whether special tokens are left out
  /// Whether blanks before punctuation and English contractions go. Absent: as tokenizer_config.json says,
  /// and not where it says nothing.
  std::optional<bool> clean_up_tokenization_spaces = {};
};

}  // namespace lamina
