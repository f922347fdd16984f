// Small data sets and models to train in tests.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"

namespace lamina::test {

/// Points around four corners, with the corner as int32 label: (n, 2) and (n,).
inline Samples corners(int64_t n, unsigned seed = 1) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> noise(0, 0.3f);
  std::vector<float> x;
  std::vector<int32_t> y;
  for (int64_t i = 0; i < n; ++i) {
    const auto label = static_cast<int32_t>(generator() % 4);
    x.push_back(static_cast<float>(label % 2 * 2 - 1) + noise(generator));
    x.push_back(static_cast<float>(label / 2 * 2 - 1) + noise(generator));
    y.push_back(label);
  }
  return {Tensor::from(x, {n, 2}), Tensor::from(y, {n})};
}

/// Images of bytes, 8x8, in which one quadrant is brighter; the quadrant is the label: (n, 8, 8, 1) and (n,).
inline Samples quadrants(int64_t n, unsigned seed = 2) {
  std::mt19937 generator(seed);
  std::vector<uint8_t> x;
  std::vector<int32_t> y;
  for (int64_t i = 0; i < n; ++i) {
    const auto label = static_cast<int32_t>(generator() % 4);
    for (int row = 0; row < 8; ++row) {
      for (int column = 0; column < 8; ++column) {
        const bool bright = row / 4 == label / 2 && column / 4 == label % 2;
        x.push_back(static_cast<uint8_t>(generator() % 100 + (bright ? 120 : 0)));
      }
    }
    y.push_back(label);
  }
  return {Tensor::from(x, {n, 8, 8, 1}), Tensor::from(y, {n})};
}

/// Two dense layers for `corners`, compiled.
inline Sequential small_dense(uint64_t seed, const char* optimizer = "adam") {
  Sequential model({Input({2}), Dense(16, {.activation = "relu"}), Dense(4, {.activation = "softmax"})},
                   {.seed = seed});
  model.compile({.optimizer = optimizer, .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  return model;
}

/// A little of everything for `quadrants`, with dropout and moving statistics, compiled.
inline Sequential small_cnn(uint64_t seed) {
  Sequential model({Input({8, 8, 1}), Rescaling(1.0 / 255), Conv2D(6, {3, 3}, {.activation = "relu"}),
                    BatchNormalization({.momentum = 0.8}), MaxPooling2D({2, 2}), Dropout(0.25), Flatten(),
                    Dense(4, {.activation = "softmax"})},
                   {.seed = seed});
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  return model;
}

/// All bits of all weights and of the optimizer's state.
inline std::vector<std::vector<float>> bits(const Model& model) {
  std::vector<std::vector<float>> all;
  for (const WeightPtr& weight : model.weights()) all.push_back(weight->value.to_vector<float>());
  for (const WeightPtr& weight : model.optimizer_variables()) all.push_back(weight->value.to_vector<float>());
  return all;
}

}  // namespace lamina::test
