// What the conformance suite needs beyond the command line: training steps on given batches, and models built
// here.
//
//   lamina_conformance train IN.keras DATA.npz STEPS OUT.keras    load, train STEPS times on (x, y), save
//   lamina_conformance create NAME DATA.npz STEPS OUT.keras       build model NAME, train, save
//
// Both write OUT.keras.npz with `predictions` for x, and the loss of each step in `losses`.
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <vector>

#include "lamina/formats/npz.h"
#include "lamina/lamina.h"

namespace {

using namespace lamina;

Sequential tutorial_dense() {
  Sequential model(
      {
          Input({100}),
          Dense(64, {.activation = "relu"}),
          Dense(64, {.activation = "relu"}),
          Dense(10, {.activation = "softmax"}),
      },
      {.seed = 2});
  model.compile({.optimizer = RMSprop(0.005, {.momentum = 0.5, .centered = true}),
                 .loss = "sparse_categorical_crossentropy",
                 .metrics = {"accuracy"}});
  return model;
}

Sequential every_layer() {
  Sequential model(
      {
          Input({16, 16, 3}),
          Rescaling(1 / 127.5, {.offset = -1}),
          Conv2D(8, {3, 3}, {.padding = "same", .use_bias = false}),
          BatchNormalization(),
          Activation("relu"),
          MaxPooling2D(),
          Dropout(0.0),
          Conv2D(8, {3, 3}, {.strides = {2, 2}, .padding = "same", .kernel_initializer = "he_normal"}),
          ReLU({.max_value = 6}),
          AveragePooling2D({2, 2}),
          Reshape({4, 8}),
          Flatten(),
          Dense(1),
      },
      {.seed = 3});
  model.compile({.optimizer = SGD(0.01, {.momentum = 0.9, .nesterov = true, .weight_decay = 0.001}),
                 .loss = BinaryCrossentropy({.from_logits = true, .label_smoothing = 0.1}),
                 .metrics = {metrics::BinaryAccuracy({.threshold = 0.0})}});
  return model;
}

const std::map<std::string, Sequential (*)()> kModels = {
    {"tutorial_cnn28", [] { return tutorial_model("cnn28").build(1); }},
    {"tutorial_dense", tutorial_dense},
    {"every_layer", every_layer}};

int run(const std::vector<std::string>& args) {
  if (args.size() != 5 || (args[0] != "train" && args[0] != "create")) {
    std::fprintf(stderr, "usage: lamina_conformance train|create MODEL DATA.npz STEPS OUT.keras\n");
    return 2;
  }
  Sequential model = args[0] == "train" ? load_model(args[1]) : kModels.at(args[1])();
  const std::map<std::string, Tensor> data = read_npz(args[2]);
  const Tensor &x = data.at("x"), &y = data.at("y");
  std::vector<float> losses;
  const int steps = std::stoi(args[3]);
  for (int step = 0; step < steps; ++step) {
    losses.push_back(static_cast<float>(model.train_on_batch(x, y).at("loss")));
  }
  model.save(args[4]);
  write_npz(args[4] + ".npz", {{"predictions", model.predict(x)}, {"losses", Tensor::from(losses, {steps})}});
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lamina_conformance: error: %s\n", error.what());
    return 1;
  }
}
