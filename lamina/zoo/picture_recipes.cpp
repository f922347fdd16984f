// Recipes that learn pictures.
#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/image/detail/codecs.h"
#include "lamina/image/picture.h"
#include "lamina/zoo/detail/image_index.h"
#include "lamina/zoo/detail/learning.h"
#include "lamina/zoo/application_recipe.h"
#include "lamina/zoo/applications/applications.h"
#include "lamina/zoo/photo_networks.h"
#include "lamina/zoo/recipes.h"
#include "lamina/zoo/tutorial_models.h"

namespace lamina {
namespace {

Model ten_classes(const LabelledData&, const RecipeRun& run) {
  Model model = tutorial_model("cnn28").build(run.seed);
  model.set_data_info({.scale = PixelScale::kUnit});
  return model;
}

DataNeeds pictures(const Shape& input, int64_t classes) {
  return {.target = TargetKind::kClassRows, .classes = classes, .inputs = {{"", input}}};
}

// Photographs are taken at 32, 64 or 96 pixels, whichever is nearest below what most of them have.
DataNeeds needs_of_photos(const std::string& source) {
  constexpr size_t kLooks = 32;
  const auto tree = detail::FileTree::open(source);
  const std::vector<std::string> files = detail::image_paths(*tree, "");
  std::vector<int> sides;
  for (size_t i = 0; i < std::min(files.size(), kLooks); ++i) {
    const std::string& file = files[i * files.size() / std::min(files.size(), kLooks)];
    const Picture picture = detail::load_img(tree->read(file), tree->shown(file), {});
    sides.push_back(std::min(picture.height, picture.width));
  }
  std::sort(sides.begin(), sides.end());
  const int usual = sides.empty() ? 32 : sides[sides.size() / 2];
  const int64_t side = usual < 64 ? 32 : usual < 96 ? 64 : 96;
  if (usual != side) {
    warn("'" + source + "': photographs of about " + std::to_string(usual) + " pixels are taken at " +
         std::to_string(side) + "x" + std::to_string(side));
  }
  return {.target = TargetKind::kClassNumbers, .inputs = {{"", {-1, side, side, 3}}}};
}

// The networks scale bytes themselves, so that their files say all there is to know.
Model with_bytes(Model model) {
  model.set_data_info({.scale = PixelScale::kNone});
  return model;
}

Model photos(const LabelledData& training, const RecipeRun& run) {
  return with_bytes(photo_network(detail::classes_of(training, "pictures"), training.x.shape()[1], run.seed));
}

constexpr char kSmallPhotoNetwork[] = "small";

std::vector<std::string> names_of_photo_networks() {
  std::vector<std::string> names = application_names();
  names.insert(names.begin(), kSmallPhotoNetwork);
  return names;
}

Recipe photos_with_network(const Recipe& recipe, const RecipeNetwork& network) {
  if (network.name == kSmallPhotoNetwork && network.weights.empty()) return recipe;
  if (network.name == kSmallPhotoNetwork)
    throw InvalidArgument("weights are for a network with a name of its own: --model resnet50, say");
  return application_recipe(recipe, network);
}

Model cats_dogs_64(const LabelledData& training, const RecipeRun& run) {
  detail::classes_of(training, "pictures");
  Model model = tutorial_model("cnn64").build(run.seed);
  model.set_data_info({.scale = PixelScale::kUnit});
  return model;
}

Model cats_dogs(const LabelledData& training, const RecipeRun& run) {
  detail::classes_of(training, "pictures");
  return with_bytes(cats_dogs_network(run.steps, run.seed));
}

}  // namespace

std::vector<Recipe> detail::picture_recipes() {
  const DataNeeds grey = pictures({-1, 28, 28, 1}, 10);
  return {{.name = "fashion-mnist",
           .description = "tell ten kinds of clothes apart on 28x28 grey photographs",
           .data = "fashion-mnist",
           .file = "fashion.keras",
           .network = "cnn28",
           .needs = grey,
           .build = ten_classes},
          {.name = "mnist",
           .description = "read handwritten digits",
           .data = "mnist",
           .file = "mnist.keras",
           .network = "cnn28",
           .needs = grey,
           .build = ten_classes},
          {.name = "photos",
           .description = "tell the classes of a folder of photographs apart (three or four convolutions, or --model)",
           .file = "photos.keras",
           .network = "cnn64",
           .networks = names_of_photo_networks(),
           .with_network = photos_with_network,
           .epochs = 15,
           .batch_size = 64,
           .needs = {.target = TargetKind::kClassNumbers, .inputs = {{"", {-1, -1, -1, 3}}}},
           .look = needs_of_photos,
           .build = photos},
          {.name = "cats-dogs",
           .description = "tell cats from dogs, or two other classes of photographs, at 150x150",
           .file = "cats-dogs.keras",
           .network = "catsdogs",
           .epochs = 90,
           .batch_size = 32,
           .needs = {.target = TargetKind::kYesNo, .classes = 2, .inputs = {{"", {-1, 150, 150, 3}}}},
           .build = cats_dogs},
          {.name = "cats-dogs-64",
           .description = "the same at 64x64 (one convolution)",
           .file = "cats-dogs-64.keras",
           .network = "cnn64",
           .epochs = 8,
           .batch_size = 32,
           .needs = {.target = TargetKind::kYesNo, .classes = 2, .inputs = {{"", {-1, 64, 64, 3}}}},
           .build = cats_dogs_64}};
}

}  // namespace lamina
