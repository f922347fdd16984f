// Recipes that learn from any table.
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/data/detail/feature_cells.h"
#include "lamina/data/feature_space.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/zoo/detail/learning.h"
#include "lamina/zoo/recipes.h"

namespace lamina {
namespace {

// Two hidden layers. Values are scaled back by the network itself, which so says them in their units.
Model dense_network(const LabelledData& training, const RecipeRun& run) {
  if (training.columns.empty()) throw InvalidArgument("a table was expected, a .csv or .tsv file");
  const FeatureSpace space = FeatureSpace::adapt(training.columns, run.features);
  std::vector<AnyLayer> layers = {Input({space.width()}), Dense(64, {.activation = "relu"})};
  const auto classes = static_cast<int>(training.class_names.size());
  if (classes > 0) layers.emplace_back(Dropout(0.2));
  layers.emplace_back(Dense(64, {.activation = "relu"}));
  if (classes == 2) {
    layers.emplace_back(Dense(1, {.activation = "sigmoid"}));
  } else if (classes > 2) {
    layers.emplace_back(Dense(classes, {.activation = "softmax"}));
  } else {
    const auto [mean, deviation] = detail::mean_and_deviation(training.y.to_vector<double>());
    layers.emplace_back(Dense(1));
    layers.emplace_back(Rescaling(deviation, {.offset = mean}));
  }
  Sequential model(layers, {.seed = run.seed});
  model.compile({.optimizer = Adam(),
                 .loss = classes == 0   ? "mean_squared_error"
                         : classes == 2 ? "binary_crossentropy"
                                        : "sparse_categorical_crossentropy",
                 .metrics = {classes == 0 ? "root_mean_squared_error" : "accuracy"}});
  model.set_data_info(detail::table_info(space, training));
  return model;
}

}  // namespace

std::vector<Recipe> detail::table_recipes() {
  return {{.name = "tabular",
           .description = "tell a column of any table, classes or values, by the others (two dense layers)",
           .file = "tabular.keras",
           .network = "mlp",
           .epochs = 200,
           .batch_size = 32,
           .needs = {.samples = SampleKind::kRows},
           .validation = 0.15,
           .patience = 15,
           .build = dense_network}};
}

}  // namespace lamina
