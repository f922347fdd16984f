// Translator: a model with its tokenizer and the words that it is asked with.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lamina/text/tokenizers/pretrained_tokenizer.h"
#include "lamina/zoo/transformers/parallel_texts.h"
#include "lamina/zoo/transformers/pretrained_model.h"
#include "lamina/zoo/transformers/token_batches.h"

namespace lamina {

/// Translates texts by an encoder-decoder. Its folder is one of Hugging Face's; config.json keeps the prefix
/// under "task_specific_params": {"translation": {"prefix": ...}}, as T5's do.
class Translator {
 public:
  /// @param prefix  goes in front of every text: "translate English to French: "; may be empty
  Translator(std::shared_ptr<PretrainedModel> model, PretrainedTokenizer tokenizer, std::string prefix);
  /// From a folder. Throws what AutoModel and AutoTokenizer throw.
  static Translator from_pretrained(const std::string& folder);
  /// Writes the model's files and the tokenizer's.
  void save_pretrained(const std::string& folder) const;

  /// One translation for each text, in batches of texts of about the same length.
  /// @param options  num_return_sequences, on_token and stops are not for it
  std::vector<std::string> translate(const std::vector<std::string>& texts,
                                     const GenerateOptions& options = {}) const;

  /// Batches for training on such pairs, or for judging.
  TokenBatches batches(const ParallelTexts& texts, bool shuffle, int64_t tokens = 4096) const;

  PretrainedModel& model() const { return *model_; }
  const PretrainedTokenizer& tokenizer() const { return tokenizer_; }
  const std::string& prefix() const { return prefix_; }

 private:
  std::vector<std::vector<int32_t>> sources(const std::vector<std::string>& texts) const;

  std::shared_ptr<PretrainedModel> model_;
  PretrainedTokenizer tokenizer_;
  std::string prefix_;
};

}  // namespace lamina
