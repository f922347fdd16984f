// Texts to ids and back around generate().
#include "lamina/zoo/transformers/translator.h"

#include <algorithm>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/zoo/transformers/detail/text_input.h"
#include "lamina/zoo/transformers/detail/written_texts.h"

namespace lamina {
Json TranslationTask::to_json() const {
  return Json::object(
      {{"translation", Json::object({{"prefix", prefix}, {"source", source}, {"target", target}})}});
}

TranslationTask TranslationTask::from_config(const Json& config) {
  const Json* json = &config;
  for (const char* key : {"task_specific_params", "translation"}) {
    json = json->find(key);
    if (!json || !json->is_object()) return {};
  }
  const auto text = [&](const char* key) {
    const Json* const value = json->find(key);
    return value && value->is_string() ? value->as_string() : std::string();
  };
  return {text("prefix"), text("source"), text("target")};
}

Translator::Translator(std::shared_ptr<PretrainedModel> model, PretrainedTokenizer tokenizer,
                       TranslationTask task)
    : model_(std::move(model)), tokenizer_(std::move(tokenizer)), task_(std::move(task)) {
  if (!model_ || !model_->is_encoder_decoder())
    throw InvalidArgument("a translator needs an encoder-decoder, such as T5 or Marian");
  detail::check_belong(*model_, tokenizer_);
}

Translator Translator::from_pretrained(const std::string& folder) {
  std::shared_ptr<PretrainedModel> model = AutoModel::from_pretrained(folder);
  TranslationTask task = TranslationTask::from_config(model->config_json());
  return {std::move(model), AutoTokenizer::from_pretrained(folder), std::move(task)};
}

void Translator::save_pretrained(const std::string& folder) const {
  tokenizer_.save_pretrained(folder);
  model_->save_pretrained(folder);
}

std::vector<std::vector<int32_t>> Translator::sources(const std::vector<std::string>& texts) const {
  std::vector<std::string> prefixed;
  for (const std::string& text : texts) prefixed.push_back(task_.prefix + text);
  std::vector<std::vector<int32_t>> ids;
  for (Encoding& encoding : tokenizer_.encode_batch(prefixed, {.ids_only = true}))
    ids.push_back(std::move(encoding.ids));
  return ids;
}

std::vector<std::string> Translator::translate(const std::vector<std::string>& texts,
                                               const GenerateOptions& options) const {
  return detail::written_texts(*model_, tokenizer_, sources(texts), options);
}

Alignment Translator::align(const std::string& text, const GenerateOptions& options) const {
  const std::vector<int32_t> source = sources({text}).at(0);
  const std::vector<int32_t> target = model_->generate(source, options);
  Alignment result;
  const auto named = [&](const std::vector<int32_t>& ids, std::vector<std::string>& tokens) {
    for (const int32_t id : ids) tokens.push_back(tokenizer_.id_to_token(id).value_or("?"));
  };
  named(source, result.source);
  named(target, result.target);
  if (target.empty()) return result;
  // What was before each token when it was written.
  std::vector<int32_t> before{model_->generation_config().decoder_start_token_id.value_or(0)};
  before.insert(before.end(), target.begin(), target.end() - 1);
  const auto row = [](const std::vector<int32_t>& ids) {
    return Tensor::from(ids, {1, static_cast<int64_t>(ids.size())});
  };
  const Tensors outputs = model_->run({{"input_ids", row(source)}, {"decoder_input_ids", row(before)}},
                                      {.output_attentions = true});
  result.weights.assign(target.size(), std::vector<float>(source.size()));
  int64_t heads = 0;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs.names()[i].starts_with("cross_attentions.")) continue;
    const int64_t own = outputs[i].shape()[1];
    const std::vector<float> values = outputs[i].to_vector<float>();
    for (size_t at = 0; at < values.size(); ++at)
      result.weights[at / source.size() % target.size()][at % source.size()] += values[at];
    heads += own;
  }
  for (std::vector<float>& weights : result.weights) {
    for (float& weight : weights) weight /= static_cast<float>(std::max<int64_t>(1, heads));
  }
  return result;
}

TokenBatches Translator::batches(const ParallelTexts& texts, bool shuffle, int64_t tokens) const {
  std::vector<std::vector<int32_t>> targets;
  for (Encoding& encoding : tokenizer_.encode_batch(texts.targets, {.ids_only = true, .as_target = true}))
    targets.push_back(std::move(encoding.ids));
  const GenerationConfig& config = model_->generation_config();
  return {sources(texts.sources),
          std::move(targets),
          {.tokens = tokens,
           .pad_token_id = config.pad_token_id.value_or(0),
           .decoder_start_token_id = config.decoder_start_token_id.value_or(0),
           .shuffle = shuffle}};
}

}  // namespace lamina
