// Recipes that learn pictures.
#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/image/load_img.h"
#include "lamina/image/picture.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/zoo/detail/image_index.h"
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

int64_t classes_of(const LabelledData& training) {
  const auto classes = static_cast<int64_t>(training.class_names.size());
  if (classes > 1) return classes;
  throw InvalidArgument("the pictures are all of one class" +
                        (classes == 1 ? ", '" + training.class_names[0] + "'" : std::string()) +
                        ": there is nothing to tell apart");
}

// An output for each class, or one of yes and no for two; compiled.
Model compiled(std::vector<AnyLayer> layers, int64_t classes, const Optimizer& optimizer, uint64_t seed) {
  if (classes == 2) {
    layers.emplace_back(Dense(1, {.activation = "sigmoid"}));
  } else {
    layers.emplace_back(Dense(static_cast<int>(classes), {.activation = "softmax"}));
  }
  Sequential model(layers, {.seed = seed});
  model.compile({.optimizer = optimizer,
                 .loss = classes == 2 ? "binary_crossentropy" : "sparse_categorical_crossentropy",
                 .metrics = {"accuracy"}});
  // The network scales bytes itself, so that its file says all there is to know.
  model.set_data_info({.scale = PixelScale::kNone});
  return model;
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

Model photos(const LabelledData& training, uint64_t seed) {
  const int64_t side = training.x.shape()[1];
  std::vector<AnyLayer> layers = {Input({side, side, 3}), Rescaling(1.0 / 255), RandomTranslation(0.1, 0.1),
                                  RandomFlip("horizontal")};
  int filters = 32;
  for (int64_t extent = side; extent > 4; extent /= 2, filters = std::min(128, 2 * filters)) {
    layers.emplace_back(Conv2D(filters, {3, 3}, {.padding = "same", .use_bias = false}));
    layers.emplace_back(BatchNormalization());
    layers.emplace_back(ReLU());
    layers.emplace_back(MaxPooling2D({2, 2}));
  }
  layers.emplace_back(Flatten());
  layers.emplace_back(Dropout(0.4));
  layers.emplace_back(Dense(128, {.activation = "relu"}));
  return compiled(std::move(layers), classes_of(training), Adam(), seed);
}

// The tutorial's three convolutions and Dense(512), kept from learning two thousand photographs by heart.
Model cats_dogs(const LabelledData& training, uint64_t seed) {
  const std::vector<AnyLayer> layers = {Input({150, 150, 3}),
                                        Rescaling(1 / 127.5, {.offset = -1}),
                                        RandomFlip("horizontal"),
                                        RandomTranslation(0.1, 0.1),
                                        RandomRotation(0.06),
                                        RandomZoom(0.15),
                                        Conv2D(32, {3, 3}, {.activation = "relu"}),
                                        MaxPooling2D({2, 2}),
                                        Conv2D(64, {3, 3}, {.activation = "relu"}),
                                        MaxPooling2D({2, 2}),
                                        Conv2D(128, {3, 3}, {.activation = "relu"}),
                                        MaxPooling2D({2, 2}),
                                        Flatten(),
                                        Dropout(0.5),
                                        Dense(512, {.activation = "relu"})};
  return compiled(layers, classes_of(training), Adam(5e-4), seed);
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
           .description = "tell the classes of a folder of photographs apart (three or four convolutions)",
           .file = "photos.keras",
           .network = "cnn64",
           .epochs = 15,
           .batch_size = 64,
           .look = needs_of_photos,
           .build = photos},
          {.name = "cats-dogs",
           .description = "tell cats from dogs, or two other classes of photographs, at 150x150",
           .file = "cats-dogs.keras",
           .network = "catsdogs",
           .epochs = 40,
           .batch_size = 32,
           .needs = {.target = TargetKind::kYesNo, .classes = 2, .inputs = {{"", {-1, 150, 150, 3}}}},
           .build = cats_dogs}};
}

}  // namespace lamina
