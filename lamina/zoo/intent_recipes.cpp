// Recipes that learn what short texts ask for, and which ask for nothing that is known.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/layers/layers.h"
#include "lamina/nn/losses/crossentropy.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/nn/optimizers/schedules/cosine_decay.h"
#include "lamina/text/text_preprocessing.h"
#include "lamina/zoo/detail/learning.h"
#include "lamina/zoo/out_of_scope.h"
#include "lamina/zoo/recipes.h"
#include "lamina/zoo/samples.h"

namespace lamina {
namespace {

constexpr int kFeatures = 128;
constexpr int64_t kMostTerms = 512;  // of a text

// As many as 99 of 100 texts have: zeros behind them cost as much as terms.
int64_t usual_terms(const TermNumbers& terms, const std::vector<std::string>& texts) {
  std::vector<int64_t> counts;
  for (const std::vector<int32_t>& numbers : terms(texts))
    counts.push_back(static_cast<int64_t>(numbers.size()));
  return std::min(detail::usual(std::move(counts), 99), kMostTerms);
}

// The mean of what has been learned of each word, pair of words and run of 2 to 5 characters, and one layer
// behind it (after "Bag of Tricks for Efficient Text Classification", Joulin et al., 2016).
Model intents(const LabelledData& training, const RecipeRun& run) {
  const int64_t classes = detail::classes_of(training, "texts");
  CountVectorizer words({.token_pattern = R"((?u)\b\w+\b)", .ngram_range = {1, 2}, .min_df = 2});
  CountVectorizer runs({.ngram_range = {2, 5}, .analyzer = "char_wb", .min_df = 2});
  words.fit(training.texts);
  runs.fit(training.texts);
  const TermNumbers terms({words, runs});
  const int64_t length = usual_terms(terms, training.texts);
  Sequential model(
      {Input({length}, {.dtype = DType::kInt32}), Embedding(terms.size(), kFeatures, {.mask_zero = true}),
       GlobalAveragePooling1D(), LayerNormalization(), Dropout(0.5),
       Dense(static_cast<int>(classes), {.activation = "softmax"})},
      {.seed = run.seed});
  model.compile({.optimizer = Adam(CosineDecay(2e-3, static_cast<double>(run.steps), {.alpha = 0.02})),
                 .loss = CategoricalCrossentropy({.label_smoothing = 0.1}),
                 .metrics = {"accuracy"}});
  DataInfo info;
  info.text = TextPreprocessing(terms, {.maxlen = length, .padding = "post", .truncating = "post"}).info();
  info.class_names = training.class_names;
  const auto outside = std::find(info.class_names.begin(), info.class_names.end(), kOutOfScope);
  if (outside != info.class_names.end()) OutOfScope{outside - info.class_names.begin(), 0}.save(info);
  model.set_data_info(info);
  return model;
}

// How probable a class has to be: as much as costs one of a hundred texts in scope.
void learn_threshold(Model& model, const LabelledData& validation) {
  std::optional<OutOfScope> scope = OutOfScope::of(model.data_info());
  if (!scope) return;
  const Tensor outputs = model.predict(model_samples(model, validation).x, {.batch_size = 256});
  const std::vector<float> values = outputs.to_vector<float>();
  const auto classes = static_cast<size_t>(outputs.shape()[1]);
  std::vector<std::vector<float>> rows;
  for (auto at = values.begin(); at != values.end(); at += static_cast<std::ptrdiff_t>(classes))
    rows.emplace_back(at, at + static_cast<std::ptrdiff_t>(classes));
  constexpr double kCost = 0.01;
  scope->threshold =
      out_of_scope_threshold(rows, validation.y.to_vector<int32_t>(), scope->class_number, kCost);
  DataInfo info = model.data_info();
  scope->save(info);
  model.set_data_info(info);
}

}  // namespace

std::vector<Recipe> detail::intent_recipes() {
  const DataNeeds texts{.samples = SampleKind::kTexts, .target = TargetKind::kClassNumbers};
  return {{.name = "clinc150",
           .description =
               "tell what a sentence asks for, and whether it is out of scope (means of words and runs of "
               "characters)",
           .file = "clinc150.keras",
           .network = "terms",
           .epochs = 8,
           .batch_size = 64,
           .needs = texts,
           .build = intents,
           .calibrate = learn_threshold},
          {.name = "banking77",
           .description = "tell what customers of a bank ask for (means of words and runs of characters)",
           .file = "banking77.keras",
           .network = "terms",
           .epochs = 12,
           .batch_size = 64,
           .needs = texts,
           .build = intents,
           .calibrate = learn_threshold}};
}

}  // namespace lamina
