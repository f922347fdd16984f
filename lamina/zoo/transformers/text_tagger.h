// TextTagger: a model that gives each word a tag, and its tokenizer.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lamina/text/tagging_metrics.h"
#include "lamina/text/tokenizers/pretrained_tokenizer.h"
#include "lamina/zoo/transformers/labelled_batches.h"
#include "lamina/zoo/transformers/pretrained_heads.h"
#include "lamina/zoo/transformers/tagged_texts.h"
#include "lamina/zoo/transformers/text_classifier.h"

namespace lamina {

/// How good tags are.
struct TaggingScores {
  double loss = 0;  ///< mean cross-entropy of a word, in nats
  TagScores tags;   ///< score_tags; of tags that name no spans (parts of speech) the accuracy alone
};

/// Fine-tunes a checkpoint for names, slots and their like, and asks it: a model ...ForTokenClassification
/// with the tokenizer beside it. A word's tag belongs to the first of its tokens; the others are not judged.
/// Words that the tokenizer makes nothing of, and those behind the end of a text that is too long, are tagged
/// "O", or as the first of labels() where that is none.
class TextTagger {
 public:
  /// Throws InvalidArgument for another model and a tokenizer with more tokens than it knows.
  TextTagger(std::shared_ptr<PretrainedModel> model, PretrainedTokenizer tokenizer);
  /// From a folder, whatever head it has. Throws what AutoModelForTokenClassification and AutoTokenizer
  /// throw.
  static TextTagger from_pretrained(const std::string& folder, const HeadOptions& options = {},
                                    HeadReport* report = nullptr);
  /// Writes the model's files and the tokenizer's.
  void save_pretrained(const std::string& folder) const;

  /// Tags by number.
  const std::vector<std::string>& labels() const { return labels_; }
  /// Batches to learn from, or to be judged by. Throws InvalidArgument for a tag that is none of labels()
  /// (suggesting the nearest), a text with another number of tags than words, and no texts.
  LabelledBatches batches(const TaggedTexts& texts, const TextBatchesOptions& options = {}) const;
  /// For each text the likeliest tag of each word.
  std::vector<std::vector<std::string>> predict(const std::vector<std::vector<std::string>>& words) const;

  /// Whether tags name spans: each is "O", or B, I, E, S, U or L, a hyphen and a type.
  bool finds_spans() const;
  /// How good it is on such texts. Throws as batches() does.
  TaggingScores evaluate(const TaggedTexts& texts) const;

  /// Cuts texts to so many tokens from now on, as far as the model can look at them; the folder that is saved
  /// says it as model_max_length of the tokenizer. 0: as many as the model can look at. Throws
  /// InvalidArgument for a negative number.
  void set_max_length(int64_t tokens);

  PretrainedModel& model() const { return *model_; }
  const PretrainedTokenizer& tokenizer() const { return tokenizer_; }

 private:
  struct Pieces {
    std::vector<int32_t> ids;
    std::vector<int64_t> first;  ///< of each word the number of its first token; -1: none
  };
  std::vector<Pieces> pieces_of(const std::vector<std::vector<std::string>>& words, int64_t max_length) const;
  /// Takes the ids out of `pieces`.
  LabelledBatches batches_of(const TaggedTexts& texts, std::vector<Pieces>& pieces,
                             const TextBatchesOptions& options) const;
  /// Of scores (tokens, tags), the tag of each word.
  std::vector<std::string> tags_of(const Pieces& pieces, std::span<const float> scores) const;

  std::shared_ptr<PretrainedModel> model_;
  PretrainedTokenizer tokenizer_;
  std::vector<std::string> labels_;
  int64_t max_length_ = 0;
};

}  // namespace lamina
