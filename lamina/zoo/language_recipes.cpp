// Characters of Shakespeare, and poems of the Tang.
#include "lamina/zoo/language_recipes.h"

#include <algorithm>

#include "lamina/text/tokenizers/trainers.h"
#include "lamina/zoo/detail/named.h"

namespace lamina {
namespace {

Json lstm(int64_t vocab_size) {
  return Json::object({{"model_type", "lstm"},
                       {"architectures", Json::list({"LSTMForCausalLM"})},
                       {"vocab_size", vocab_size},
                       {"hidden_size", 256},
                       {"num_hidden_layers", 2},
                       {"dropout", 0.1}});
}

// Each layer sees a window: what the network has learned of distances holds in texts of any length.
Json transformer(int64_t vocab_size) {
  return Json::object({{"model_type", "mistral"},
                       {"architectures", Json::list({"MistralForCausalLM"})},
                       {"vocab_size", vocab_size},
                       {"hidden_size", 192},
                       {"intermediate_size", 512},
                       {"num_hidden_layers", 4},
                       {"num_attention_heads", 6},
                       {"num_key_value_heads", 6},
                       {"hidden_act", "silu"},
                       {"sliding_window", 64},
                       {"max_position_embeddings", 65536},
                       {"initializer_range", 0.02},
                       {"tie_word_embeddings", true}});
}

// What comes once only in the training part stands for what never comes there.
PretrainedTokenizer characters(const std::vector<std::string>& texts, bool starts) {
  const Json pipeline = character_pipeline();
  return train_tokenizer(starts ? with_text_starts(pipeline) : pipeline, texts,
                         {.vocab_size = 100000, .min_frequency = 2});
}

// As many as a text of this size gives a meaning to.
PretrainedTokenizer subwords(const std::vector<std::string>& texts, bool starts) {
  size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size();
  const int64_t vocab_size = std::clamp<int64_t>(static_cast<int64_t>(bytes / 1024), 300, 8000);
  const Json pipeline = byte_level_bpe_pipeline();
  return train_tokenizer(starts ? with_text_starts(pipeline) : pipeline, texts, {.vocab_size = vocab_size});
}

/// What follows the title, if there is one.
std::string without_title(const std::string& text) { return text.substr(text.find('\n') + 1); }

// How many poems for titles that it has not seen come out in form.
Comparison poems_in_form(const LanguageModel& model, const std::vector<std::string>& test) {
  constexpr size_t kMost = 100;
  std::vector<std::string> titles;
  for (const std::string& text : test) {
    const std::string title = text.substr(0, text.find('\n') + 1);
    if (titles.size() < kMost && !title.empty() && unknown_characters(model.tokenizer(), title).empty())
      titles.push_back(title);
  }
  if (titles.empty()) return {};
  int64_t regular = 0;
  for (const std::string& text : model.write(titles, {.max_new_tokens = 200, .seed = 1}))
    regular += is_regular_poem(without_title(text));
  return {{"poems_in_form", static_cast<double>(regular) / static_cast<double>(titles.size())}};
}

}  // namespace

const std::vector<LanguageRecipe>& language_recipes() {
  static const std::vector<LanguageRecipe> all{
      {.name = "shakespeare",
       .description = "write like a text, character by character or in parts of words (LSTM or Transformer)",
       .data = {"tiny-shakespeare", "tiny_shakespeare"},
       .how_to_get = "fetch them by 'lamina data get tiny-shakespeare'",
       .network = "lstm",
       .read = running_text,
       .prompts = {"ROMEO:", "JULIET:", "First Citizen:\n", "To be, or not to be"}},
      {.name = "poems-zh",
       .description = "write Chinese poems of five or seven characters a line (LSTM or Transformer)",
       .data = {"chinese_poems"},
       .how_to_get = "put tables with the columns title and text into one of these",
       .network = "lstm",
       .read = regular_poems,
       .starts = true,
       .prompts = {"春望\n", "送別\n", "山居秋夜\n", "白日依山盡，", "明月"},
       .most_new_tokens = 160,
       .judge = poems_in_form}};
  return all;
}

const std::vector<LanguageNetwork>& language_networks() {
  static const std::vector<LanguageNetwork> all{{.name = "lstm",
                                                 .description = "two LSTMs of 256 units",
                                                 .config = lstm,
                                                 .learning_rate = 3e-3,
                                                 .length = 128,
                                                 .rows = 32,
                                                 .epochs = 10},
                                                {.name = "transformer",
                                                 .description = "four layers of a Transformer, 192 wide",
                                                 .config = transformer,
                                                 .learning_rate = 2e-3,
                                                 .weight_decay = 0.05,
                                                 .length = 128,
                                                 .rows = 32,
                                                 .epochs = 10}};
  return all;
}

const std::vector<LanguageTokens>& language_tokens() {
  static const std::vector<LanguageTokens> all{
      {"characters", "every character is a token", characters},
      {"subwords", "byte-level BPE learned from the text", subwords}};
  return all;
}

const LanguageRecipe* find_language_recipe(const std::string& name) {
  for (const LanguageRecipe& recipe : language_recipes()) {
    if (recipe.name == name) return &recipe;
  }
  return nullptr;
}

const LanguageNetwork& language_network(const std::string& name) {
  return detail::named(language_networks(), name, "network");
}

const LanguageTokens& language_tokens(const std::string& name) {
  return detail::named(language_tokens(), name, "kind of tokens");
}

const LanguageRecipe* recipe_of(const PretrainedModel& model) {
  const Json* const all = model.config_json().find("task_specific_params");
  const Json* const own = all && all->is_object() ? all->find("text-generation") : nullptr;
  const Json* const name = own && own->is_object() ? own->find("recipe") : nullptr;
  return name && name->is_string() ? find_language_recipe(name->as_string()) : nullptr;
}

LanguageModel new_language_model(const LanguageRecipe& recipe, const LanguageNetwork& network,
                                 const LanguageTokens& tokens, const std::vector<std::string>& training,
                                 uint64_t seed, const std::string& dtype_policy) {
  const PretrainedTokenizer tokenizer = tokens.learn(training, recipe.starts);
  Json config = network.config(tokenizer.size());
  // Hugging Face's library keeps them and goes by them as little as we do.
  config["task_specific_params"] =
      Json::object({{"text-generation", Json::object({{"recipe", recipe.name}, {"tokens", tokens.name}})}});
  const int32_t end = tokenizer.eos_token_id().value();
  config["bos_token_id"] = end;
  config["eos_token_id"] = end;
  LanguageModel model(AutoModel::from_config(config, {.seed = seed}, dtype_policy), tokenizer);
  // The likeliest characters alone soon repeat themselves.
  GenerationConfig how;
  how.do_sample = true;
  how.temperature = 0.8;
  how.top_k = 0;
  how.max_new_tokens = recipe.most_new_tokens;
  how.bos_token_id = end;
  how.eos_token_id = {end};
  how.pad_token_id = end;
  if (const std::optional<int32_t> unknown = tokenizer.unk_token_id()) how.suppress_tokens = {*unknown};
  model.model().set_generation_config(how);
  return model;
}

Comparison language_metrics(const LanguageModel& model, const std::vector<std::string>& texts,
                            const LanguageScore& score) {
  Comparison metrics = {
      {"loss", score.loss}, {"bits_per_character", score.bits_per_character}, {"accuracy", score.accuracy}};
  const LanguageRecipe* const recipe = recipe_of(model.model());
  if (recipe && recipe->judge) {
    const Comparison more = recipe->judge(model, texts);
    metrics.insert(metrics.end(), more.begin(), more.end());
  }
  return metrics;
}

}  // namespace lamina
