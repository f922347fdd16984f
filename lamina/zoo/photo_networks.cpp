// The networks, layer by layer.
#include "lamina/zoo/photo_networks.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/nn/optimizers/schedules/cosine_decay.h"

namespace lamina {

Sequential cats_dogs_network(int64_t steps, uint64_t seed) {
  if (steps < 1) {
    throw InvalidArgument("cats_dogs_network: steps must be at least 1, received " + std::to_string(steps));
  }
  Sequential model(
      {Input({150, 150, 3}), Rescaling(1 / 127.5, {.offset = -1}), RandomFlip("horizontal"),
       RandomTranslation(0.1, 0.1), RandomRotation(0.1), RandomZoom(0.2),
       Conv2D(32, {3, 3}, {.activation = "relu"}), MaxPooling2D({2, 2}), Dropout(0.15),
       Conv2D(64, {3, 3}, {.activation = "relu"}), MaxPooling2D({2, 2}), Dropout(0.15),
       Conv2D(128, {3, 3}, {.activation = "relu"}), MaxPooling2D({2, 2}), Dropout(0.15), Flatten(),
       Dropout(0.5), Dense(512, {.activation = "relu"}), Dense(1, {.activation = "sigmoid"})},
      {.seed = seed});
  const double rate = 5e-4, all = static_cast<double>(steps), rising = 0.03 * all;
  const CosineDecay schedule(rate / 10, all - rising,
                             {.alpha = 0.01, .warmup_target = rate, .warmup_steps = rising});
  model.compile({.optimizer = Adam(schedule), .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  return model;
}

Sequential photo_network(int64_t classes, int64_t side, uint64_t seed) {
  if (classes < 1) {
    throw InvalidArgument("photo_network: classes must be at least 1, received " + std::to_string(classes));
  }
  if (side < 8 || side > 1024)
    throw InvalidArgument("photo_network: side must be 8 to 1024, received " + std::to_string(side));
  std::vector<AnyLayer> layers = {Input({side, side, 3}), Rescaling(1 / 255.0), RandomTranslation(0.1, 0.1),
                                  RandomFlip("horizontal")};
  int64_t filters = 32;
  for (int64_t extent = side; extent > 4; extent /= 2) {
    layers.push_back(Conv2D(filters, {3, 3}, {.padding = "same", .use_bias = false}));
    layers.push_back(BatchNormalization());
    layers.push_back(ReLU());
    layers.push_back(MaxPooling2D({2, 2}));
    filters = std::min<int64_t>(128, 2 * filters);
  }
  layers.insert(layers.end(), {Flatten(), Dropout(0.4), Dense(128, {.activation = "relu"}),
                               Dense(classes, {.activation = "softmax"})});
  Sequential model(layers, {.seed = seed});
  model.compile({.optimizer = Adam(), .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  return model;
}

}  // namespace lamina
