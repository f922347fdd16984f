// The recipes.
#include "lamina/zoo/recipes.h"

#include "lamina/base/error.h"

namespace lamina {

const std::vector<Recipe>& recipes() {
  static const std::vector<Recipe> all = {
      {"fashion-mnist", "tell ten kinds of clothes apart on 28x28 grey photographs", "cnn28", "fashion-mnist",
       "fashion.keras", 10, 128},
      {"mnist", "read handwritten digits", "cnn28", "mnist", "mnist.keras", 10, 128},
  };
  return all;
}

const Recipe* find_recipe(const std::string& name) {
  for (const Recipe& candidate : recipes()) {
    if (candidate.name == name) return &candidate;
  }
  return nullptr;
}

const Recipe& recipe(const std::string& name) {
  if (const Recipe* found = find_recipe(name)) return *found;
  std::vector<std::string> known;
  for (const Recipe& candidate : recipes()) known.push_back(candidate.name);
  throw InvalidArgument("unknown recipe '" + name + "'" + suggest(name, known));
}

}  // namespace lamina
