// Recipes that learn pictures.
#include "lamina/zoo/recipes.h"
#include "lamina/zoo/tutorial_models.h"

namespace lamina {
namespace {

Model ten_classes(const LabelledData&, uint64_t seed) {
  Model model = tutorial_model("cnn28").build(seed);
  model.set_data_info({.scale = PixelScale::kUnit});
  return model;
}

DataNeeds pictures(const Shape& input, int64_t classes) {
  return {.target = TargetKind::kClassRows, .classes = classes, .inputs = {{"", input}}};
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
           .build = ten_classes}};
}

}  // namespace lamina
