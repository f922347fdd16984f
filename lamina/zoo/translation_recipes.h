// Recipes that learn to translate.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/zoo/transformers/t5.h"
#include "lamina/zoo/transformers/translator.h"

namespace lamina {

/// What `lamina train translate-en-fr` trains: a small T5 on pairs of sentences, with a vocabulary of its
/// own.
struct TranslationRecipe {
  std::string name;           ///< "translate-en-fr"
  std::string description;    ///< one line
  std::string data;           ///< where its data are unless the user says otherwise: "multi30k"
  TranslationTask task;       ///< columns, and what the model is asked with
  T5Config network = {};      ///< but for the vocabulary
  int64_t vocab_size = 6000;  ///< tokens of both languages together, at most
  int epochs = 24;
  int64_t tokens = 2048;          ///< of a batch, as TokenBatchesOptions
  double learning_rate = 1.5e-3;  ///< the highest, after the warm-up
  int64_t warmup_steps = 500;     ///< at most a fifth of all steps
  double label_smoothing = 0.1;
  int averaged = 4;   ///< epochs whose weights are averaged in the end
  int num_beams = 5;  ///< that the saved model translates with

  /// The tokenizer learned from the texts, and a network with first values from `seed`, compiled for a
  /// training of `epochs` epochs with batches of `tokens` tokens. Throws what train_tokenizer throws.
  Translator build(const ParallelTexts& training, int epochs, int64_t tokens, uint64_t seed) const;
};

/// How good translations are.
struct TranslationScores {
  double bleu = 0, chrf = 0;  ///< sacreBLEU's, of the text as it is
  std::string signature;      ///< of BLEU
};
/// @param language  of the translations: BLEU takes Chinese ("zh") character by character.
TranslationScores score_translations(const std::vector<std::string>& translations,
                                     const std::vector<std::string>& references, const std::string& language);

/// All of them.
const std::vector<TranslationRecipe>& translation_recipes();
/// The one of that name, or nullptr.
const TranslationRecipe* find_translation_recipe(const std::string& name);

}  // namespace lamina
