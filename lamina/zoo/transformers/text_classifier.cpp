// Names of classes to numbers and back around the model.
#include "lamina/zoo/transformers/text_classifier.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/zoo/transformers/detail/text_input.h"

namespace lamina {
namespace {

std::vector<float> softmax_of(std::span<const float> scores) {
  const float most = *std::max_element(scores.begin(), scores.end());
  std::vector<float> result;
  double sum = 0;
  for (const float score : scores) sum += std::exp(static_cast<double>(score - most));
  for (const float score : scores)
    result.push_back(static_cast<float>(std::exp(static_cast<double>(score - most)) / sum));
  return result;
}

const std::string& likeliest(const std::vector<std::string>& labels, const std::vector<float>& row) {
  return labels.at(static_cast<size_t>(std::max_element(row.begin(), row.end()) - row.begin()));
}

}  // namespace

TextClassifier::TextClassifier(std::shared_ptr<PretrainedModel> model, PretrainedTokenizer tokenizer)
    : TextScorer(std::move(model), std::move(tokenizer), TextProblem::kOneLabel),
      labels_(this->model().class_names()) {}

TextClassifier TextClassifier::from_pretrained(const std::string& folder, const HeadOptions& options,
                                               HeadReport* report) {
  auto [model, tokenizer] = load(folder, options, TextProblem::kOneLabel, report);
  return {std::move(model), std::move(tokenizer)};
}

LabelledBatches TextClassifier::batches(const TextInputs& texts, const std::vector<std::string>& labels,
                                        const TextBatchesOptions& options) const {
  check_count(texts, labels.size());
  std::map<std::string, int32_t> numbers;
  for (const std::string& label : labels_) numbers.emplace(label, static_cast<int32_t>(numbers.size()));
  std::vector<LabelledTokens> all = tokens_of(texts, options.max_length);
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto found = numbers.find(labels[i]);
    if (found == numbers.end())
      throw InvalidArgument("text " + std::to_string(i) + " is labelled '" + labels[i] +
                            "', which is none of the model's classes" + suggest(labels[i], labels_));
    all[i].labels = {found->second};
  }
  return batches_of(std::move(all), options);
}

std::vector<std::vector<float>> TextClassifier::probabilities(const TextInputs& texts) const {
  std::vector<std::vector<float>> all(texts.size());
  each_score(texts, [&](size_t text, std::span<const float> scores) { all[text] = softmax_of(scores); });
  return all;
}

ClassScores TextClassifier::evaluate(const TextInputs& texts, const std::vector<std::string>& labels,
                                     std::vector<std::vector<float>>* probabilities) const {
  LabelledBatches judged = batches(texts, labels, {.shuffle = false});
  std::vector<std::string> said(texts.size());
  if (probabilities) probabilities->assign(texts.size(), {});
  const auto say = [&](size_t text, std::span<const float> scores) {
    std::vector<float> row = softmax_of(scores);
    said[text] = likeliest(labels_, row);
    if (probabilities) (*probabilities)[text] = std::move(row);
  };
  const detail::LabelScore score =
      detail::score_of(model(), judged, [&](const Tensor& scores) { detail::each_row(judged, scores, say); });
  struct Count {
    int64_t right = 0, said = 0, there = 0;
  };
  std::map<std::string, Count> counts;
  for (size_t i = 0; i < said.size(); ++i) {
    ++counts[said[i]].said;
    ++counts[labels[i]].there;
    counts[said[i]].right += said[i] == labels[i];
  }
  double f1 = 0;
  for (const auto& [name, count] : counts)
    f1 += 2.0 * static_cast<double>(count.right) / static_cast<double>(count.said + count.there);
  return {score.loss, score.accuracy, f1 / static_cast<double>(counts.size())};
}

std::vector<std::string> TextClassifier::predict(const TextInputs& texts) const {
  std::vector<std::string> all;
  for (const std::vector<float>& row : probabilities(texts)) all.push_back(likeliest(labels_, row));
  return all;
}

}  // namespace lamina
