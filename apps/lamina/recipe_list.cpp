// The kinds of recipes, one behind the other.
#include "recipe_list.h"

#include "fine_tuning.h"
#include "lamina/chat/dialogue_recipe.h"
#include "lamina/zoo/estimator_recipes.h"
#include "lamina/zoo/language_recipes.h"
#include "lamina/zoo/recipes.h"
#include "lamina/zoo/translation_recipes.h"
#include "replies.h"

namespace lamina::cli {

std::vector<std::pair<std::string, std::string>> recipe_list() {
  std::vector<std::pair<std::string, std::string>> all;
  const auto add = [&](const auto& recipes) {
    for (const auto& recipe : recipes) all.emplace_back(recipe.name, recipe.description);
  };
  add(recipes());
  add(translation_recipes());
  add(estimator_recipes());
  add(language_recipes());
  add(std::vector{DialogueRecipe()});
  all.emplace_back(kReplies, kRepliesDescription);
  add(fine_tuning_tasks());
  return all;
}

}  // namespace lamina::cli
