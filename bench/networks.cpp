// Times a training step of a network of lamina/zoo/applications and prints one JSON line, for bench/figures:
//   lamina_networks NAME [BATCH] [STEPS]
// Pictures of the size that it was published with, drawn, 1000 classes, SGD with momentum. "ms" is the best of the steps.
// bench/networks_peer.py does the same with Keras.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "lamina/lamina.h"

using namespace lamina;

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: lamina_networks NAME [BATCH] [STEPS]\n");
    return 2;
  }
  try {
    const int64_t batch = argc > 2 ? std::stoll(argv[2]) : 8;
    const int steps = argc > 3 ? std::stoi(argv[3]) : 6;
    const Application& network = application(argv[1]);
    Model model = network.make({});
    model.compile({.optimizer = SGD(0.01, {.momentum = 0.9}), .loss = "sparse_categorical_crossentropy"});
    std::vector<float> pixels(static_cast<size_t>(batch * network.side * network.side * 3));
    for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<float>(i * 7919 % 255) / 127.5F - 1;
    std::vector<int32_t> labels;
    for (int64_t i = 0; i < batch; ++i) labels.push_back(static_cast<int32_t>(i * 37 % 1000));
    const Tensor x = Tensor::from(pixels, {batch, network.side, network.side, 3}), y = Tensor::from(labels, {batch});
    double best = 1e9;
    for (int i = 0; i < steps; ++i) {
      const auto start = std::chrono::steady_clock::now();
      model.train_on_batch(x, y);
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
      if (i > 0) best = std::min(best, took.count());  // the first one compiles
    }
    std::printf("%s\n", Json::object({{"ms", best * 1e3}}).dump().c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lamina_networks: %s\n", error.what());
    return 1;
  }
}
