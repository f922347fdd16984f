// LanguageModel: a model that goes on with texts, and its tokenizer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lamina/text/tokenizers/pretrained_tokenizer.h"
#include "lamina/zoo/transformers/pretrained_model.h"
#include "lamina/zoo/transformers/text_blocks.h"

namespace lamina {

/// How well a model knows a text.
struct LanguageScore {
  double loss = 0;  ///< mean cross-entropy of a token, in nats
  /// Mean bits of a character, so that models of other tokens can be compared: the bits of all tokens over
  /// the number of characters. Of texts that the tokenizer puts a token in front of, that token counts as a
  /// character, too: it ends the text before. Characters that the vocabulary lacks cost 20 bits more, in
  /// which any one can be written.
  double bits_per_character = 0;
  double accuracy = 0;  ///< share of the tokens that were the likeliest
  int64_t tokens = 0, characters = 0;
  int64_t unknown = 0;  ///< characters that the vocabulary lacks
};

/// A decoder such as GPT-2, Mistral or LSTMs with the tokenizer beside it: it learns texts, says how likely
/// one is, and goes on with one. Its folder is one of Hugging Face's.
class LanguageModel {
 public:
  /// Throws InvalidArgument for a model that does not go on with texts, and a tokenizer with more tokens than
  /// the model has.
  LanguageModel(std::shared_ptr<PretrainedModel> model, PretrainedTokenizer tokenizer);
  /// From a folder. Throws what AutoModelForCausalLM and AutoTokenizer throw.
  static LanguageModel from_pretrained(const std::string& folder);
  /// Writes the model's files and the tokenizer's.
  void save_pretrained(const std::string& folder) const;

  /// All tokens of `texts`, one text behind the other, each with what the tokenizer puts around it.
  std::vector<int32_t> tokens(const std::vector<std::string>& texts) const;
  /// How likely the texts are. Every token but the first is judged, each by at least `length` / 2 tokens
  /// before it, where there are as many. The same whatever the number of threads.
  /// @param length  tokens that the model sees at a time. Throws InvalidArgument for less than 2, and for
  ///                texts of fewer than 2 tokens.
  LanguageScore evaluate(const std::vector<std::string>& texts, int64_t length = 256) const;
  /// Each text and what follows, without special tokens. Throws what readable_tokens and generate throw.
  std::vector<std::string> write(const std::vector<std::string>& texts,
                                 const GenerateOptions& options = {}) const;

  PretrainedModel& model() const { return *model_; }
  const PretrainedTokenizer& tokenizer() const { return tokenizer_; }

 private:
  std::shared_ptr<PretrainedModel> model_;
  PretrainedTokenizer tokenizer_;
};

/// The tokens of a text that a model is to go on with. Throws InvalidArgument for one without characters, and
/// for characters that the vocabulary lacks, naming them.
std::vector<int32_t> readable_tokens(const PretrainedTokenizer& tokenizer, const std::string& text);

/// The characters of `text` that the tokenizer writes as its unknown token, each once, in the order of the
/// text.
std::vector<std::string> unknown_characters(const PretrainedTokenizer& tokenizer, const std::string& text);

/// A pipeline for train_tokenizer: every character is a token, by its frequency. Special: [UNK], and
/// <|endoftext|>, which can stand between texts.
Json character_pipeline();
/// The same pipeline with <|endoftext|> in front of each text: texts are learned with their beginnings and
/// ends.
Json with_text_starts(Json pipeline);

}  // namespace lamina
