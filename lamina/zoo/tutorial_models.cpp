// The tutorial's networks, layer by layer as its listings have them.
#include "lamina/zoo/tutorial_models.h"

#include <algorithm>
#include <random>

#include "lamina/base/error.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/ops/cast.h"
#include "lamina/zoo/text_networks.h"

namespace lamina {
namespace {

Sequential compiled(const std::vector<AnyLayer>& layers, const char* loss, uint64_t seed) {
  Sequential model(layers, {.seed = seed});
  model.compile({.optimizer = Adam(), .loss = loss, .metrics = {"accuracy"}});
  return model;
}

Sequential cnn28(uint64_t seed) {
  return compiled({Input({28, 28, 1}), Conv2D(32, {3, 3}, {.activation = "relu"}), MaxPooling2D({2, 2}),
                   Flatten(), Dense(128, {.activation = "relu"}), Dense(10, {.activation = "softmax"})},
                  "categorical_crossentropy", seed);
}

Sequential mlp(uint64_t seed) {
  return compiled({Input({100}), Dense(64, {.activation = "relu"}), Dense(64, {.activation = "relu"}),
                   Dense(10, {.activation = "softmax"})},
                  "categorical_crossentropy", seed);
}

Sequential cnn64(uint64_t seed) {
  return compiled({Input({64, 64, 3}), Conv2D(32, {3, 3}, {.activation = "relu"}), MaxPooling2D({2, 2}),
                   Flatten(), Dense(128, {.activation = "relu"}), Dense(1, {.activation = "sigmoid"})},
                  "binary_crossentropy", seed);
}

Sequential catsdogs(uint64_t seed) {
  return compiled({Input({150, 150, 3}), Conv2D(32, {3, 3}, {.activation = "relu"}), MaxPooling2D({2, 2}),
                   Conv2D(64, {3, 3}, {.activation = "relu"}), MaxPooling2D({2, 2}),
                   Conv2D(128, {3, 3}, {.activation = "relu"}), MaxPooling2D({2, 2}), Flatten(),
                   Dense(512, {.activation = "relu"}), Dense(1, {.activation = "sigmoid"})},
                  "binary_crossentropy", seed);
}

Sequential rnn(uint64_t seed) {
  Sequential model({Input({10, 1}), SimpleRNN(50), Dense(1)}, {.seed = seed});
  model.compile({.optimizer = Adam(), .loss = "mean_squared_error"});
  return model;
}

// Reviews as 200 numbers of words.
Sequential words(uint64_t seed, const AnyLayer& recurrent, bool mask_zero = false) {
  return compiled({Input({200}, {.dtype = DType::kInt32}), Embedding(10000, 128, {.mask_zero = mask_zero}),
                   recurrent, Dense(1, {.activation = "sigmoid"})},
                  "binary_crossentropy", seed);
}

Sequential lstm(uint64_t seed) { return words(seed, LSTM(128)); }
Sequential lstm_mask(uint64_t seed) { return words(seed, LSTM(128), /*mask_zero=*/true); }
Sequential lstm_dropout(uint64_t seed) {
  return words(seed, LSTM(128, {.dropout = 0.2, .recurrent_dropout = 0.2}));
}
Sequential lstm_bidirectional(uint64_t seed) { return words(seed, Bidirectional(LSTM(128))); }

Sequential lstm2(uint64_t seed) {
  return compiled({Input({100}, {.dtype = DType::kInt32}), Embedding(10000, 64),
                   LSTM(64, {.return_sequences = true}), LSTM(32), Dense(1, {.activation = "sigmoid"})},
                  "binary_crossentropy", seed);
}

Sequential transformer(uint64_t seed) {
  return compiled({Input({40}, {.dtype = DType::kInt32}), Embedding(10000, 64, {.mask_zero = true}),
                   transformer_encoder(40, 64, {.seed = seed}), GlobalAveragePooling1D(),
                   Dense(1, {.activation = "sigmoid"})},
                  "binary_crossentropy", seed);
}

Sequential terms(uint64_t seed) {
  return compiled(
      {Input({200}, {.dtype = DType::kInt32}), Embedding(30000, 128, {.mask_zero = true}),
       GlobalAveragePooling1D(), LayerNormalization(), Dropout(0.5), Dense(150, {.activation = "softmax"})},
      "categorical_crossentropy", seed);
}

Tensor whole_numbers(const Shape& shape, DType dtype, int64_t below, std::mt19937& random) {
  std::vector<int32_t> values(static_cast<size_t>(shape.size()));
  for (int32_t& value : values) value = static_cast<int32_t>(random() % static_cast<uint32_t>(below));
  return cast(Tensor::from(values, shape), dtype).eval();
}

// What integers of an input may be: rows of the Embedding that reads them.
int64_t vocabulary(const Model& model) {
  for (const auto& layer : model.layers()) {
    if (dynamic_cast<const Embedding*>(layer.get())) return layer->own_weights().at(0)->type.shape[0];
  }
  return 2;
}

Tensor uniform(const Shape& shape, std::mt19937& random) {
  std::vector<float> values(static_cast<size_t>(shape.size()));
  // 24 bits of each draw: the same numbers with every standard library.
  for (float& value : values) value = static_cast<float>(random() >> 8) * 0x1p-24f;
  return Tensor::from(values, shape);
}

}  // namespace

const std::vector<TutorialModel>& tutorial_models() {
  static const std::vector<TutorialModel> all = {
      {"cnn28", "convolutional network for 28x28 grey images, 10 classes", 128, 50, cnn28},
      {"mlp", "dense network for 100 numbers, 10 classes", 32, 1000, mlp},
      {"cnn64", "convolutional network for 64x64 colour images, yes or no", 32, 30, cnn64},
      {"catsdogs", "deeper convolutional network for 150x150 colour images, yes or no", 32, 8, catsdogs},
      {"rnn", "SimpleRNN over 10 values of a series, the next one", 32, 500, rnn},
      {"lstm", "LSTM over 200 words, yes or no", 32, 20, lstm},
      {"lstm_mask", "the same without the places of word 0", 32, 20, lstm_mask},
      {"lstm_dropout", "LSTM over 200 words with both dropouts", 32, 20, lstm_dropout},
      {"lstm_bidirectional", "LSTM over 200 words from both ends", 32, 20, lstm_bidirectional},
      {"lstm2", "two LSTMs over 100 words, yes or no", 32, 40, lstm2},
      {"transformer", "one block of a Transformer encoder over 40 words, yes or no", 32, 100, transformer},
      {"terms", "mean of 200 terms of a text, 150 classes", 64, 50, terms},
  };
  return all;
}

const TutorialModel& tutorial_model(const std::string& name) {
  static const std::vector<std::string> later = {"resnet50", "mobilenetv2", "efficientnetb0"};
  std::vector<std::string> known;
  for (const TutorialModel& model : tutorial_models()) {
    if (model.name == name) return model;
    known.push_back(model.name);
  }
  if (std::find(later.begin(), later.end(), name) != later.end()) {
    std::string names;
    for (const std::string& other : known) names += (names.empty() ? "" : ", ") + other;
    throw Unsupported("model '" + name + "' needs layers of a later release; this one has " + names);
  }
  throw InvalidArgument("unknown model '" + name + "'" + suggest(name, known));
}

Samples synthetic_samples(const Model& model, int64_t count, uint64_t seed) {
  std::mt19937 random(static_cast<uint32_t>(seed));
  Shape x = model.input_shape(), y = model.output_shape();
  if (std::any_of(y.begin() + 1, y.end(), [](int64_t extent) { return extent < 1; })) {
    throw Unsupported("synthetic_samples: model '" + model.name() + "' gives outputs of shape " + y.str() +
                      "; expected all extents but the batch to be known: say them in its Input");
  }
  x.set(0, count);
  y.set(0, count);
  for (int axis = 1; axis < x.rank(); ++axis) x.set(axis, std::max<int64_t>(1, x[axis]));
  Samples samples;
  const DType dtype = model.inputs()[0].dtype();
  samples.x = is_floating(dtype) ? uniform(x, random) : whole_numbers(x, dtype, vocabulary(model), random);
  TargetKind kind = TargetKind::kUnknown;
  if (model.compiled()) kind = target_kind_of(model.compile_options().loss.only(), model.output_shape());
  const int64_t classes = y[-1];
  if (kind == TargetKind::kClassNumbers) {
    std::vector<int32_t> labels(static_cast<size_t>(y.size() / classes));
    for (int32_t& label : labels) label = static_cast<int32_t>(random() % static_cast<uint32_t>(classes));
    std::vector<int64_t> dims(y.begin(), y.end() - 1);
    samples.y = Tensor::from(labels, Shape(dims));
  } else if (kind == TargetKind::kClassRows) {
    std::vector<float> rows(static_cast<size_t>(y.size()));
    for (size_t at = 0; at < rows.size(); at += static_cast<size_t>(classes)) {
      rows[at + random() % static_cast<uint32_t>(classes)] = 1;
    }
    samples.y = Tensor::from(rows, y);
  } else if (kind == TargetKind::kYesNo) {
    std::vector<float> values(static_cast<size_t>(y.size()));
    for (float& value : values) value = static_cast<float>(random() & 1);
    samples.y = Tensor::from(values, y);
  } else {
    samples.y = uniform(y, random);
  }
  return samples;
}

}  // namespace lamina
