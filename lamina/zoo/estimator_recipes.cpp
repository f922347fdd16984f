// The tutorial's first listing, a bag of words and a forest, and the same for any table.
#include "lamina/zoo/estimator_recipes.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/classic/metrics.h"
#include "lamina/text/text_preprocessing.h"
#include "lamina/zoo/detail/learning.h"
#include "lamina/zoo/samples.h"

namespace lamina {
namespace {

// Estimators by what they learn; nullptr where there is none.
struct Learner {
  const char* name;
  const char* of_classes;
  const char* of_values;
  const char* of_counts = nullptr;  // classes by counts, where it is another
};
constexpr Learner kLearners[] = {{"forest", "RandomForestClassifier", "RandomForestRegressor"},
                                 {"tree", "DecisionTreeClassifier", "DecisionTreeRegressor"},
                                 {"boosting", "GradientBoostingClassifier", "GradientBoostingRegressor"},
                                 {"linear", "LogisticRegression", "LinearRegression"},
                                 {"svm", "SVC", nullptr},
                                 {"linear-svm", "LinearSVC", nullptr},
                                 {"neighbors", "KNeighborsClassifier", "KNeighborsRegressor"},
                                 {"bayes", "GaussianNB", nullptr, "MultinomialNB"}};

const char* class_of(const Learner& learner, const LabelledData& training) {
  if (training.class_names.empty()) return learner.of_values;
  return !training.texts.empty() && learner.of_counts ? learner.of_counts : learner.of_classes;
}

std::shared_ptr<classic::Predictor> make_learner(const EstimatorRun& run, const LabelledData& training) {
  const auto* learner = std::find_if(std::begin(kLearners), std::end(kLearners),
                                     [&](const Learner& one) { return one.name == run.learner; });
  if (learner == std::end(kLearners))
    throw InvalidArgument("unknown learner '" + run.learner + "'" + suggest(run.learner, learner_names()));
  const char* name = class_of(*learner, training);
  if (!name) {
    std::string others;
    for (const Learner& one : kLearners) {
      if (one.of_values) others += (others.empty() ? "" : ", ") + std::string(one.name);
    }
    throw InvalidArgument("'" + run.learner + "' learns classes, and the target is a quantity, which " +
                          others + " learn");
  }
  std::shared_ptr<classic::Estimator> estimator = classic::Estimator::make(name);
  if (estimator->params().contains("random_state"))
    estimator->set_params(Json::object({{"random_state", static_cast<int64_t>(run.seed)}}));
  return std::dynamic_pointer_cast<classic::Predictor>(estimator);
}

FittedEstimator fitted_to(DataInfo info, const LabelledData& training, const EstimatorRun& run) {
  FittedEstimator fitted{make_learner(run, training), std::move(info)};
  fitted.predictor->fit(estimator_input(fitted, training), training.y);
  return fitted;
}

// Whether it was fitted by a program to labels that are not 0, 1, 2, ... and that nobody named: -1 and 1,
// say. Data are then read with the labels as names, and numbered by them.
bool has_own_labels(const FittedEstimator& estimator) {
  const std::vector<int32_t>& labels = estimator.predictor->classes();
  return !labels.empty() && estimator.info.class_names.empty() &&
         (labels.front() != 0 || labels.back() != static_cast<int32_t>(labels.size()) - 1);
}

FittedEstimator of_words(const LabelledData& training, const EstimatorRun& run) {
  detail::classes_of(training, "texts");
  CountVectorizer vectorizer({.stop_words = run.stop_words, .max_features = 500});
  vectorizer.fit(training.texts);
  DataInfo info;
  info.text = TextPreprocessing(vectorizer).info();
  info.features = training.features;
  info.target = training.target;
  info.class_names = training.class_names;
  return fitted_to(std::move(info), training, run);
}

FittedEstimator of_tables(const LabelledData& training, const EstimatorRun& run) {
  if (training.columns.empty()) throw InvalidArgument("a table was expected, a .csv or .tsv file");
  const FeatureSpace space = FeatureSpace::adapt(training.columns, run.features);
  return fitted_to(detail::table_info(space, training), training, run);
}

}  // namespace

const std::vector<EstimatorRecipe>& estimator_recipes() {
  static const std::vector<EstimatorRecipe> all = {
      {"imdb-forest", "tell whether reviews praise or blame by 500 words (random forest, or --model)",
       "imdb-forest.classic", DataNeeds{.samples = SampleKind::kTexts, .target = TargetKind::kClassNumbers},
       of_words},
      {"tabular-forest",
       "tell a column of any table, classes or values, by the others (random forest, or --model)",
       "tabular-forest.classic", DataNeeds{.samples = SampleKind::kRows}, of_tables}};
  return all;
}

const EstimatorRecipe* find_estimator_recipe(const std::string& name) {
  for (const EstimatorRecipe& recipe : estimator_recipes()) {
    if (recipe.name == name) return &recipe;
  }
  return nullptr;
}

std::vector<std::string> learner_names() {
  std::vector<std::string> names;
  for (const Learner& learner : kLearners) names.emplace_back(learner.name);
  return names;
}

DataNeeds estimator_needs(const FittedEstimator& estimator) {
  DataNeeds needs = needs_of(estimator.info, "the estimator");
  const bool classes = estimator.predictor->is_classifier();
  needs.target = classes ? TargetKind::kClassNumbers : TargetKind::kValues;
  if (!classes) return needs;
  needs.classes = static_cast<int64_t>(estimator.predictor->classes().size());
  if (has_own_labels(estimator)) {
    for (const int32_t label : estimator.predictor->classes())
      needs.known.class_names.push_back(std::to_string(label));
  }
  return needs;
}

Tensor estimator_targets(const FittedEstimator& estimator, const LabelledData& data) {
  if (!data.y.defined() || !has_own_labels(estimator)) return data.y;
  std::vector<int32_t> labels;
  for (const int32_t place : data.y.to_vector<int32_t>())
    labels.push_back(place < 0 ? place : estimator.predictor->classes()[static_cast<size_t>(place)]);
  return Tensor::from(labels, data.y.shape());
}

Tensor estimator_input(const FittedEstimator& estimator, const LabelledData& data) {
  if (!data.columns.empty()) {
    const std::optional<FeatureSpace> space = FeatureSpace::of(estimator.info, "the estimator");
    if (!space) throw InvalidArgument("the estimator does not know how columns of a table become numbers");
    return (*space)(data.columns);
  }
  if (data.texts.empty()) return data.x;
  if (!estimator.info.text)
    throw InvalidArgument("the estimator does not know how texts become numbers: it was fitted to numbers");
  return TextPreprocessing(*estimator.info.text)(data.texts);
}

std::vector<std::string> estimator_features(const FittedEstimator& estimator) {
  if (estimator.info.text) return TextPreprocessing(*estimator.info.text).feature_names();
  const std::optional<FeatureSpace> space = FeatureSpace::of(estimator.info, "the estimator");
  return space ? space->feature_names() : estimator.info.features;
}

std::string class_name_of(const FittedEstimator& estimator, int32_t label) {
  const std::vector<std::string>& names = estimator.info.class_names;
  const bool named = label >= 0 && static_cast<size_t>(label) < names.size();
  return named ? names[static_cast<size_t>(label)] : std::to_string(label);
}

std::vector<std::pair<std::string, double>> estimator_metrics(const classic::Predictor& predictor,
                                                              const Tensor& x, const Tensor& y) {
  if (!y.defined()) throw InvalidArgument("there are no targets to compare with");
  const Tensor said = predictor.predict(x);
  if (predictor.is_classifier()) return {{"accuracy", classic::accuracy_score(y, said)}};
  std::vector<std::pair<std::string, double>> metrics;
  if (y.shape()[0] > 1) metrics.emplace_back("r2", classic::r2_score(y, said));  // of one there is none
  metrics.emplace_back("root_mean_squared_error", std::sqrt(classic::mean_squared_error(y, said)));
  return metrics;
}

}  // namespace lamina
