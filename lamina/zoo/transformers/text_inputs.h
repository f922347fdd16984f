// TextInputs: texts to judge, alone or in pairs.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace lamina {

/// Texts for a model to judge, each alone or beside a second one: a premise and a hypothesis, a question and
/// an answer. Lists of texts are taken where TextInputs are expected.
///
///   classifier.predict({"What a film!"});
///   classifier.predict({premises, hypotheses});
struct TextInputs {
  TextInputs() = default;
  TextInputs(std::vector<std::string> alone) : texts(std::move(alone)) {}
  TextInputs(std::initializer_list<std::string> alone) : texts(alone) {}
  TextInputs(std::vector<std::string> first, std::vector<std::string> second)
      : texts(std::move(first)), pairs(std::move(second)) {}

  /// How many there are, pairs counted once.
  size_t size() const { return texts.size(); }

  std::vector<std::string> texts;
  std::vector<std::string> pairs;  ///< none, or one for each text
};

}  // namespace lamina
