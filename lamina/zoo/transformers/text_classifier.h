// TextClassifier: a model that tells classes of texts apart, and its tokenizer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lamina/text/tokenizers/pretrained_tokenizer.h"
#include "lamina/zoo/transformers/labelled_batches.h"
#include "lamina/zoo/transformers/pretrained_heads.h"

namespace lamina {

/// How texts become batches to learn from.
struct TextBatchesOptions {
  int64_t rows = 32;  ///< texts of a batch
  /// Tokens of a text at most; 0: as many as the model can look at. Longer texts are cut, which a warning
  /// counts.
  int64_t max_length = 0;
  bool shuffle = true;
};

/// How good a model tells classes apart.
struct ClassScores {
  double loss = 0;      ///< mean cross-entropy of a text, in nats
  double accuracy = 0;  ///< share of the texts whose likeliest class is theirs
  double macro_f1 = 0;  ///< mean of the F1 of the classes that are there or were said, as scikit-learn's
};

/// Fine-tunes a checkpoint and asks it: a model ...ForSequenceClassification with the tokenizer beside it.
/// Its folder is one of Hugging Face's.
///
///   auto classifier = TextClassifier::from_pretrained("bert-base-uncased", {.labels = {"bad", "good"}});
///   classifier.model().add_adapter({.r = 8});                       // or not: then everything is trained
///   LabelledBatches batches = classifier.batches(texts, labels);
///   compile_for_fine_tuning(classifier.model(), 3 * *batches.steps());
///   classifier.model().fit(batches, {.epochs = 3});
///   classifier.predict({"What a film!"});                           // {"good"}
class TextClassifier {
 public:
  /// Throws InvalidArgument for another model and a tokenizer with more tokens than it knows.
  TextClassifier(std::shared_ptr<PretrainedModel> model, PretrainedTokenizer tokenizer);
  /// From a folder, whatever head it has. Decoders whose config.json names no pad_token_id get that of the
  /// tokenizer, or its eos token. Throws what AutoModelForSequenceClassification and AutoTokenizer throw.
  static TextClassifier from_pretrained(const std::string& folder, const HeadOptions& options = {},
                                        HeadReport* report = nullptr);
  /// Writes the model's files and the tokenizer's.
  void save_pretrained(const std::string& folder) const;

  /// Names of the classes by number.
  const std::vector<std::string>& labels() const { return labels_; }
  /// Batches to learn from, or to be judged by.
  /// @param labels  a name for each text. Throws InvalidArgument for a name that is none of labels()
  /// (suggesting the
  ///                nearest), another number of names than texts, and no texts.
  LabelledBatches batches(const std::vector<std::string>& texts, const std::vector<std::string>& labels,
                          const TextBatchesOptions& options = {}) const;
  /// For each text the probability of each class. Texts that are too long are cut, which a warning counts.
  std::vector<std::vector<float>> probabilities(const std::vector<std::string>& texts) const;
  /// For each text the name of the likeliest class.
  std::vector<std::string> predict(const std::vector<std::string>& texts) const;

  /// How good it is on such texts. Throws as batches() does.
  /// @param probabilities  gets what probabilities() would give, if it is given
  ClassScores evaluate(const std::vector<std::string>& texts, const std::vector<std::string>& labels,
                       std::vector<std::vector<float>>* probabilities = nullptr) const;

  /// Cuts texts to so many tokens from now on, as far as the model can look at them; the folder that is saved
  /// says it as model_max_length of the tokenizer. 0: as many as the model can look at. Throws
  /// InvalidArgument for a negative number.
  void set_max_length(int64_t tokens);

  PretrainedModel& model() const { return *model_; }
  const PretrainedTokenizer& tokenizer() const { return tokenizer_; }

 private:
  std::vector<std::vector<int32_t>> ids_of(const std::vector<std::string>& texts, int64_t max_length) const;

  std::shared_ptr<PretrainedModel> model_;
  PretrainedTokenizer tokenizer_;
  std::vector<std::string> labels_;
  int64_t max_length_ = 0;
};

}  // namespace lamina
