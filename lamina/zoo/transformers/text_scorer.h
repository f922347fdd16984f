// TextScorer: what TextClassifier, MultiLabelClassifier and TextRegressor have in common.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lamina/text/tokenizers/pretrained_tokenizer.h"
#include "lamina/zoo/transformers/label_losses.h"
#include "lamina/zoo/transformers/labelled_batches.h"
#include "lamina/zoo/transformers/pretrained_heads.h"
#include "lamina/zoo/transformers/text_inputs.h"

namespace lamina {

/// How texts become batches to learn from.
struct TextBatchesOptions {
  int64_t rows = 32;  ///< texts of a batch
  /// Tokens of a text (of a pair: of both) at most; 0: as many as the model can look at. Longer texts are
  /// cut, of a pair the longer one first, which a warning counts.
  int64_t max_length = 0;
  bool shuffle = true;
};

/// A model ...ForSequenceClassification with the tokenizer beside it. Its folder is one of Hugging Face's.
class TextScorer {
 public:
  /// Writes the model's files and the tokenizer's.
  void save_pretrained(const std::string& folder) const;

  /// Cuts texts to so many tokens from now on, as far as the model can look at them; the folder that is saved
  /// says it as model_max_length of the tokenizer. 0: as many as the model can look at. Throws
  /// InvalidArgument for a negative number.
  void set_max_length(int64_t tokens);

  PretrainedModel& model() const { return *model_; }
  const PretrainedTokenizer& tokenizer() const { return tokenizer_; }

 protected:
  /// Throws InvalidArgument for another model, one of another problem, and a tokenizer with more tokens than
  /// it knows.
  TextScorer(std::shared_ptr<PretrainedModel> model, PretrainedTokenizer tokenizer, TextProblem problem);
  /// The two of a folder, with a head for `problem` where labels are given.
  static std::pair<std::shared_ptr<PretrainedModel>, PretrainedTokenizer> load(const std::string& folder,
                                                                               HeadOptions options,
                                                                               TextProblem problem,
                                                                               HeadReport* report);
  /// The texts as the model takes them. Throws InvalidArgument for another number of second texts than texts,
  /// and of `labels`, if there are to be some.
  std::vector<LabelledTokens> tokens_of(const TextInputs& texts, int64_t max_length) const;
  static void check_count(const TextInputs& texts, size_t labels);
  LabelledBatches batches_of(std::vector<LabelledTokens> texts, const TextBatchesOptions& options) const;
  using Seen = std::function<void(size_t text, std::span<const float> scores)>;
  /// Calls `seen` with the scores of each text.
  void each_score(const TextInputs& texts, const Seen& seen) const;

 private:
  std::shared_ptr<PretrainedModel> model_;
  PretrainedTokenizer tokenizer_;
  int64_t max_length_ = 0;
};

}  // namespace lamina
