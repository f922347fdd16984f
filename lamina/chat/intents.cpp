// Intents of texts.
#include "lamina/chat/intents.h"

#include <algorithm>

#include "lamina/base/error.h"

namespace lamina {
namespace {

TextInfo text_of(const Model& model) {
  const DataInfo& info = model.data_info();
  if (!info.text || info.class_names.size() < 2)
    throw InvalidArgument(
        "the model does not tell what texts ask for: one of classes of texts was expected, as 'lamina train "
        "banking77' makes");
  return *info.text;
}

}  // namespace

IntentReader::IntentReader(const Model& model)
    : model_(model), text_(text_of(model)), scope_(OutOfScope::of(model.data_info())) {}

Intent IntentReader::operator()(const std::string& text) const {
  Model model = model_;
  const std::vector<float> probabilities = model.predict(text_({text})).to_vector<float>();
  const size_t decided = decided_class(probabilities, scope_);
  const std::vector<std::string>& names = model_.data_info().class_names;
  if (probabilities.size() != names.size())
    throw InvalidArgument("the model of intents gives " + std::to_string(probabilities.size()) +
                          " numbers for " + std::to_string(names.size()) + " classes");
  Intent intent{names[decided], probabilities[decided], false};
  if (scope_ && static_cast<int64_t>(decided) == scope_->class_number) {
    intent.out_of_scope = true;
    intent.probability = *std::max_element(probabilities.begin(), probabilities.end());
  }
  return intent;
}

}  // namespace lamina
