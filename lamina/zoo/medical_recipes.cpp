// Recipes that learn from patients: X-rays of the chest and a table of heart disease. None of them is a medical device.
#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/data/feature_space.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/zoo/detail/learning.h"
#include "lamina/zoo/familiar.h"
#include "lamina/zoo/judged_by.h"
#include "lamina/zoo/recipes.h"
#include "lamina/zoo/recognition_networks.h"

namespace lamina {
namespace {

JudgedBy medical_judgement() {
  return {{"auc", "expected_calibration_error"},
          "This is no medical device: its figures are of research data, and nobody may be diagnosed or treated by it."};
}

void check_two_classes(const LabelledData& training, const std::string& what) {
  const int64_t classes = detail::classes_of(training, what);
  if (classes != 2)
    throw InvalidArgument("the " + what + " are of " + std::to_string(classes) + " classes; this recipe tells two apart");
}

Model chest_xrays(const LabelledData& training, const RecipeRun& run) {
  check_two_classes(training, "pictures");
  Model model = chest_xray_network(run.steps, run.seed);
  DataInfo info{.scale = PixelScale::kNone};
  medical_judgement().save(info);
  if (training.x.shape()[0] >= Familiar::kFewest) Familiar::of_pictures(training.x).save(info);
  model.set_data_info(std::move(info));
  return model;
}

// Columns of UCI's table whose numbers are names, where they are there and the user says nothing else of them.
FeatureSpaceOptions heart_features(const LabelledData& training, FeatureSpaceOptions features) {
  for (const char* const name : {"cp", "restecg", "slope", "ca", "thal"}) {
    const auto is_it = [&](const std::string& other) { return other == name; };
    const auto said = [&](const std::vector<std::string>& names) { return std::any_of(names.begin(), names.end(), is_it); };
    const bool there = std::any_of(training.columns.begin(), training.columns.end(),
                                   [&](const TextColumn& column) { return column.name() == name; });
    if (there && !said(features.numeric) && !said(features.categorical) && !said(features.left_out))
      features.categorical.emplace_back(name);
  }
  return features;
}

// A line through all features and a small network beside it, which so corrects the line where it has to.
Model heart_network(const LabelledData& training, const RecipeRun& run) {
  if (training.columns.empty()) throw InvalidArgument("a table was expected, a .csv or .tsv file");
  check_two_classes(training, "rows");
  const FeatureSpace space = FeatureSpace::adapt(training.columns, heart_features(training, run.features));
  const Tensor input = Input({space.width()});
  const Tensor line = Dense(1, {.kernel_initializer = "zeros"})(input);
  const Tensor hidden = Dropout(0.5)(Dense(16, {.activation = "tanh"})(Dropout(0.2)(input)));
  const Tensor odds = Add()({line, Dense(1, {.use_bias = false, .kernel_initializer = "zeros"})(hidden)});
  Model model({input}, {Activation("sigmoid")(odds)}, {.seed = run.seed});
  model.compile({.optimizer = AdamW(1e-2, {.weight_decay = 0.3}), .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  DataInfo info = detail::table_info(space, training);
  medical_judgement().save(info);
  model.set_data_info(std::move(info));
  return model;
}

}  // namespace

std::vector<Recipe> detail::medical_recipes() {
  return {{.name = "chest-xray",
           .description = "tell X-rays of the chest with a finding from those without, at 128x128 in grey",
           .file = "chest-xray.keras",
           .epochs = 60,
           .batch_size = 32,
           .needs = {.target = TargetKind::kYesNo, .classes = 2, .inputs = {{"", {-1, 128, 128, 1}}}},
           .build = chest_xrays},
          {.name = "heart",
           .description = "tell patients with heart disease by a table of findings (a line and a small network)",
           .file = "heart.keras",
           .epochs = 30,
           .batch_size = 32,
           .needs = {.samples = SampleKind::kRows, .target = TargetKind::kClassNumbers},
           .columns = {"age", "sex", "cp", "trestbps", "chol", "thalach", "exang", "oldpeak", "ca", "thal", "target"},
           .folds = 10,
           .build = heart_network}};
}

}  // namespace lamina
