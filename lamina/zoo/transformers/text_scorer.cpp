// A folder's model and tokenizer, and texts on their way through both.
#include "lamina/zoo/transformers/text_scorer.h"

#include <algorithm>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/zoo/transformers/detail/pretrained_files.h"
#include "lamina/zoo/transformers/detail/text_input.h"

namespace lamina {
namespace {

const char* asked_by(TextProblem problem) {
  return problem == TextProblem::kOneLabel    ? "TextClassifier"
         : problem == TextProblem::kAnyLabels ? "MultiLabelClassifier"
                                              : "TextRegressor";
}

// Encoders of one kind of text have an input for it as well, which says nothing.
bool is_told_of_pairs(const PretrainedModel& model) {
  const std::vector<ModelInput> inputs = model.takes();
  return inputs.size() > 2 && inputs[2].name == "token_type_ids" && inputs[2].usual;
}

}  // namespace

TextScorer::TextScorer(std::shared_ptr<PretrainedModel> model, PretrainedTokenizer tokenizer,
                       TextProblem problem)
    : model_(std::move(model)), tokenizer_(std::move(tokenizer)) {
  detail::check_classes_of(*model_, tokenizer_, "ForSequenceClassification");
  const TextProblem has = problem_of(*model_);
  if (has == problem) return;
  throw InvalidArgument(std::string(asked_by(problem)) + ": " + model_->class_name() + " is a model of \"" +
                        name_of(has) + "\" (problem_type), which " + asked_by(has) + " asks");
}

std::pair<std::shared_ptr<PretrainedModel>, PretrainedTokenizer> TextScorer::load(const std::string& folder,
                                                                                  HeadOptions options,
                                                                                  TextProblem problem,
                                                                                  HeadReport* report) {
  detail::read_folder_config(folder);  // a folder without a model says that first
  PretrainedTokenizer tokenizer = AutoTokenizer::from_pretrained(folder);
  if (!options.pad_token_id)
    options.pad_token_id = tokenizer.pad_token_id() ? tokenizer.pad_token_id() : tokenizer.eos_token_id();
  if (!options.labels.empty()) options.problem_type = name_of(problem);
  return {AutoModelForSequenceClassification::from_pretrained(folder, options, report), std::move(tokenizer)};
}

void TextScorer::set_max_length(int64_t tokens) { max_length_ = detail::checked_length(tokens); }

void TextScorer::save_pretrained(const std::string& folder) const {
  model_->save_pretrained(folder);
  detail::save_tokenizer(tokenizer_, folder, max_length_);
}

void TextScorer::check_count(const TextInputs& texts, size_t labels) {
  if (texts.size() != labels)
    throw InvalidArgument("there are " + std::to_string(texts.size()) + " texts and " +
                          std::to_string(labels) + " labels");
}

std::vector<LabelledTokens> TextScorer::tokens_of(const TextInputs& texts, int64_t max_length) const {
  const int64_t most = detail::most_tokens(*model_, tokenizer_, max_length > 0 ? max_length : max_length_);
  const bool types = !texts.pairs.empty() && is_told_of_pairs(*model_);
  std::vector<LabelledTokens> all;
  for (Encoding& encoding : detail::encoded(tokenizer_, texts, most, {.ids_only = true})) {
    // An empty text has no tokens of its own, and some tokenizers add none.
    if (encoding.ids.empty()) {
      encoding.ids.push_back(detail::padding_of(*model_, tokenizer_));
      if (types) encoding.type_ids.push_back(0);
    }
    LabelledTokens& text = all.emplace_back();
    text.ids = std::move(encoding.ids);
    if (types) text.token_type_ids = std::move(encoding.type_ids);
  }
  return all;
}

LabelledBatches TextScorer::batches_of(std::vector<LabelledTokens> texts,
                                       const TextBatchesOptions& options) const {
  return LabelledBatches(std::move(texts), {.rows = options.rows,
                                            .longest = model_->context_length(),
                                            .pad_token_id = detail::padding_of(*model_, tokenizer_),
                                            .shuffle = options.shuffle});
}

void TextScorer::each_score(const TextInputs& texts, const Seen& seen) const {
  detail::each_score(*model_, tokens_of(texts, 0), detail::padding_of(*model_, tokenizer_), seen);
}

}  // namespace lamina
