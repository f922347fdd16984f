// Lesson 4: the tutorial's first network: 100 inputs, two hidden layers of 64, 10 classes.
//
// Trained on random vectors whose class is their largest element among the first ten, so that there is
// something to learn without any file. Expected output: the summary (11,274 parameters, as Keras counts
// them), one line per epoch, and an accuracy on fresh vectors far above the 10 % of guessing. Writes
// learning.svg: the accuracy after each epoch.
#include <lamina/lamina.h>

#include <cstdio>
#include <cstdlib>

using namespace lamina;

int main() {
  const bool quick = std::getenv("LAMINA_EXAMPLE_QUICK");

  Sequential model(
      {
          Input({100}),
          Dense(64, {.activation = "relu"}),
          Dense(64, {.activation = "relu"}),
          Dense(10, {.activation = "softmax"}),
      },
      {.seed = 1});
  model.compile({.optimizer = Adam(), .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  model.summary();

  const auto samples = [](int64_t count, int64_t seed) {
    const Tensor x = random_normal(Tensor::from<int64_t>({seed, 0}), {count, 100}, 0);
    const Tensor y = one_hot(argmax(x[{ellipsis, Slice{0, 10}}], -1), 10, DType::kFloat32);
    return Samples{x.eval(), y.eval()};
  };
  const Samples train = samples(quick ? 4000 : 20000, 1);
  const Samples test = samples(2000, 2);

  const History history = model.fit(
      train.x, train.y, {.epochs = quick ? 3 : 10, .batch_size = 32, .validation_split = 0.1, .verbose = 2});
  Plot plot{.heading = "How a dense network learns",
            .note = "100 random numbers",
            .x_label = "epoch",
            .y_label = "accuracy",
            .whole_x = true};
  for (const auto& [name, metric] : {std::pair("learned", "accuracy"), {"held out", "val_accuracy"}}) {
    plot.curves.push_back({name, {}, history[metric], Look::kMarked});
    for (size_t epoch = 1; epoch <= history[metric].size(); ++epoch)
      plot.curves.back().x.push_back(static_cast<double>(epoch));
  }
  write_file("learning.svg", plot_svg(plot));
  const Logs result = model.evaluate(test.x, test.y, {.verbose = 0});
  std::printf("accuracy on fresh vectors: %.3f\n", result.at("accuracy"));
  return result.at("accuracy") > 0.3 ? EXIT_SUCCESS : EXIT_FAILURE;
}
