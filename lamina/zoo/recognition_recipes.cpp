// Recipes that learn to recognise small pictures from random weights: traffic signs and CIFAR-10.
#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/zoo/detail/learning.h"
#include "lamina/zoo/recipes.h"
#include "lamina/zoo/recognition_networks.h"

namespace lamina {
namespace {

DataNeeds small_pictures() { return {.target = TargetKind::kClassNumbers, .inputs = {{"", {-1, 32, 32, 3}}}}; }

Model taking_bytes(Model model) {
  model.set_data_info({.scale = PixelScale::kNone});
  return model;
}

Model traffic_signs(const LabelledData& training, const RecipeRun& run) {
  return taking_bytes(traffic_sign_network(detail::classes_of(training, "pictures"), run.steps, run.seed));
}

Model cifar(const std::string& name, const LabelledData& training, const RecipeRun& run) {
  return taking_bytes(cifar_network(name, detail::classes_of(training, "pictures"), run.steps, run.seed));
}

Recipe cifar_with_network(const Recipe& recipe, const RecipeNetwork& network) {
  if (!network.weights.empty())
    throw InvalidArgument("the networks of the recipe '" + recipe.name + "' begin with random weights");
  const std::vector<std::string> names = cifar_networks();
  if (std::find(names.begin(), names.end(), network.name) == names.end())
    throw InvalidArgument("unknown network '" + network.name + "'" + suggest(network.name, names));
  Recipe result = recipe;
  result.build = [name = network.name](const LabelledData& training, const RecipeRun& run) {
    return cifar(name, training, run);
  };
  return result;
}

}  // namespace

std::vector<Recipe> detail::recognition_recipes() {
  return {{.name = "signs",
           .description = "tell traffic signs apart at 32x32, as GTSRB has them: moved, turned and sized, never flipped",
           .file = "signs.keras",
           .epochs = 60,
           .batch_size = 64,
           .needs = small_pictures(),
           .build = traffic_signs},
          {.name = "cifar10",
           .description = "tell ten kinds of things apart on 32x32 photographs (ResNet-20, or --model)",
           .file = "cifar10.keras",
           .networks = cifar_networks(),
           .with_network = cifar_with_network,
           .epochs = 40,
           .batch_size = 64,
           .needs = small_pictures(),
           .build = [](const LabelledData& training, const RecipeRun& run) {
             return cifar(cifar_networks().front(), training, run);
           }}};
}

}  // namespace lamina
