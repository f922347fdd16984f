// The score is the number.
#include "lamina/zoo/transformers/text_regressor.h"

#include <cmath>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/base/json.h"
#include "lamina/zoo/transformers/detail/pretrained_files.h"

namespace lamina {
namespace {

constexpr char kUnnamed[] = "LABEL_0";

void check_values(const std::vector<float>& values) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i]))
      throw InvalidArgument("the number of text " + std::to_string(i) + " is " + std::to_string(values[i]) +
                            "; a finite one was expected");
  }
}

// Sums of what two columns of numbers are compared by, about their means.
struct Spread {
  double squares = 0, others = 0, both = 0;
  Spread(const std::vector<float>& a, const std::vector<float>& b) {
    double mean_a = 0, mean_b = 0;
    const auto count = static_cast<double>(a.size());
    for (size_t i = 0; i < a.size(); ++i) {
      mean_a += static_cast<double>(a[i]) / count;
      mean_b += static_cast<double>(b[i]) / count;
    }
    for (size_t i = 0; i < a.size(); ++i) {
      const double from_a = static_cast<double>(a[i]) - mean_a, from_b = static_cast<double>(b[i]) - mean_b;
      squares += from_a * from_a;
      others += from_b * from_b;
      both += from_a * from_b;
    }
  }
};

}  // namespace

TextRegressor::TextRegressor(std::shared_ptr<PretrainedModel> model, PretrainedTokenizer tokenizer)
    : TextScorer(std::move(model), std::move(tokenizer), TextProblem::kNumbers) {
  const std::vector<std::string> names = this->model().class_names();
  if (names.size() != 1)
    throw InvalidArgument("TextRegressor: " + this->model().class_name() + " gives " +
                          std::to_string(names.size()) +
                          " numbers; one was expected (PretrainedModel::run gives all of them)");
  name_ = names[0];
}

TextRegressor TextRegressor::from_pretrained(const std::string& folder, const TextRegressorOptions& options,
                                             HeadReport* report) {
  HeadOptions head{.labels = {options.name}, .seed = options.seed};
  if (options.name.empty()) {
    const Json config = detail::read_folder_config(folder);
    const Json* const names = config.find("id2label");
    const Json* const name = names && names->is_object() && names->size() == 1 ? names->find("0") : nullptr;
    head.labels = {name && name->is_string() ? name->as_string() : std::string(kUnnamed)};
  }
  auto [model, tokenizer] = load(folder, head, TextProblem::kNumbers, report);
  return {std::move(model), std::move(tokenizer)};
}

LabelledBatches TextRegressor::batches(const TextInputs& texts, const std::vector<float>& values,
                                       const TextBatchesOptions& options) const {
  check_count(texts, values.size());
  check_values(values);
  std::vector<LabelledTokens> all = tokens_of(texts, options.max_length);
  for (size_t i = 0; i < all.size(); ++i) all[i].targets = {values[i]};
  return batches_of(std::move(all), options);
}

std::vector<float> TextRegressor::predict(const TextInputs& texts) const {
  std::vector<float> all(texts.size());
  each_score(texts, [&](size_t text, std::span<const float> scores) { all[text] = scores[0]; });
  return all;
}

RegressionScores TextRegressor::evaluate(const TextInputs& texts, const std::vector<float>& values,
                                         std::vector<float>* predicted) const {
  check_count(texts, values.size());
  check_values(values);
  if (values.empty()) throw InvalidArgument("TextRegressor: there are no texts to be judged by");
  const std::vector<float> said = predict(texts);
  double squared = 0, absolute = 0;
  for (size_t i = 0; i < said.size(); ++i) {
    const double off = static_cast<double>(said[i]) - static_cast<double>(values[i]);
    squared += off * off;
    absolute += std::abs(off);
  }
  const Spread spread(values, said);
  const auto count = static_cast<double>(said.size());
  const double none = std::nan("");
  if (predicted) *predicted = said;
  return {squared / count, absolute / count, spread.squares > 0 ? 1 - squared / spread.squares : none,
          spread.squares > 0 && spread.others > 0 ? spread.both / std::sqrt(spread.squares * spread.others)
                                                  : none};
}

}  // namespace lamina
