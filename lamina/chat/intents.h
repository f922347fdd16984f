// IntentReader: what a text asks for, by a model that tells classes of texts apart.
#pragma once

#include <optional>
#include <string>

#include "lamina/nn/model.h"
#include "lamina/text/text_preprocessing.h"
#include "lamina/zoo/out_of_scope.h"

namespace lamina {

/// What a text asks for.
struct Intent {
  std::string name;        ///< "card_arrival"; kOutOfScope where it asks for nothing that is known
  double probability = 0;  ///< of that class, or of the best one where all are too improbable
  bool out_of_scope = false;
};

/// Asks a classifier of texts (recipes clinc150, banking77) one text at a time.
class IntentReader {
 public:
  /// Throws InvalidArgument for a model that takes no texts or does not know the names of its classes.
  explicit IntentReader(const Model& model);
  Intent operator()(const std::string& text) const;

 private:
  Model model_;
  TextPreprocessing text_;
  std::optional<OutOfScope> scope_;
};

}  // namespace lamina
