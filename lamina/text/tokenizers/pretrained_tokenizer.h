// PretrainedTokenizer: text to the ids of a published language model, and back. AutoTokenizer reads one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/text/tokenizers/encoding.h"

namespace lamina {

namespace detail::tokenizers {
struct TokenizerState;
}

/// A sub-word tokenizer with the vocabulary of a language model: BPE, byte-level BPE, Unigram, WordPiece or a
/// list of words, with all that Hugging Face's tokenizer.json puts around them, or a SentencePiece model.
/// Ids, tokens, offsets and decoded texts are those of Hugging Face's `tokenizers` and of `sentencepiece`.
///
/// A value that is cheap to copy: copies share what was read. Its functions may be called from several
/// threads at once, and results do not depend on the number of threads.
///
/// Texts are UTF-8. Bytes that are none count as U+FFFD, one each, which a warning tells; offsets are then
/// those of the mended text.
///
///   auto tokenizer = AutoTokenizer::from_pretrained("t5-small");
///   Encoding encoding = tokenizer.encode("Translate English to French: Hello, how are you?");
///   std::string text = tokenizer.decode(encoding.ids, {.skip_special_tokens = true});
class PretrainedTokenizer {
 public:
  /// The tokens of one text. Throws InvalidArgument for options that cannot be (an unknown word, a stride
  /// that is not below max_length, padding without a padding token), for a text whose regular expressions
  /// take more work than the limit, and for a character that the vocabulary lacks where it has no unknown
  /// token.
  Encoding encode(std::string_view text, const EncodeOptions& options = {}) const;
  /// The tokens of a pair of texts, put together as the model wants pairs (BERT: [CLS] a [SEP] b [SEP]).
  Encoding encode(std::string_view text, std::string_view text_pair, const EncodeOptions& options = {}) const;
  /// One encoding a text, computed on all cores. Padding "longest" is that of the batch.
  std::vector<Encoding> encode_batch(const std::vector<std::string>& texts,
                                     const EncodeOptions& options = {}) const;
  /// The same for pairs of texts.
  std::vector<Encoding> encode_batch(const std::vector<std::pair<std::string, std::string>>& pairs,
                                     const EncodeOptions& options = {}) const;

  /// The text of ids; ids that nothing has are left out.
  std::string decode(const std::vector<int32_t>& ids, const DecodeOptions& options = {}) const;
  /// One text a list of ids, on all cores.
  std::vector<std::string> decode_batch(const std::vector<std::vector<int32_t>>& ids,
                                        const DecodeOptions& options = {}) const;

  /// The number of a token; absent when there is none.
  std::optional<int32_t> token_to_id(std::string_view token) const;
  /// The token of a number, as the vocabulary writes it; absent when there is none.
  std::optional<std::string> id_to_token(int32_t id) const;

  /// Tokens of the vocabulary, without those that were added to it.
  int64_t vocab_size() const;
  /// Tokens with those that were added (Python: len(tokenizer)).
  int64_t size() const;
  /// Most tokens that the model takes, as tokenizer_config.json says; absent when it does not.
  std::optional<int64_t> model_max_length() const;

  // Ids of the tokens with a role; absent when the tokenizer has none for it.
  std::optional<int32_t> bos_token_id() const;   ///< begin of a sequence
  std::optional<int32_t> eos_token_id() const;   ///< end of a sequence
  std::optional<int32_t> unk_token_id() const;   ///< what is not known
  std::optional<int32_t> sep_token_id() const;   ///< between sequences
  std::optional<int32_t> pad_token_id() const;   ///< padding
  std::optional<int32_t> cls_token_id() const;   ///< stands for the sequence as a whole
  std::optional<int32_t> mask_token_id() const;  ///< hides a token
  /// The tokens with a role by the role's name: {"eos_token", "</s>"}, ...
  const std::vector<std::pair<std::string, std::string>>& special_tokens_map() const;
  /// Ids of all tokens that decode() skips when told to, in ascending order.
  std::vector<int32_t> all_special_ids() const;

  /// Another with `tokens` added at the end of the vocabulary (those that it has keep their numbers).
  /// @param special  whether decode() may skip them; they are also found before texts are normalised.
  PretrainedTokenizer with_added_tokens(const std::vector<std::string>& tokens, bool special = true) const;

  /// Writes tokenizer.json, tokenizer_config.json and special_tokens_map.json into `folder`, which is made if
  /// need be, so that AutoTokenizer here and in Python reads them. A SentencePiece model or Marian's pair of
  /// them is written as the files it was read from. Throws FileError, and Unsupported as to_json() does.
  void save_pretrained(const std::string& folder) const;
  /// The content of tokenizer.json. Throws Unsupported for a SentencePiece model, which has no such form, and for added
  /// tokens that would come back with other ids, since the vocabulary lacks ids or gives one to several tokens.
  Json to_json() const;

  /// @param json  the content of a tokenizer.json.
  /// @param name  opens error messages.
  /// Throws FileError, naming the part and what is wrong with it: parts of unknown types, members that are
  /// missing or of the wrong kind, ids that contradict each other, merges of tokens that are not there,
  /// regular expressions that do not compile.
  static PretrainedTokenizer from_json(const Json& json, const std::string& name = "tokenizer.json");

  explicit PretrainedTokenizer(std::shared_ptr<const detail::tokenizers::TokenizerState> state);
  /// Internal: what was read.
  const detail::tokenizers::TokenizerState& state() const { return *state_; }

 private:
  std::shared_ptr<const detail::tokenizers::TokenizerState> state_;
};

/// Reads tokenizers.
class AutoTokenizer {
 public:
  /// The tokenizer at `path`, which is
  /// - a folder as `save_pretrained` writes it, with tokenizer.json, or without it and with spiece.model,
  ///   tokenizer.model, sentencepiece.bpe.model, source.spm with target.spm and vocab.json (Marian),
  ///   vocab.json with merges.txt, or vocab.txt; tokenizer_config.json and special_tokens_map.json are read
  ///   where they are;
  /// - or one file: a tokenizer.json, a SentencePiece model (*.model, *.spm: the ids of the sentencepiece
  ///   library, nothing added), a vocab.json with merges.txt beside it, or a vocab.txt.
  /// Throws FileError for a path that holds none of these, naming what was looked for, and for files that are
  /// damaged.
  static PretrainedTokenizer from_pretrained(const std::string& path);
};

/// Text from ids that come one by one: gives each piece as soon as its characters are whole, so that what has
/// been given is always UTF-8 and, put together, is what decode() gives of all ids.
///
///   StreamingDecoder stream(tokenizer, {.skip_special_tokens = true});
///   for (int32_t id : generated) std::cout << stream.put(id) << std::flush;
///   std::cout << stream.finish();
class StreamingDecoder {
 public:
  explicit StreamingDecoder(PretrainedTokenizer tokenizer, DecodeOptions options = {});
  /// The text that is certain now that `id` has come; empty while a character is not whole.
  std::string put(int32_t id);
  /// What was held back, with U+FFFD for characters that were never completed. The decoder is then as new.
  std::string finish();

 private:
  PretrainedTokenizer tokenizer_;
  DecodeOptions options_;
  bool cleans_up_;
  std::vector<int32_t> ids_;  // the last ones
  std::string given_;         // what the decoder makes of them, as far as it was given
};

}  // namespace lamina
