// TextClassifier: a model that tells classes of texts apart, and its tokenizer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lamina/zoo/transformers/text_scorer.h"

namespace lamina {

/// How good a model tells classes apart.
struct ClassScores {
  double loss = 0;      ///< mean cross-entropy of a text, in nats
  double accuracy = 0;  ///< share of the texts whose likeliest class is theirs
  double macro_f1 = 0;  ///< mean of the F1 of the classes that are there or were said, as scikit-learn's
};

/// Fine-tunes a checkpoint to tell which class a text, or a pair of texts, is of, and asks it: a model
/// ...ForSequenceClassification with the tokenizer beside it.
///
///   auto classifier = TextClassifier::from_pretrained("bert-base-uncased", {.labels = {"bad", "good"}});
///   classifier.model().add_adapter({.r = 8});                       // or not: then everything is trained
///   LabelledBatches batches = classifier.batches(texts, labels);
///   compile_for_fine_tuning(classifier.model(), 3 * *batches.steps());
///   classifier.model().fit(batches, {.epochs = 3});
///   classifier.predict({"What a film!"});                           // {"good"}
class TextClassifier : public TextScorer {
 public:
  /// Throws InvalidArgument for another model, one that does not choose one of several classes, and a
  /// tokenizer with more tokens than it knows.
  TextClassifier(std::shared_ptr<PretrainedModel> model, PretrainedTokenizer tokenizer);
  /// From a folder, whatever head it has. Decoders whose config.json names no pad_token_id get that of the
  /// tokenizer, or its eos token. Throws what AutoModelForSequenceClassification and AutoTokenizer throw.
  static TextClassifier from_pretrained(const std::string& folder, const HeadOptions& options = {},
                                        HeadReport* report = nullptr);

  /// Names of the classes by number.
  const std::vector<std::string>& labels() const { return labels_; }
  /// Batches to learn from, or to be judged by.
  /// @param labels  a name for each text. Throws InvalidArgument for a name that is none of labels()
  /// (suggesting the
  ///                nearest), another number of names than texts, and no texts.
  LabelledBatches batches(const TextInputs& texts, const std::vector<std::string>& labels,
                          const TextBatchesOptions& options = {}) const;
  /// For each text the probability of each class. Texts that are too long are cut, which a warning counts.
  std::vector<std::vector<float>> probabilities(const TextInputs& texts) const;
  /// For each text the name of the likeliest class.
  std::vector<std::string> predict(const TextInputs& texts) const;

  /// How good it is on such texts. Throws as batches() does.
  /// @param probabilities  gets what probabilities() would give, if it is given
  ClassScores evaluate(const TextInputs& texts, const std::vector<std::string>& labels,
                       std::vector<std::vector<float>>* probabilities = nullptr) const;

 private:
  std::vector<std::string> labels_;
};

}  // namespace lamina
