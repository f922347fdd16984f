// Recipes of language models: texts, how they are cut into tokens, and networks that learn them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/zoo/language_texts.h"
#include "lamina/zoo/recipes.h"
#include "lamina/zoo/transformers/language_model.h"

namespace lamina {

/// A network that learns to go on with a text, and how it does that best.
struct LanguageNetwork {
  std::string name;         ///< "lstm", "transformer"
  std::string description;  ///< one line
  /// config.json of it, for so many tokens.
  Json (*config)(int64_t vocab_size) = nullptr;
  double learning_rate = 1e-3;  ///< the highest
  double weight_decay = 0;
  int64_t length = 128;  ///< tokens that it learns from at a time
  int64_t rows = 32;     ///< such blocks in a batch
  int epochs = 10;       ///< where the user does not say
};

/// How a text becomes tokens.
struct LanguageTokens {
  std::string name;         ///< "characters", "subwords"
  std::string description;  ///< one line
  /// Learned from these texts. `starts`: whether each text begins with a token of its own.
  PretrainedTokenizer (*learn)(const std::vector<std::string>& texts, bool starts) = nullptr;
};

/// What `lamina train NAME` trains, and saves as a folder.
struct LanguageRecipe {
  std::string name;               ///< "shakespeare"
  std::string description;        ///< one line
  std::vector<std::string> data;  ///< names for find_language_texts
  std::string how_to_get;         ///< the advice where they are not on the machine
  std::string network;            ///< the name of the one that learns where the user does not say
  LanguageTexts (*read)(const std::string& source) = nullptr;
  bool starts = false;               ///< whether texts stand for themselves, with beginning and end
  std::vector<std::string> prompts;  ///< that the report shows continuations of
  int64_t most_new_tokens = 300;     ///< of a continuation, unless the user says otherwise
  /// What else is measured of a model on the test part. May be nullptr.
  Comparison (*judge)(const LanguageModel& model, const std::vector<std::string>& test) = nullptr;
};

/// All of them, in the order in which help names them; the first of networks and tokens is the usual one.
const std::vector<LanguageRecipe>& language_recipes();
const std::vector<LanguageNetwork>& language_networks();
const std::vector<LanguageTokens>& language_tokens();

/// The recipe of that name, or nullptr.
const LanguageRecipe* find_language_recipe(const std::string& name);
/// The one of that name; throws InvalidArgument, suggesting the nearest.
const LanguageNetwork& language_network(const std::string& name);
const LanguageTokens& language_tokens(const std::string& name);
/// The recipe that the model is of, by its config.json; nullptr for models that come from elsewhere.
const LanguageRecipe* recipe_of(const PretrainedModel& model);

/// A new model of the recipe with a vocabulary learned from `training`, not compiled.
/// @param dtype_policy  what the network computes with, as Layer::set_dtype_policy
LanguageModel new_language_model(const LanguageRecipe& recipe, const LanguageNetwork& network,
                                 const LanguageTokens& tokens, const std::vector<std::string>& training,
                                 uint64_t seed, const std::string& dtype_policy = "float32");

/// loss, bits_per_character and accuracy, those of `score`, which the model has on the texts, and what its
/// recipe measures else.
Comparison language_metrics(const LanguageModel& model, const std::vector<std::string>& texts,
                            const LanguageScore& score);

}  // namespace lamina
