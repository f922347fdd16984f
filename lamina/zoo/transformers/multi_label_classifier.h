// MultiLabelClassifier: a model that says of each label whether it goes with a text, and its tokenizer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lamina/zoo/transformers/text_scorer.h"

namespace lamina {

/// How good labels are, as scikit-learn counts them.
struct MultiLabelScores {
  double loss = 0;         ///< mean binary cross-entropy of a label, in nats
  double exact_match = 0;  ///< share of the texts whose labels are all right
  double micro_f1 = 0;     ///< F1 of all labels of all texts together
  double macro_f1 = 0;     ///< mean of the F1 of the labels; 0 for one that is neither there nor said
};

/// Fine-tunes a checkpoint to give a text, or a pair of texts, none, one or several of some labels, and asks
/// it: a model ...ForSequenceClassification of "multi_label_classification".
///
///   auto topics = MultiLabelClassifier::from_pretrained("bert-base-uncased", {.labels = {"cars", "music",
///   "sport"}}); LabelledBatches batches = topics.batches(texts, {{"cars", "sport"}, {}, {"music"}});
///   compile_for_fine_tuning(topics.model(), 3 * *batches.steps());
///   topics.model().fit(batches, {.epochs = 3});
///   topics.predict({"The rally ended in the rain."});               // {{"cars", "sport"}}
class MultiLabelClassifier : public TextScorer {
 public:
  /// Throws InvalidArgument for a model of another problem, and a tokenizer with more tokens than it knows.
  MultiLabelClassifier(std::shared_ptr<PretrainedModel> model, PretrainedTokenizer tokenizer);
  /// From a folder, whatever head it has, as TextClassifier::from_pretrained.
  static MultiLabelClassifier from_pretrained(const std::string& folder, const HeadOptions& options = {},
                                              HeadReport* report = nullptr);

  /// Names of the labels by number.
  const std::vector<std::string>& labels() const { return labels_; }
  /// Batches to learn from, or to be judged by.
  /// @param labels  those of each text, in any order. Throws InvalidArgument for a name that is none of
  ///                labels() (suggesting the nearest), another number of lists than texts, and no texts.
  LabelledBatches batches(const TextInputs& texts, const std::vector<std::vector<std::string>>& labels,
                          const TextBatchesOptions& options = {}) const;
  /// For each text the probability of each label. Texts that are too long are cut, which a warning counts.
  std::vector<std::vector<float>> probabilities(const TextInputs& texts) const;
  /// For each text the labels whose probability is at least `threshold`, in the order of labels().
  std::vector<std::vector<std::string>> predict(const TextInputs& texts, float threshold = 0.5F) const;
  /// How good it is on such texts. Throws as batches() does.
  /// @param probabilities  gets what probabilities() would give, if it is given
  MultiLabelScores evaluate(const TextInputs& texts, const std::vector<std::vector<std::string>>& labels,
                            std::vector<std::vector<float>>* probabilities = nullptr) const;

 private:
  std::vector<float> targets_of(const std::vector<std::string>& labels, size_t text) const;

  std::vector<std::string> labels_;
};

}  // namespace lamina
