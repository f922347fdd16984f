// Responder: a model that answers prompts as pairs have taught it, and its tokenizer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lamina/nn/batch_source.h"
#include "lamina/text/tokenizers/pretrained_tokenizer.h"
#include "lamina/zoo/transformers/parallel_texts.h"
#include "lamina/zoo/transformers/pretrained_model.h"
#include "lamina/zoo/transformers/text_classifier.h"

namespace lamina {

/// How good answers are, beside those that were expected.
struct ResponseScores {
  double loss = 0;         ///< mean cross-entropy of a token of the answers, in nats
  double accuracy = 0;     ///< share of these tokens that were the likeliest
  double exact_match = 0;  ///< share of the answers that are as expected, blanks around them left out
  double chrf = 0;         ///< corpus_chrf, 0 to 100
};

/// Fine-tunes an encoder-decoder (T5) or a decoder (GPT-2, LLaMA) on prompts and answers, the loss being that
/// of the answers alone, and asks it. A decoder reads the prompt, separator() and then the answer with the
/// tokenizer's eos token; config.json keeps the separator under "task_specific_params", "answers". Its folder
/// is one of Hugging Face's.
class Responder {
 public:
  /// Throws InvalidArgument for a model that does not write, a tokenizer with more tokens than it knows, and
  /// a decoder's tokenizer without eos token.
  /// @param separator  of decoders, between prompt and answer
  Responder(std::shared_ptr<PretrainedModel> model, PretrainedTokenizer tokenizer,
            std::string separator = "\n");
  /// From a folder; the separator is the one that it states. Throws what AutoModel and AutoTokenizer throw.
  static Responder from_pretrained(const std::string& folder, const PretrainedOptions& options = {});
  /// What such a config.json says of the separator; nothing where it is of no Responder.
  static std::optional<std::string> separator_of(const Json& config);
  /// Writes the model's files and the tokenizer's, and in config.json that it answers.
  void save_pretrained(const std::string& folder) const;

  const std::string& separator() const { return separator_; }
  /// Batches to learn from, or to be judged by. A prompt that is too long with its answer loses its beginning
  /// (of an encoder-decoder: its end), an answer that is too long its end, which a warning counts. Throws
  /// InvalidArgument for no pairs.
  std::unique_ptr<BatchSource> batches(const ParallelTexts& pairs,
                                       const TextBatchesOptions& options = {}) const;
  /// One answer for each prompt, without special tokens. Throws what generate throws.
  std::vector<std::string> respond(const std::vector<std::string>& prompts,
                                   const GenerateOptions& options = {}) const;
  /// How good it is on such pairs. Throws what batches() and respond() throw.
  ResponseScores evaluate(const ParallelTexts& pairs, const GenerateOptions& options = {}) const;

  /// Cuts texts to so many tokens from now on, as far as the model can look at them; the folder that is saved
  /// says it as model_max_length of the tokenizer. 0: as many as the model can look at. Throws
  /// InvalidArgument for a negative number.
  void set_max_length(int64_t tokens);

  PretrainedModel& model() const { return *model_; }
  const PretrainedTokenizer& tokenizer() const { return tokenizer_; }

 private:
  std::vector<std::vector<int32_t>> prompts_of(const std::vector<std::string>& texts) const;
  std::vector<std::vector<int32_t>> answers_of(const std::vector<std::string>& texts) const;

  std::shared_ptr<PretrainedModel> model_;
  PretrainedTokenizer tokenizer_;
  std::string separator_;
  int64_t max_length_ = 0;
};

}  // namespace lamina
