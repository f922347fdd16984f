// Sizes and rates were chosen on the part "val" of multi30k, English to French.
#include "lamina/zoo/translation_recipes.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lamina/nn/optimizers/adam.h"
#include "lamina/nn/optimizers/schedules/cosine_decay.h"
#include "lamina/ops/binary.h"
#include "lamina/text/tokenizers/trainers.h"
#include "lamina/text/translation_metrics.h"
#include "lamina/zoo/detail/named.h"
#include "lamina/zoo/transformers/t5.h"

namespace lamina {
namespace {

/// It translates texts of at most so many tokens more than those it learns from, which are short.
constexpr int64_t kMostNewTokens = 128;

Json small_t5() {
  T5Config config;
  config.d_model = 192;
  config.d_kv = 48;
  config.num_heads = 4;
  config.d_ff = 768;
  config.num_layers = 4;
  config.dropout_rate = 0.15;
  return config.to_json();
}

Json small_lstm() {
  return Json::object({{"model_type", "lstm_encoder_decoder"},
                       {"architectures", Json::list({"LSTMForConditionalGeneration"})},
                       {"is_encoder_decoder", true},
                       {"hidden_size", 256},
                       {"num_hidden_layers", 2},
                       {"dropout", 0.3}});
}

/// T5's first values are for an optimizer whose steps are as large as the weights that they change. Those of
/// Adam are all of one size, and would hardly turn vectors of tokens of length sqrt(d_model) in the steps
/// there are here, while they throw about the small matrices of queries. So the vectors begin short, what
/// norms give is as small, and queries and keys share what makes up for it.
void balance(const PretrainedModel& model) {
  constexpr double kLength = 0.08, kQueries = 0.2;  // deviations
  const T5Config config = T5Config::from_json(model.config_json());
  const auto width = static_cast<double>(config.d_model), of_head = static_cast<double>(config.d_kv);
  for (const WeightPtr& weight : model.weights(true)) {
    const std::string& name = weight->path;
    double by = 1;
    if (name.ends_with("shared/weight")) by = kLength;
    if (name.ends_with("layer_norm/weight")) by = name.starts_with("decoder.final") ? 1 / kLength : kLength;
    if (name.ends_with(".k/weight")) by = kQueries * std::sqrt(width);
    if (name.ends_with(".q/weight")) by = kQueries * std::sqrt(width * of_head);
    weight->assign(weight->value * by);
  }
}

TranslationRecipe of_english(const char* target, const char* language, const char* data) {
  const std::string name = language;
  return {.name = std::string("translate-en-") + target,
          .description =
              "translate English into " + name + " (a small T5 or LSTMs, with a vocabulary of its own)",
          .data = data,
          .task = {"Translate English to " + name + ": ", "en", target}};
}

}  // namespace

Translator TranslationRecipe::build(const TranslationNetwork& network, const ParallelTexts& training,
                                    int epochs, int64_t tokens_asked, uint64_t seed,
                                    const std::string& dtype_policy) const {
  // The prefix is a part of what is read so often that its words become tokens.
  std::vector<std::string> texts;
  for (const std::string& text : training.sources) texts.push_back(task.prefix + text);
  texts.insert(texts.end(), training.targets.begin(), training.targets.end());
  PretrainedTokenizer tokenizer = train_tokenizer(t5_unigram_pipeline(), texts, {.vocab_size = vocab_size});
  const int32_t pad = *tokenizer.pad_token_id(), end = *tokenizer.eos_token_id();

  Json config = network.config;
  config["vocab_size"] = tokenizer.size();
  config["pad_token_id"] = config["decoder_start_token_id"] = pad;
  config["eos_token_id"] = end;
  config["task_specific_params"] = task.to_json();
  const std::shared_ptr<PretrainedModel> model = AutoModel::from_config(config, {.seed = seed}, dtype_policy);
  if (network.prepare) network.prepare(*model);
  GenerationConfig generation;
  generation.eos_token_id = {end};
  generation.pad_token_id = generation.decoder_start_token_id = pad;
  generation.max_new_tokens = kMostNewTokens;
  generation.num_beams = num_beams;
  model->set_generation_config(generation);
  model->set_label_smoothing(label_smoothing);

  Translator translator(model, std::move(tokenizer), task);
  const auto steps = static_cast<double>(*translator.batches(training, true, tokens_asked).steps() * epochs);
  const double warmup = std::min(static_cast<double>(warmup_steps), steps / 5);
  model->compile(
      {.optimizer =
           Adam(CosineDecay(0.0, std::max(1.0, steps - warmup),
                            {.alpha = 0.02, .warmup_target = network.learning_rate, .warmup_steps = warmup}),
                {.beta_2 = 0.98, .epsilon = 1e-9})});
  return translator;
}

TranslationScores score_translations(const std::vector<std::string>& translations,
                                     const std::vector<std::string>& references,
                                     const std::string& language) {
  const BleuScore bleu =
      corpus_bleu(translations, {references}, {.tokenize = language == "zh" ? "zh" : "13a"});
  return {bleu.score, corpus_chrf(translations, {references}).score, bleu.signature};
}

const std::vector<TranslationRecipe>& translation_recipes() {
  static const std::vector<TranslationRecipe> all = {of_english("fr", "French", "multi30k"),
                                                     of_english("de", "German", "multi30k"),
                                                     of_english("zh", "Chinese", "tatoeba_en_zh")};
  return all;
}

const std::vector<TranslationNetwork>& translation_networks() {
  static const std::vector<TranslationNetwork> all = {
      {.name = "transformer",
       .description = "a T5 of four and four blocks, 192 wide",
       .config = small_t5(),
       .prepare = balance},
      {.name = "lstm",
       .description = "two and two layers of LSTMs with attention, 256 wide",
       .config = small_lstm(),
       .learning_rate = 2e-3}};
  return all;
}

const TranslationRecipe* find_translation_recipe(const std::string& name) {
  for (const TranslationRecipe& recipe : translation_recipes()) {
    if (recipe.name == name) return &recipe;
  }
  return nullptr;
}

const TranslationNetwork& translation_network(const std::string& name) {
  return detail::named(translation_networks(), name, "network");
}

}  // namespace lamina
