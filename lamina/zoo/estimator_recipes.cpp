// The tutorial's first listing: a bag of words and a forest.
#include "lamina/zoo/estimator_recipes.h"

#include <utility>

#include "lamina/base/error.h"
#include "lamina/classic/forest.h"
#include "lamina/data/labelled_data.h"
#include "lamina/text/text_preprocessing.h"

namespace lamina {
namespace {

FittedEstimator forest_of_words(const LabelledData& training, uint64_t seed) {
  if (training.class_names.size() < 2)
    throw InvalidArgument("the texts are not of two classes or more: there is nothing to tell apart");
  CountVectorizer vectorizer({.max_features = 500});
  vectorizer.fit(training.texts);
  FittedEstimator fitted;
  fitted.info.text = TextPreprocessing(vectorizer).info();
  fitted.info.features = training.features;
  fitted.info.target = training.target;
  fitted.info.class_names = training.class_names;
  auto forest = std::make_shared<classic::RandomForestClassifier>(classic::RandomForestClassifierOptions{
      .n_estimators = 100, .random_state = static_cast<int64_t>(seed)});
  forest->fit(estimator_input(fitted, training), training.y);
  fitted.predictor = std::move(forest);
  return fitted;
}

}  // namespace

const std::vector<EstimatorRecipe>& estimator_recipes() {
  static const std::vector<EstimatorRecipe> all = {
      {"imdb-forest", "tell whether reviews praise or blame by 500 words (random forest)",
       "imdb-forest.classic", DataNeeds{.samples = SampleKind::kTexts, .target = TargetKind::kClassNumbers},
       forest_of_words}};
  return all;
}

const EstimatorRecipe* find_estimator_recipe(const std::string& name) {
  for (const EstimatorRecipe& recipe : estimator_recipes()) {
    if (recipe.name == name) return &recipe;
  }
  return nullptr;
}

DataNeeds estimator_needs(const FittedEstimator& estimator) {
  DataNeeds needs;
  needs.known = estimator.info;
  if (estimator.info.text) needs.samples = SampleKind::kTexts;
  const bool classes = estimator.predictor->is_classifier();
  needs.target = classes ? TargetKind::kClassNumbers : TargetKind::kValues;
  if (classes) needs.classes = static_cast<int64_t>(estimator.predictor->classes().size());
  return needs;
}

Tensor estimator_input(const FittedEstimator& estimator, const LabelledData& data) {
  if (data.texts.empty()) return data.x;
  if (!estimator.info.text)
    throw InvalidArgument("the estimator does not know how texts become numbers: it was fitted to numbers");
  return TextPreprocessing(*estimator.info.text)(data.texts);
}

}  // namespace lamina
