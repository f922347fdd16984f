// The small model whose file tests of the .keras format change.
#pragma once

#include "lamina/base/files.h"
#include "lamina/formats/keras/archive.h"
#include "lamina/formats/keras/keras.h"
#include "lamina/nn/layers/layers.h"

namespace lamina::test {

inline Sequential small_model(bool compiled = true) {
  Sequential model({Input({4}), Dense(3, {.activation = "relu"}), Dense(2)}, {.name = "small", .seed = 1});
  if (compiled) model.compile({.optimizer = "adam", .loss = "mse"});
  return model;
}

inline detail::KerasArchive archive_of_file(const std::string& path) {
  return detail::parse_keras_archive(read_file(path), path);
}

}  // namespace lamina::test
