// Lesson 3: the tutorial's convolutional network on Fashion-MNIST: 60,000 photographs of clothes, 28 by 28
// pixels, ten kinds.
//
// Needs Debian's package dataset-fashion-mnist. Asks for a GPU, as the listing does; where there is none, the
// CPU does it and a line says so. Expected output: the summary, a progress bar per epoch, and an accuracy on
// the 10,000 test images of about 0.915 after ten epochs. LAMINA_EXAMPLE_QUICK trains one epoch on 6,000
// images.
#include <lamina/lamina.h>

#include <cstdio>
#include <cstdlib>

using namespace lamina;

namespace {

// The first `count` images as floats in [0, 1], with one-hot labels.
Samples samples(const char* source, int64_t count) {
  const LabelledData data = load_data(source);
  const Tensor x = index(data.x, {Slice{0, count}}) * (1.0 / 255);
  const Tensor y = index(to_categorical(data.y, 10), {Slice{0, count}});
  return {x.eval(), y.eval()};
}

}  // namespace

int main() {
  const bool quick = std::getenv("LAMINA_EXAMPLE_QUICK");
  const auto scope = device("/GPU:0");
  const auto [x_train, y_train] = samples("fashion-mnist:train", quick ? 6000 : 60000);
  const auto [x_test, y_test] = samples("fashion-mnist:test", quick ? 1000 : 10000);

  Sequential model(
      {
          Input({28, 28, 1}),
          Conv2D(32, {3, 3}, {.activation = "relu"}),
          MaxPooling2D({2, 2}),
          Flatten(),
          Dense(128, {.activation = "relu"}),
          Dense(10, {.activation = "softmax"}),
      },
      {.seed = 1});
  model.compile({.optimizer = Adam(), .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  model.summary();
  model.fit(x_train, y_train, {.epochs = quick ? 1 : 10, .batch_size = 128, .verbose = quick ? 2 : 1});

  const Logs result = model.evaluate(x_test, y_test, {.verbose = 0});
  std::printf("test accuracy: %.3f\n", result["accuracy"]);
  return result["accuracy"] > (quick ? 0.6 : 0.9) ? EXIT_SUCCESS : EXIT_FAILURE;
}
