// The networks of the Keras tutorial that Lamina's examples, recipes and benchmarks are built on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/nn/model.h"

namespace lamina {

/// A named network with the shape of its data, compiled with Adam and the loss of its task.
struct TutorialModel {
  std::string name;         ///< "cnn28"
  std::string description;  ///< one line
  int batch_size = 32;      ///< the customary one
  int steps = 50;           ///< batches of an epoch in benchmarks
  /// The network, compiled; initial weights are drawn from `seed`.
  Sequential (*build)(uint64_t seed) = nullptr;
};

/// All of them: cnn28 (28x28 grey images, 10 classes), mlp (100 numbers, 10 classes), cnn64 (64x64 colour
/// images, yes or no), catsdogs (150x150 colour images, yes or no), rnn (10 values of a series), lstm,
/// lstm_mask, lstm_dropout and lstm_bidirectional (200 words, yes or no), lstm2 (two LSTMs over 100 words), transformer (one block of
/// an encoder over 40 words).
const std::vector<TutorialModel>& tutorial_models();

/// The one of that name. Throws Unsupported for those that need layers of a later release (resnet50,
/// mobilenetv2, efficientnetb0), and InvalidArgument, suggesting the nearest,
/// for all others.
const TutorialModel& tutorial_model(const std::string& name);

/// `count` samples of noise that fit the model: x uniform in [0, 1), y fitting the loss it was compiled with
/// (one-hot rows, class numbers, zeros and ones, or uniform numbers). The same `seed` gives the same samples.
/// Throws InvalidArgument for a model that is not built, Unsupported for one whose outputs have extents that
/// are not known.
Samples synthetic_samples(const Model& model, int64_t count, uint64_t seed = 0);

}  // namespace lamina
