// All recipes, and those by name.
#include "lamina/zoo/recipes.h"

#include <iterator>

#include "lamina/base/error.h"

namespace lamina {

const std::vector<Recipe>& recipes() {
  static const std::vector<Recipe> all = [] {
    std::vector<Recipe> recipes;
    for (auto&& some : {detail::picture_recipes(), detail::recognition_recipes(), detail::face_recipes(), detail::text_recipes(),
                        detail::intent_recipes(), detail::series_recipes(), detail::table_recipes(), detail::medical_recipes()})
      recipes.insert(recipes.end(), some.begin(), some.end());
    return recipes;
  }();
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
