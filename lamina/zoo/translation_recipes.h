// Recipes that learn to translate.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/zoo/transformers/t5.h"
#include "lamina/zoo/transformers/translator.h"

namespace lamina {

/// What `lamina train translate-en-fr` trains: a small T5 on pairs of sentences, with a vocabulary of its own.
struct TranslationRecipe {
  std::string name;            ///< "translate-en-fr"
  std::string description;     ///< one line
  std::string source, target;  ///< columns of the data: "en", "fr"
  std::string prefix;          ///< what the model is asked with: "translate English to French: "
  std::string folder;          ///< where the model is saved unless the user says otherwise
  T5Config network = {};       ///< but for the vocabulary
  int64_t vocab_size = 8000;   ///< of both languages together
  int epochs = 30;
  int64_t tokens = 2048;      ///< of a batch
  double learning_rate = 2e-3;  ///< the highest, after the warm-up
  int64_t warmup_steps = 1000;
  double label_smoothing = 0.1;
  int averaged = 5;  ///< epochs whose weights are averaged in the end

  /// The tokenizer learned from the texts, and a network with first values from `seed`, compiled for a training of
  /// `epochs` epochs.
  Translator build(const ParallelTexts& training, int epochs, uint64_t seed) const;
};

/// All of them.
const std::vector<TranslationRecipe>& translation_recipes();
/// The one of that name, or nullptr.
const TranslationRecipe* find_translation_recipe(const std::string& name);

}  // namespace lamina
