// What the conformance suite needs beyond the command line: training steps on given batches, and models built
// here.
//
//   lamina_conformance train IN.keras DATA.npz STEPS OUT.keras    load, train STEPS times on (x, y), save
//   lamina_conformance create NAME DATA.npz STEPS OUT.keras       build model NAME, train, save
//   lamina_conformance graphs FOLDER STEPS                        train FOLDER/<name>.keras for each
//   <name>.npz
//
// DATA.npz holds `x` and `y`, or x0, x1, ... and y0, y1, ... in the order of the model's inputs and outputs,
// or x:NAME and y:NAME for tensors by name. The first two write OUT.keras.npz with `predictions` for x (the
// first of them), each as `predictions0`, ..., those before training as `before0`, ..., and the loss of each
// step in `losses`. `graphs` writes FOLDER/<name>.trained.keras and .npz, or what went wrong into
// FOLDER/<name>.error.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
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
                 .metrics = {metrics::BinaryAccuracy({.threshold = 0.25})}});
  return model;
}

/// One layer in three models, each inside the next.
Model shared_at_levels() {
  const Dense shared(5, {.activation = "tanh", .name = "shared"});
  const Sequential one({Input({5}), shared, Dense(5, {.activation = "tanh"}), shared});
  const Sequential two({Input({5}), one, shared});
  const Tensor x = Input({5});
  Model model({x}, {Dense(3, {.activation = "softmax"})(shared(two(one(shared(x)))))}, {.seed = 4});
  model.compile({.optimizer = Adam(0.01), .loss = "sparse_categorical_crossentropy"});
  return model;
}

const std::map<std::string, Model (*)()> kModels = {
    {"tutorial_cnn28", []() -> Model { return tutorial_model("cnn28").build(1); }},
    {"tutorial_dense", []() -> Model { return tutorial_dense(); }},
    {"every_layer", []() -> Model { return every_layer(); }},
    {"shared_at_levels", shared_at_levels}};

/// The tensors of the data whose names start with `prefix`: alone, by position or by name.
Tensors given(const std::map<std::string, Tensor>& data, const std::string& prefix) {
  if (const auto one = data.find(prefix); one != data.end()) return one->second;
  std::vector<Tensor> by_position;
  for (auto at = data.find(prefix + "0"); at != data.end();
       at = data.find(prefix + std::to_string(by_position.size()))) {
    by_position.push_back(at->second);
  }
  if (!by_position.empty()) return by_position;
  std::vector<std::pair<std::string, Tensor>> by_name;
  for (const auto& [name, tensor] : data) {
    if (name.starts_with(prefix + ":")) by_name.emplace_back(name.substr(prefix.size() + 1), tensor);
  }
  return by_name;
}

void add(std::map<std::string, Tensor>& results, const std::string& prefix, const Tensors& tensors) {
  for (size_t i = 0; i < tensors.size(); ++i) results[prefix + std::to_string(i)] = tensors[i];
}

void train(Model& model, const std::string& data_path, int steps, const std::string& out) {
  const std::map<std::string, Tensor> data = read_npz(data_path);
  const Tensors x = given(data, "x"), y = given(data, "y");
  std::map<std::string, Tensor> results;
  add(results, "before", model.predict_outputs(x));
  std::vector<float> losses;
  for (int step = 0; step < steps; ++step) {
    losses.push_back(static_cast<float>(model.train_on_batch(x, y).at("loss")));
  }
  model.save(out);
  const Tensors after = model.predict_outputs(x);
  add(results, "predictions", after);
  results["predictions"] = after[0];
  results["losses"] = Tensor::from(losses, {steps});
  write_npz(out + ".npz", results);
}

/// Every model of the folder, whatever happens to the others.
void train_folder(const std::filesystem::path& folder, int steps) {
  std::vector<std::filesystem::path> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".npz") all.push_back(entry.path());
  }
  for (const auto& data : all) {
    const std::string base = (folder / data.stem()).string();
    try {
      Model model = load_model(base + ".keras");
      train(model, data.string(), steps, base + ".trained.keras");
    } catch (const std::exception& error) {
      std::ofstream(base + ".error") << error.what();
    }
  }
}

int run(const std::vector<std::string>& args) {
  if (args.size() == 3 && args[0] == "graphs") {
    train_folder(args[1], std::stoi(args[2]));
    return 0;
  }
  if (args.size() != 5 || (args[0] != "train" && args[0] != "create")) {
    std::fprintf(stderr,
                 "usage: lamina_conformance train|create MODEL DATA.npz STEPS OUT.keras\n"
                 "       lamina_conformance graphs FOLDER STEPS\n");
    return 2;
  }
  Model model = args[0] == "train" ? load_model(args[1]) : Model(kModels.at(args[1])());
  train(model, args[2], std::stoi(args[3]), args[4]);
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
