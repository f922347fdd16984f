// Recipes: a network, the data it learns and how, under one name.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "lamina/data/feature_space.h"
#include "lamina/data/labelled_data.h"
#include "lamina/nn/model.h"

namespace lamina {

/// Names and numbers that a model is compared with: {"persistence", 2.7}.
using Comparison = std::vector<std::pair<std::string, double>>;

/// What a recipe's network depends on besides the data.
struct RecipeRun {
  uint64_t seed = 0;                  ///< of the initial weights
  int64_t steps = 1;                  ///< batches of the whole training
  FeatureSpaceOptions features = {};  ///< what the user says of a table's columns
};

/// How a recipe prepares its network.
struct RecipeStart {
  uint64_t seed = 0;
  std::vector<AnyCallback> callbacks = {};               ///< of what is trained there
  std::function<void(const std::string& text)> say = {};  ///< takes lines for whoever watches; may be empty
  /// What is being done, and how much of it, for whoever watches; may be empty.
  std::function<void(const std::string& what, int64_t done, int64_t all)> progress = {};
  const std::atomic<bool>* stop_flag = nullptr;  ///< true ends it
};

/// Which of its networks a recipe trains.
struct RecipeNetwork {
  std::string name;          ///< one of Recipe::networks
  std::string weights = {};  ///< a file of weights that its layers begin with; empty: random ones
};

/// What `lamina train NAME` trains.
struct Recipe {
  std::string name;          ///< "fashion-mnist"
  std::string description;   ///< one line
  std::string data = {};     ///< source for load_data(); empty: the user has to name one
  std::string file;          ///< what the model is saved as unless the user says otherwise: "fashion.keras"
  /// Name for tutorial_model(): what `lamina bench NAME` times. Empty where the network goes by the data.
  std::string network = {};
  /// Names of the networks to choose of, the usual one first; empty: there is one.
  std::vector<std::string> networks = {};
  /// This recipe with another of its networks. Throws InvalidArgument, suggesting the nearest, for an unknown name, and
  /// for weights where the network takes none. nullptr without `networks`.
  Recipe (*with_network)(const Recipe& recipe, const RecipeNetwork& network) = nullptr;
  int epochs = 10;
  int batch_size = 128;
  /// What is asked of the data before there is a model.
  DataNeeds needs = {};
  /// The same for recipes that go by what is there: called with the source in place of `needs`. May be
  /// nullptr.
  DataNeeds (*look)(const std::string& source) = nullptr;
  /// Columns of the table that is meant where the source is a folder of tables; empty: folders are taken as they are.
  std::vector<std::string> columns = {};
  /// Share of the samples, from the end, that judge the result where the source has no part "test" and the
  /// user names no others.
  double held_out = 0;
  /// Share of the samples, drawn by the seed, that end the training: it is left after `patience` epochs in
  /// which the loss on them has not become less, with the weights of the best. They judge the result where
  /// nothing else does, and no statistics are taken of them. 0: it goes on to the last epoch.
  double validation = 0;
  int patience = 0;
  /// Of small data: where nothing else judges the result, so many networks do, each by the part of the samples that it has
  /// not seen (cross_validate). 0: none.
  int folds = 0;
  /// The network, compiled, with what it has learned of the data before training (scaling, vocabulary,
  /// classes) in its layers or its DataInfo.
  /// @param training  the samples to learn, as load_data gives them.
  std::function<Model(const LabelledData& training, const RecipeRun& run)> build = {};
  /// Before the first epoch of a training that does not go on from a checkpoint: what the network just built learns by
  /// other means. `validation` may be empty. Returns whether it came to its end. May be empty.
  std::function<bool(Model& model, const Samples& training, const Samples& validation, const RecipeStart& start)>
      start = {};
  /// After training: what the model learns from the part "val" of the source, which it has not been trained
  /// on, where there is one. May be nullptr.
  void (*calibrate)(Model& model, const LabelledData& validation) = nullptr;
  /// After training: what the model learns from the samples held out, which may be none, and what it is to be
  /// compared with. May be nullptr.
  Comparison (*finish)(Model& model, const LabelledData& training, const LabelledData& held_out) = nullptr;
};

/// All recipes.
const std::vector<Recipe>& recipes();

/// The recipe of that name, or nullptr.
const Recipe* find_recipe(const std::string& name);

/// The recipe of that name; throws InvalidArgument, suggesting the nearest.
const Recipe& recipe(const std::string& name);

namespace detail {
// The recipes by kind of data.
std::vector<Recipe> picture_recipes();
std::vector<Recipe> face_recipes();
std::vector<Recipe> recognition_recipes();
std::vector<Recipe> text_recipes();
std::vector<Recipe> intent_recipes();
std::vector<Recipe> series_recipes();
std::vector<Recipe> table_recipes();
std::vector<Recipe> medical_recipes();
}  // namespace detail

}  // namespace lamina
