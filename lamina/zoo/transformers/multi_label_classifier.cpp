// Each label is a question of its own.
#include "lamina/zoo/transformers/multi_label_classifier.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lamina/base/error.h"

namespace lamina {
namespace {

float sigmoid_of(float score) { return static_cast<float>(1 / (1 + std::exp(-static_cast<double>(score)))); }

struct LabelCount {
  int64_t right = 0, said = 0, there = 0;
  double f1() const {
    return said + there == 0 ? 0 : 2.0 * static_cast<double>(right) / static_cast<double>(said + there);
  }
};

}  // namespace

MultiLabelClassifier::MultiLabelClassifier(std::shared_ptr<PretrainedModel> model,
                                           PretrainedTokenizer tokenizer)
    : TextScorer(std::move(model), std::move(tokenizer), TextProblem::kAnyLabels),
      labels_(this->model().class_names()) {}

MultiLabelClassifier MultiLabelClassifier::from_pretrained(const std::string& folder,
                                                           const HeadOptions& options, HeadReport* report) {
  auto [model, tokenizer] = load(folder, options, TextProblem::kAnyLabels, report);
  return {std::move(model), std::move(tokenizer)};
}

std::vector<float> MultiLabelClassifier::targets_of(const std::vector<std::string>& labels,
                                                    size_t text) const {
  std::vector<float> targets(labels_.size(), 0.0F);
  for (const std::string& label : labels) {
    const auto found = std::find(labels_.begin(), labels_.end(), label);
    if (found == labels_.end())
      throw InvalidArgument("text " + std::to_string(text) + " is labelled '" + label +
                            "', which is none of the model's labels" + suggest(label, labels_));
    targets[static_cast<size_t>(found - labels_.begin())] = 1;
  }
  return targets;
}

LabelledBatches MultiLabelClassifier::batches(const TextInputs& texts,
                                              const std::vector<std::vector<std::string>>& labels,
                                              const TextBatchesOptions& options) const {
  check_count(texts, labels.size());
  std::vector<LabelledTokens> all = tokens_of(texts, options.max_length);
  for (size_t i = 0; i < all.size(); ++i) all[i].targets = targets_of(labels[i], i);
  return batches_of(std::move(all), options);
}

std::vector<std::vector<float>> MultiLabelClassifier::probabilities(const TextInputs& texts) const {
  std::vector<std::vector<float>> all(texts.size());
  each_score(texts, [&](size_t text, std::span<const float> scores) {
    for (const float score : scores) all[text].push_back(sigmoid_of(score));
  });
  return all;
}

std::vector<std::vector<std::string>> MultiLabelClassifier::predict(const TextInputs& texts,
                                                                    float threshold) const {
  std::vector<std::vector<std::string>> all;
  for (const std::vector<float>& row : probabilities(texts)) {
    std::vector<std::string>& said = all.emplace_back();
    for (size_t i = 0; i < row.size(); ++i) {
      if (row[i] >= threshold) said.push_back(labels_[i]);
    }
  }
  return all;
}

MultiLabelScores MultiLabelClassifier::evaluate(const TextInputs& texts,
                                                const std::vector<std::vector<std::string>>& labels,
                                                std::vector<std::vector<float>>* probabilities) const {
  check_count(texts, labels.size());
  if (texts.size() == 0) throw InvalidArgument("MultiLabelClassifier: there are no texts to be judged by");
  std::vector<std::vector<float>> targets;
  for (size_t i = 0; i < labels.size(); ++i) targets.push_back(targets_of(labels[i], i));
  if (probabilities) probabilities->assign(texts.size(), {});
  std::vector<LabelCount> counts(labels_.size());
  int64_t exact = 0;
  double loss = 0;
  each_score(texts, [&](size_t text, std::span<const float> scores) {
    bool right = true;
    for (size_t i = 0; i < scores.size(); ++i) {
      const auto score = static_cast<double>(scores[i]);
      const double target = static_cast<double>(targets[text][i]);
      loss += std::max(score, 0.0) - score * target + std::log1p(std::exp(-std::abs(score)));
      const bool said = sigmoid_of(scores[i]) >= 0.5F, there = target > 0.5;
      counts[i].said += said;
      counts[i].there += there;
      counts[i].right += said && there;
      right = right && said == there;
      if (probabilities) (*probabilities)[text].push_back(sigmoid_of(scores[i]));
    }
    exact += right;
  });
  LabelCount all;
  double f1 = 0;
  for (const LabelCount& count : counts) {
    all.said += count.said, all.there += count.there, all.right += count.right;
    f1 += count.f1();
  }
  const auto rows = static_cast<double>(texts.size()), wide = static_cast<double>(labels_.size());
  return {loss / (rows * wide), static_cast<double>(exact) / rows, all.f1(), f1 / wide};
}

}  // namespace lamina
