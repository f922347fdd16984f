// Names of classes to numbers and back around the model.
#include "lamina/zoo/transformers/text_classifier.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/zoo/transformers/detail/pretrained_files.h"
#include "lamina/zoo/transformers/detail/text_input.h"

namespace lamina {
namespace {

constexpr char kEnding[] = "ForSequenceClassification";

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
    : model_(std::move(model)), tokenizer_(std::move(tokenizer)) {
  detail::check_classes_of(*model_, tokenizer_, kEnding);
  labels_ = model_->class_names();
}

TextClassifier TextClassifier::from_pretrained(const std::string& folder, const HeadOptions& options,
                                               HeadReport* report) {
  detail::read_folder_config(folder);  // a folder without a model says that first
  PretrainedTokenizer tokenizer = AutoTokenizer::from_pretrained(folder);
  HeadOptions with = options;
  if (!with.pad_token_id)
    with.pad_token_id = tokenizer.pad_token_id() ? tokenizer.pad_token_id() : tokenizer.eos_token_id();
  auto model = AutoModelForSequenceClassification::from_pretrained(folder, with, report);
  return {std::move(model), std::move(tokenizer)};
}

void TextClassifier::set_max_length(int64_t tokens) { max_length_ = detail::checked_length(tokens); }

void TextClassifier::save_pretrained(const std::string& folder) const {
  model_->save_pretrained(folder);
  detail::save_tokenizer(tokenizer_, folder, max_length_);
}

std::vector<std::vector<int32_t>> TextClassifier::ids_of(const std::vector<std::string>& texts,
                                                         int64_t max_length) const {
  const int64_t most = detail::most_tokens(*model_, tokenizer_, max_length > 0 ? max_length : max_length_);
  std::vector<std::vector<int32_t>> all;
  for (Encoding& encoding : detail::encoded(tokenizer_, texts, most, {.ids_only = true})) {
    // An empty text has no tokens of its own, and some tokenizers add none.
    if (encoding.ids.empty()) encoding.ids.push_back(detail::padding_of(*model_, tokenizer_));
    all.push_back(std::move(encoding.ids));
  }
  return all;
}

LabelledBatches TextClassifier::batches(const std::vector<std::string>& texts,
                                        const std::vector<std::string>& labels,
                                        const TextBatchesOptions& options) const {
  if (texts.size() != labels.size())
    throw InvalidArgument("there are " + std::to_string(texts.size()) + " texts and " +
                          std::to_string(labels.size()) + " labels");
  std::map<std::string, int32_t> numbers;
  for (const std::string& label : labels_) numbers.emplace(label, static_cast<int32_t>(numbers.size()));
  std::vector<std::vector<int32_t>> ids = ids_of(texts, options.max_length);
  std::vector<LabelledTokens> all;
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto found = numbers.find(labels[i]);
    if (found == numbers.end())
      throw InvalidArgument("text " + std::to_string(i) + " is labelled '" + labels[i] +
                            "', which is none of the model's classes" + suggest(labels[i], labels_));
    all.push_back({std::move(ids[i]), {found->second}});
  }
  return LabelledBatches(std::move(all), {.rows = options.rows,
                                          .longest = model_->context_length(),
                                          .pad_token_id = detail::padding_of(*model_, tokenizer_),
                                          .shuffle = options.shuffle});
}

std::vector<std::vector<float>> TextClassifier::probabilities(const std::vector<std::string>& texts) const {
  std::vector<std::vector<float>> all(texts.size());
  detail::each_score(*model_, ids_of(texts, 0), detail::padding_of(*model_, tokenizer_),
                     [&](size_t text, std::span<const float> scores) { all[text] = softmax_of(scores); });
  return all;
}

ClassScores TextClassifier::evaluate(const std::vector<std::string>& texts,
                                     const std::vector<std::string>& labels,
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
      detail::score_of(*model_, judged, [&](const Tensor& scores) { detail::each_row(judged, scores, say); });
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

std::vector<std::string> TextClassifier::predict(const std::vector<std::string>& texts) const {
  std::vector<std::string> all;
  for (const std::vector<float>& row : probabilities(texts)) all.push_back(likeliest(labels_, row));
  return all;
}

}  // namespace lamina
