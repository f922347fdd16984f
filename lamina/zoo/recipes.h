// Recipes: a network, the data it learns and how, under one name.
#pragma once

#include <string>
#include <vector>

namespace lamina {

/// What `lamina train NAME` trains.
struct Recipe {
  std::string name;         ///< "fashion-mnist"
  std::string description;  ///< one line
  std::string network;      ///< name for tutorial_model()
  std::string data;         ///< source for load_data(); its part "test" judges the result
  std::string file;         ///< what the model is saved as unless the user says otherwise: "fashion.keras"
  int epochs = 10;
  int batch_size = 128;
};

/// All recipes.
const std::vector<Recipe>& recipes();

/// The recipe of that name, or nullptr.
const Recipe* find_recipe(const std::string& name);

/// The recipe of that name; throws InvalidArgument, suggesting the nearest.
const Recipe& recipe(const std::string& name);

}  // namespace lamina
