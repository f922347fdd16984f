// Labels of a decoder stand one place before the tokens that they are: language_loss compares place by place.
#include "lamina/zoo/transformers/responder.h"

#include <algorithm>
#include <utility>

#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/text/translation_metrics.h"
#include "lamina/zoo/transformers/detail/text_input.h"
#include "lamina/zoo/transformers/detail/written_texts.h"
#include "lamina/zoo/transformers/language_loss.h"
#include "lamina/zoo/transformers/token_batches.h"

namespace lamina {
Responder::Responder(std::shared_ptr<PretrainedModel> model, PretrainedTokenizer tokenizer,
                     std::string separator)
    : model_(std::move(model)), tokenizer_(std::move(tokenizer)), separator_(std::move(separator)) {
  if (!model_->is_encoder_decoder() && !model_->generates())
    throw InvalidArgument(model_->class_name() +
                          " does not write; an encoder-decoder or a decoder was expected");
  detail::check_belong(*model_, tokenizer_);
  if (!model_->is_encoder_decoder() && !tokenizer_.eos_token_id())
    throw InvalidArgument("the tokenizer has no eos token, with which answers end");
  if (model_->is_encoder_decoder()) return;
  GenerationConfig config = model_->generation_config();
  const int32_t end = *tokenizer_.eos_token_id();
  if (std::count(config.eos_token_id.begin(), config.eos_token_id.end(), end) > 0) return;
  config.eos_token_id.push_back(end);
  if (!config.pad_token_id) config.pad_token_id = end;
  model_->set_generation_config(config);
}

std::optional<std::string> Responder::separator_of(const Json& config) {
  const Json* json = &config;
  for (const char* key : {"task_specific_params", "answers"}) {
    json = json->find(key);
    if (!json || !json->is_object()) return std::nullopt;
  }
  const Json* const separator = json->find("separator");
  return separator && separator->is_string() ? separator->as_string() : std::string();
}

Responder Responder::from_pretrained(const std::string& folder, const PretrainedOptions& options) {
  std::shared_ptr<PretrainedModel> model = AutoModel::from_pretrained(folder, options);
  std::string separator = separator_of(model->config_json()).value_or("\n");
  return {std::move(model), AutoTokenizer::from_pretrained(folder), std::move(separator)};
}

void Responder::set_max_length(int64_t tokens) { max_length_ = detail::checked_length(tokens); }

void Responder::save_pretrained(const std::string& folder) const {
  detail::save_tokenizer(tokenizer_, folder, max_length_);
  model_->save_pretrained(folder);
  Json config = model_->config_json();
  Json* tasks = config.contains("task_specific_params") && config.at("task_specific_params").is_object()
                    ? &config["task_specific_params"]
                    : &(config["task_specific_params"] = Json::object());
  (*tasks)["answers"] = Json::object({{"separator", separator_}});
  write_file(folder + "/config.json", config.dump(2) + "\n");
}

std::vector<std::vector<int32_t>> Responder::prompts_of(const std::vector<std::string>& texts) const {
  const bool encodes = model_->is_encoder_decoder();
  std::vector<std::string> all = texts;
  if (!encodes) {
    for (std::string& text : all) text += separator_;
  }
  std::vector<std::vector<int32_t>> ids;
  for (Encoding& encoding : tokenizer_.encode_batch(
           all, {.truncation = "do_not_truncate", .padding = "do_not_pad", .ids_only = true})) {
    // Some tokenizers end every text.
    if (!encodes && !encoding.ids.empty() && encoding.special_tokens_mask.back() != 0)
      encoding.ids.pop_back();
    ids.push_back(std::move(encoding.ids));
  }
  return ids;
}

std::vector<std::vector<int32_t>> Responder::answers_of(const std::vector<std::string>& texts) const {
  const bool encodes = model_->is_encoder_decoder();
  std::vector<std::vector<int32_t>> ids;
  for (Encoding& encoding : tokenizer_.encode_batch(texts, {.add_special_tokens = encodes,
                                                           .truncation = "do_not_truncate",
                                                           .padding = "do_not_pad",
                                                           .ids_only = true,
                                                           .as_target = encodes})) {
    if (!encodes) encoding.ids.push_back(*tokenizer_.eos_token_id());
    ids.push_back(std::move(encoding.ids));
  }
  return ids;
}

std::unique_ptr<BatchSource> Responder::batches(const ParallelTexts& pairs,
                                                const TextBatchesOptions& options) const {
  if (pairs.size() == 0) throw InvalidArgument("there are no pairs of prompts and answers");
  std::vector<std::vector<int32_t>> prompts = prompts_of(pairs.sources), answers = answers_of(pairs.targets);
  const int64_t most =
      detail::most_tokens(*model_, tokenizer_, options.max_length > 0 ? options.max_length : max_length_);
  size_t cut = 0;
  if (model_->is_encoder_decoder()) {
    const GenerationConfig& config = model_->generation_config();
    const int64_t longest = most > 0 ? most : int64_t{1} << 30;
    for (size_t i = 0; i < prompts.size(); ++i)
      cut += static_cast<int64_t>(std::max(prompts[i].size(), answers[i].size())) > longest;
    detail::tell_cut(cut, prompts.size(), longest, "behind them");
    return std::make_unique<TokenBatches>(
        std::move(prompts), std::move(answers),
        TokenBatchesOptions{.rows = options.rows,
                            .length_step = 8,
                            .max_length = longest,
                            .pad_token_id = config.pad_token_id.value_or(0),
                            .decoder_start_token_id = config.decoder_start_token_id.value_or(0),
                            .shuffle = options.shuffle});
  }
  std::vector<LabelledTokens> all;
  for (size_t i = 0; i < prompts.size(); ++i) {
    std::vector<int32_t>&ids = prompts[i], &answer = answers[i];
    const auto room = most > 0 ? static_cast<size_t>(most) : ids.size() + answer.size();
    if (ids.size() + answer.size() > room) {
      ++cut;
      if (answer.size() >= room) answer.resize(std::max<size_t>(room, 2) - 1);
      const size_t left = std::min(ids.size(), room - answer.size());
      ids.erase(ids.begin(), ids.end() - static_cast<std::ptrdiff_t>(left));
    }
    LabelledTokens text{std::move(ids), {}};
    const size_t first = text.ids.size();
    text.ids.insert(text.ids.end(), answer.begin(), answer.end());
    text.labels.assign(text.ids.size(), kIgnoredLabel);
    for (size_t at = std::max<size_t>(first, 1); at < text.ids.size(); ++at)
      text.labels[at - 1] = text.ids[at];
    all.push_back(std::move(text));
  }
  detail::tell_cut(cut, all.size(), most, "before them in the prompt");
  return std::make_unique<LabelledBatches>(
      std::move(all), LabelledBatchesOptions{.rows = options.rows,
                                             .longest = model_->context_length(),
                                             .pad_token_id = detail::padding_of(*model_, tokenizer_),
                                             .attention_mask = model_->takes().size() > 1,
                                             .by_token = true,
                                             .shuffle = options.shuffle});
}

std::vector<std::string> Responder::respond(const std::vector<std::string>& prompts,
                                            const GenerateOptions& options) const {
  std::vector<std::vector<int32_t>> ids = prompts_of(prompts);
  const GenerationConfig& config = model_->generation_config();
  const int64_t longest = options.max_new_tokens.value_or(config.max_new_tokens.value_or(20)),
                most = detail::most_tokens(*model_, tokenizer_, max_length_),
                context = model_->is_encoder_decoder() ? 0 : model_->context_length();
  // An answer needs room in what a decoder sees, and not in what prompts are cut to.
  const int64_t room = context > 0 ? std::min(most, std::max<int64_t>(1, context - longest)) : most;
  size_t cut = 0;
  for (std::vector<int32_t>& text : ids) {
    const auto count = static_cast<int64_t>(text.size());
    if (most == 0 || count <= room) continue;
    ++cut;
    if (model_->is_encoder_decoder()) {
      text.erase(text.begin() + (room - 1), text.end() - 1);
    } else {
      text.erase(text.begin(), text.end() - room);
    }
  }
  detail::tell_cut(cut, ids.size(), room,
                   model_->is_encoder_decoder() ? "behind them" : "before them in the prompt");
  return detail::written_texts(*model_, tokenizer_, ids, options);
}

ResponseScores Responder::evaluate(const ParallelTexts& pairs, const GenerateOptions& options) const {
  ResponseScores scores;
  const detail::LabelScore score = detail::score_of(*model_, *batches(pairs, {.shuffle = false}));
  scores.loss = score.loss;
  scores.accuracy = score.accuracy;
  const std::vector<std::string> answers = respond(pairs.sources, options);
  int64_t same = 0;
  for (size_t i = 0; i < answers.size(); ++i)
    same += detail::trimmed(answers[i]) == detail::trimmed(pairs.targets[i]);
  scores.exact_match = static_cast<double>(same) / static_cast<double>(answers.size());
  scores.chrf = corpus_chrf(answers, {pairs.targets}).score;
  return scores;
}

}  // namespace lamina
