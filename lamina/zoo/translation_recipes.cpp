// Sizes and rates were chosen on the validation part of multi30k.
#include "lamina/zoo/translation_recipes.h"

#include <algorithm>

#include "lamina/nn/optimizers/adam.h"
#include "lamina/nn/optimizers/schedules/cosine_decay.h"
#include "lamina/text/tokenizers/training.h"

namespace lamina {
namespace {

T5Config small() {
  T5Config config;
  config.d_model = 192;
  config.d_kv = 48;
  config.num_heads = 4;
  config.d_ff = 768;
  config.num_layers = 4;
  config.dropout_rate = 0.15;
  return config;
}

}  // namespace

Translator TranslationRecipe::build(const ParallelTexts& training, int epochs_asked, uint64_t seed) const {
  std::vector<std::string> texts = training.sources;
  texts.insert(texts.end(), training.targets.begin(), training.targets.end());
  texts.push_back(prefix);
  PretrainedTokenizer tokenizer = train_translation_tokenizer(texts, vocab_size);
  T5Config config = network;
  config.vocab_size = tokenizer.size();
  config.pad_token_id = config.decoder_start_token_id = *tokenizer.pad_token_id();
  config.eos_token_id = *tokenizer.eos_token_id();
  Json json = config.to_json();
  json["task_specific_params"] = Json::object({{"translation", Json::object({{"prefix", prefix}})}});
  auto model = std::make_shared<T5ForConditionalGeneration>(config, json, ModelOptions{.seed = seed});
  GenerationConfig generation;
  generation.eos_token_id = {*tokenizer.eos_token_id()};
  generation.pad_token_id = generation.decoder_start_token_id = *tokenizer.pad_token_id();
  generation.max_new_tokens = 128;
  generation.num_beams = 4;
  model->set_generation_config(generation);
  model->set_label_smoothing(label_smoothing);
  Translator translator(model, std::move(tokenizer), prefix);
  const auto steps = static_cast<double>(*translator.batches(training, true, tokens).steps() * epochs_asked);
  const double warmup = std::min(static_cast<double>(warmup_steps), steps / 5);
  model->compile({.optimizer = Adam(CosineDecay(0.0, std::max(1.0, steps - warmup),
                                                {.alpha = 0.02, .warmup_target = learning_rate, .warmup_steps = warmup}),
                                    {.beta_2 = 0.98, .epsilon = 1e-9})});
  return translator;
}

const std::vector<TranslationRecipe>& translation_recipes() {
  static const std::vector<TranslationRecipe> all = [] {
    TranslationRecipe french{.name = "translate-en-fr",
                             .description = "translate English into French (a small T5, as multi30k)",
                             .source = "en",
                             .target = "fr",
                             .prefix = "Translate English to French: ",
                             .folder = "translate-en-fr",
                             .network = small()};
    TranslationRecipe german = french;
    german.name = german.folder = "translate-en-de";
    german.description = "translate English into German (the same)";
    german.target = "de";
    german.prefix = "Translate English to German: ";
    TranslationRecipe chinese = french;
    chinese.name = chinese.folder = "translate-en-zh";
    chinese.description = "translate English into Chinese (the same, as tatoeba_en_zh)";
    chinese.target = "zh";
    chinese.prefix = "Translate English to Chinese: ";
    return std::vector{french, german, chinese};
  }();
  return all;
}

const TranslationRecipe* find_translation_recipe(const std::string& name) {
  for (const TranslationRecipe& recipe : translation_recipes()) {
    if (recipe.name == name) return &recipe;
  }
  return nullptr;
}

}  // namespace lamina
