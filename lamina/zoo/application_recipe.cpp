// From the name of a network to a recipe that trains it.
#include "lamina/zoo/application_recipe.h"

#include "lamina/formats/keras/keras.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/ops/slice.h"
#include "lamina/zoo/applications/applications.h"
#include "lamina/zoo/detail/learning.h"

namespace lamina {
namespace {

// preprocess_input as layers, so that files say all there is to know.
Tensor prepared_for(const Tensor& bytes, Preprocessing preprocessing) {
  switch (preprocessing) {
    case Preprocessing::kNone:
      return bytes;
    case Preprocessing::kTf:
      return Rescaling(1 / 127.5, {.offset = -1})(bytes);
    case Preprocessing::kTorch:
      return Rescaling({1 / (255 * 0.229), 1 / (255 * 0.224), 1 / (255 * 0.225)},
                       {.offset = {-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225}})(bytes);
    case Preprocessing::kCaffe:
      return Rescaling({1, 1, 1}, {.offset = {-103.939, -116.779, -123.68}})(flip(bytes, {-1}));
  }
  return bytes;
}

Model build_application(const Application& one, const std::string& weights, int64_t classes, uint64_t seed) {
  const Tensor input = Input({one.side, one.side, 3});
  const Tensor moved = RandomFlip("horizontal")(RandomTranslation(0.1, 0.1)(input));
  const Tensor x = prepared_for(moved, one.preprocessing);
  ApplicationOptions options{.input_shape = {one.side, one.side, 3}, .classes = classes, .seed = seed};
  if (weights.empty()) return Model({input}, {one.make(options)(x)}, {.seed = seed});
  options.include_top = false;
  options.pooling = "avg";
  Model features = one.make(options);
  load_weights(features, weights, {.by_name = true});
  const Tensor row = Dropout(0.2)(features(x));
  return Model({input}, {Dense(classes, {.activation = "softmax"})(row)}, {.seed = seed});
}

}  // namespace

Recipe application_recipe(const Recipe& recipe, const RecipeNetwork& network) {
  const Application& one = application(network.name);
  Recipe result = recipe;
  result.look = nullptr;
  result.batch_size = 32;
  result.needs.inputs = {{"", {-1, one.side, one.side, 3}}};
  result.build = [one, weights = network.weights](const LabelledData& training, const RecipeRun& run) {
    Model model = build_application(one, weights, detail::classes_of(training, "pictures"), run.seed);
    model.compile({.optimizer = Adam(), .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
    model.set_data_info({.scale = PixelScale::kNone});
    return model;
  };
  return result;
}

}  // namespace lamina
