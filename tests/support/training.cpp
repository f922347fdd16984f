// The small model and its data.
#include "tests/support/training.h"

#include <algorithm>
#include <filesystem>

#include "lamina/formats/checkpoint.h"
#include "lamina/formats/npz.h"
#include "lamina/nn/layers/dense.h"
#include "lamina/nn/layers/input_layer.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/nn/optimizers/sgd.h"

namespace lamina::test {

Training::Training() {
  write_net("net.keras", {});
  write_data("data.npz");
}

void Training::write_net(const std::string& name, const Net& net) const {
  Sequential model({Input({4}), Dense(8, {.activation = net.activation, .name = net.layer}),
                    Dense(3, {.activation = "softmax", .name = "classes"})},
                   {.name = "net", .seed = 1});
  CompileOptions options{.loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}};
  if (net.optimizer == "sgd") {
    options.optimizer = SGD({.learning_rate = net.learning_rate});
  } else {
    options.optimizer = Adam({.learning_rate = net.learning_rate});
  }
  model.compile(options);
  model.save(file(name));
}

void Training::write_data(const std::string& name, int samples, float first, int label) const {
  std::vector<float> x;
  std::vector<int64_t> y;
  for (int i = 0; i < samples; ++i) {
    y.push_back(i % 3);
    for (int j = 0; j < 4; ++j)
      x.push_back(static_cast<float>((i * 7 + j * 3) % 11) / 11 + static_cast<float>(j == 0 ? i % 3 : 0));
  }
  x[0] = first;
  y[0] = label;
  write_npz(file(name), {{"x", Tensor::from(x, Shape{samples, 4})}, {"y", Tensor::from(y, Shape{samples})}});
}

std::vector<std::string> Training::command(const std::string& out, int epochs,
                                           const std::vector<std::string>& more) const {
  std::vector<std::string> words = {"train", "net.keras"};
  const std::vector<std::pair<std::string, std::string>> defaults = {{"--data", "data.npz"},
                                                                     {"--out", out},
                                                                     {"--epochs", std::to_string(epochs)},
                                                                     {"--run-dir", out + ".run"}};
  for (const auto& [option, value] : defaults) {
    if (std::find(more.begin(), more.end(), option) == more.end()) words.insert(words.end(), {option, value});
  }
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Outcome Training::train(const std::string& out, int epochs, const std::vector<std::string>& more,
                        const std::vector<std::string>& environment) const {
  return run_lamina(folder_.path(), command(out, epochs, more), environment);
}

int64_t Training::epochs_of(const std::string& out) const {
  const std::string name = out.substr(0, out.size() - std::string(".keras").size()) + ".checkpoint.keras";
  return read_checkpoint_info(file(name))->training.at("epoch").as_int();
}

std::vector<std::string> Training::everything() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path()))
    names.push_back(std::filesystem::relative(entry.path(), folder_.path()).string());
  std::sort(names.begin(), names.end());
  return names;
}

void expect_refused(const Outcome& outcome, const std::vector<std::string>& words) {
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err.rfind("lamina: error: ", 0), 0u) << outcome.err;
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  for (const std::string& word : words) EXPECT_NE(outcome.err.find(word), std::string::npos) << outcome.err;
}

}  // namespace lamina::test
