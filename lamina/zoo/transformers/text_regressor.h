// TextRegressor: a model that gives a text a number, and its tokenizer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lamina/zoo/transformers/text_scorer.h"

namespace lamina {

/// How near the numbers are.
struct RegressionScores {
  double loss = 0;                 ///< mean squared error
  double mean_absolute_error = 0;  ///< in the unit of the numbers
  double r2 = 0;                   ///< as scikit-learn's r2_score; NaN where the numbers are all the same
  double pearson = 0;              ///< correlation; NaN where either side is all the same
};

/// Options of TextRegressor::from_pretrained.
struct TextRegressorOptions {
  std::string name = {};  ///< of the number in config.json; empty: the folder's, or "LABEL_0"
  uint64_t seed = 0;      ///< of the first values of a new head, and of the model
};

/// Fine-tunes a checkpoint to give a text, or a pair of texts, a number (stars, how alike two sentences are),
/// and asks it: a model ...ForSequenceClassification of "regression" with one score. Numbers are learned as
/// they are: those of about -1 to 1 are the easiest.
///
///   auto similarity = TextRegressor::from_pretrained("bert-base-uncased");
///   LabelledBatches batches = similarity.batches({sentences, others}, values);
///   compile_for_fine_tuning(similarity.model(), 3 * *batches.steps());
///   similarity.model().fit(batches, {.epochs = 3});
///   similarity.predict({sentences, others});
class TextRegressor : public TextScorer {
 public:
  /// Throws InvalidArgument for a model of another problem or with several scores, and a tokenizer with more
  /// tokens than it knows.
  TextRegressor(std::shared_ptr<PretrainedModel> model, PretrainedTokenizer tokenizer);
  /// From a folder, whatever head it has. Throws what AutoModelForSequenceClassification and AutoTokenizer
  /// throw.
  static TextRegressor from_pretrained(const std::string& folder, const TextRegressorOptions& options = {},
                                       HeadReport* report = nullptr);

  /// What the number is called in config.json.
  const std::string& name() const { return name_; }
  /// Batches to learn from, or to be judged by. Throws InvalidArgument for another count of values than
  /// texts, values that are not finite, and no texts.
  LabelledBatches batches(const TextInputs& texts, const std::vector<float>& values,
                          const TextBatchesOptions& options = {}) const;
  /// The number of each text. Texts that are too long are cut, which a warning counts.
  std::vector<float> predict(const TextInputs& texts) const;
  /// How good it is on such texts. Throws as batches() does.
  /// @param predicted  gets what predict() would give, if it is given
  RegressionScores evaluate(const TextInputs& texts, const std::vector<float>& values,
                            std::vector<float>* predicted = nullptr) const;

 private:
  std::string name_;
};

}  // namespace lamina
