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

/// What a translator has learned to do.
struct TranslationTask {
  std::string prefix;          ///< goes in front of every text: "Translate English to French: "; may be empty
  std::string source, target;  ///< columns of its data: "en", "fr"; empty where nobody said it

  /// As config.json keeps it: {"translation": {"prefix": ..., "source": ..., "target": ...}}, under
  /// "task_specific_params", where T5 has its prefixes, too.
  Json to_json() const;
  /// From a whole config.json, which need not say anything.
  static TranslationTask from_config(const Json& config);
};

/// What each token of a translation was written from.
struct Alignment {
  std::vector<std::string> source, target;  ///< tokens; "▁" stands for the space before a word
  /// How much each token of the target saw of each of the source: target.size() rows of source.size() shares,
  /// which sum to one. The mean over all layers and heads.
  std::vector<std::vector<float>> weights;
};

/// Translates texts by an encoder-decoder. Its folder is one of Hugging Face's.
class Translator {
 public:
  /// Throws InvalidArgument for a model that is no encoder-decoder, and a tokenizer with more tokens than it
  /// knows.
  Translator(std::shared_ptr<PretrainedModel> model, PretrainedTokenizer tokenizer, TranslationTask task);
  /// From a folder. Throws what AutoModel and AutoTokenizer throw.
  static Translator from_pretrained(const std::string& folder);
  /// Writes the model's files and the tokenizer's.
  void save_pretrained(const std::string& folder) const;

  /// One translation for each text, in batches of texts of about the same length.
  /// @param options  num_return_sequences, on_token and stops are not for it
  std::vector<std::string> translate(const std::vector<std::string>& texts,
                                     const GenerateOptions& options = {}) const;

  /// Where the translation of `text` comes from, by the attention to the source (Bahdanau et al., 2015, arXiv
  /// 1409.0473, figure 3).
  Alignment align(const std::string& text, const GenerateOptions& options = {}) const;

  /// Batches for training on such pairs, or for judging.
  TokenBatches batches(const ParallelTexts& texts, bool shuffle, int64_t tokens = 4096) const;

  PretrainedModel& model() const { return *model_; }
  const PretrainedTokenizer& tokenizer() const { return tokenizer_; }
  const TranslationTask& task() const { return task_; }

 private:
  std::vector<std::vector<int32_t>> sources(const std::vector<std::string>& texts) const;

  std::shared_ptr<PretrainedModel> model_;
  PretrainedTokenizer tokenizer_;
  TranslationTask task_;
};

}  // namespace lamina
