// Recipes that learn to translate.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/zoo/transformers/translator.h"

namespace lamina {

/// A network that learns to translate, and how it does that best.
struct TranslationNetwork {
  std::string name;               ///< "transformer", "lstm"
  std::string description;        ///< one line
  Json config;                    ///< config.json of it, but for the vocabulary
  double learning_rate = 1.5e-3;  ///< the highest, after the warm-up
  int epochs = 24;                ///< where the user does not say
  /// Changes first values before the training begins. May be nullptr.
  void (*prepare)(const PretrainedModel& model) = nullptr;
};

/// What `lamina train translate-en-fr` trains: a network on pairs of sentences, with a vocabulary of its own.
struct TranslationRecipe {
  std::string name;            ///< "translate-en-fr"
  std::string description;     ///< one line
  std::string data;            ///< where its data are unless the user says otherwise: "multi30k"
  TranslationTask task;        ///< columns, and what the model is asked with
  int64_t vocab_size = 6000;   ///< tokens of both languages together, at most
  int64_t tokens = 2048;       ///< of a batch, as TokenBatchesOptions
  int64_t warmup_steps = 500;  ///< at most a fifth of all steps
  double label_smoothing = 0.1;
  int averaged = 4;   ///< epochs whose weights are averaged in the end
  int num_beams = 5;  ///< that the saved model translates with

  /// The tokenizer learned from the texts, and the network with first values from `seed`, compiled for a
  /// training of `epochs` epochs with batches of `tokens` tokens. Throws what train_tokenizer throws.
  /// @param dtype_policy  what the network computes with, as Layer::set_dtype_policy
  Translator build(const TranslationNetwork& network, const ParallelTexts& training, int epochs,
                   int64_t tokens, uint64_t seed, const std::string& dtype_policy = "float32") const;
};

/// How good translations are.
struct TranslationScores {
  double bleu = 0, chrf = 0;  ///< sacreBLEU's, of the text as it is
  std::string signature;      ///< of BLEU
};
/// @param language  of the translations: BLEU takes Chinese ("zh") character by character.
TranslationScores score_translations(const std::vector<std::string>& translations,
                                     const std::vector<std::string>& references, const std::string& language);

/// All of them; the first of the networks is the usual one.
const std::vector<TranslationRecipe>& translation_recipes();
const std::vector<TranslationNetwork>& translation_networks();
/// The one of that name, or nullptr.
const TranslationRecipe* find_translation_recipe(const std::string& name);
/// The one of that name; throws InvalidArgument, suggesting the nearest.
const TranslationNetwork& translation_network(const std::string& name);

}  // namespace lamina
