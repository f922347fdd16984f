// What learns the vocabulary of a kind of model.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lamina/nn/registry.h"
#include "lamina/text/detail/count_words.h"
#include "lamina/text/tokenizers/trainers.h"

namespace lamina::detail::tokenizers {

/// Registered by the type of its model.
class ModelTrainer {
 public:
  static constexpr const char* kKind = "model that can be trained";
  virtual ~ModelTrainer() = default;
  /// "model" of tokenizer.json with a vocabulary.
  /// @param model          the same without.
  /// @param words          what the pre-tokenizer made of the texts, with counts, in the order in which they
  /// came.
  /// @param with_alphabet  characters that are in the vocabulary whether or not a text has them.
  virtual Json train(const Json& model, const WordCounts& words,
                     const std::vector<std::string>& with_alphabet,
                     const TokenizerTrainerOptions& options) const = 0;
};

}  // namespace lamina::detail::tokenizers

namespace lamina {
extern template class Registry<detail::tokenizers::ModelTrainer>;
}  // namespace lamina
