// Lesson 5: the tutorial's network for colour images of two classes: 64 by 64 pixels, one sigmoid at the end.
//
// usage: example_05_two_classes_cnn FOLDER      with train/CLASS and test/CLASS
// On 2,000 photographs of cats and dogs, five epochs: about 0.70 of 500 others. Without a folder the images
// are drawn: noise with a red square (class 0) or a blue one (class 1) in it, and the accuracy is near 1.
// Writes two_classes.svg: what it knows of the images that it learned, and of others, after each epoch.
//
// CI: DATA/cats_dogs
#include <lamina/lamina.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

using namespace lamina;

namespace {

constexpr int64_t kSide = 64;
constexpr int64_t kSquare = 20;

Samples draw(int64_t count, int64_t seed) {
  std::vector<float> pixels =
      (random_uniform(Tensor::from<int64_t>({seed, 0}), {count, kSide, kSide, 3}, 0) * 0.5)
          .to_vector<float>();
  const std::vector<float> places =
      random_uniform(Tensor::from<int64_t>({seed, 0}), {count, 2}, 1).to_vector<float>();
  std::vector<float> labels;
  for (int64_t image = 0; image < count; ++image) {
    const bool blue = image % 2 == 1;
    labels.push_back(blue ? 1.0f : 0.0f);
    const auto corner = [&](int64_t axis) {
      return static_cast<int64_t>(places[static_cast<size_t>(2 * image + axis)] * (kSide - kSquare));
    };
    const int64_t top = corner(0), left = corner(1);
    for (int64_t row = top; row < top + kSquare; ++row) {
      for (int64_t column = left; column < left + kSquare; ++column) {
        pixels[static_cast<size_t>(((image * kSide + row) * kSide + column) * 3 + (blue ? 2 : 0))] += 0.5f;
      }
    }
  }
  return {Tensor::from(pixels, {count, kSide, kSide, 3}), Tensor::from(labels, {count, 1})};
}

// Photographs as floats in [0, 1], at most `most`, evenly from all.
Samples read(const std::string& folder, const char* part, int64_t most) {
  DataOptions options;
  options.split = part;
  options.needs.target = TargetKind::kYesNo;
  options.needs.classes = 2;
  options.needs.inputs = {{"", {-1, kSide, kSide, 3}}};
  const LabelledData data = load_data(folder, options);
  const Slice some{0, Slice::kNone, std::max<int64_t>(1, data.samples() / most)};
  return {(index(data.x, {some}) * (1.0 / 255)).eval(), index(data.y, {some}).eval()};
}

}  // namespace

int main(int argc, char** argv) {
  const bool quick = std::getenv("LAMINA_EXAMPLE_QUICK");

  Sequential model(
      {
          Input({64, 64, 3}),
          Conv2D(32, {3, 3}, {.activation = "relu"}),
          MaxPooling2D({2, 2}),
          Flatten(),
          Dense(128, {.activation = "relu"}),
          Dense(1, {.activation = "sigmoid"}),
      },
      {.seed = 1});
  model.compile({.optimizer = Adam(), .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  model.summary();

  const bool real = argc > 1;
  const Samples train = real ? read(argv[1], "train", quick ? 400 : 100000) : draw(quick ? 600 : 2000, 1);
  const Samples test = real ? read(argv[1], "test", quick ? 200 : 100000) : draw(400, 2);
  const History history = model.fit(
      train.x, train.y,
      {.epochs = quick ? 3 : 5, .batch_size = 32, .validation_data = {test.x, test.y, {}}, .verbose = 2});
  Plot plot{.heading = "Learned, and by heart",
            .note = "",
            .x_label = "epoch",
            .y_label = "accuracy",
            .whole_x = true};
  for (const auto& [name, metric] :
       {std::pair("images it learned", "accuracy"), {"others", "val_accuracy"}}) {
    plot.curves.push_back({name, {}, history[metric], Look::kMarked});
    for (size_t epoch = 1; epoch <= history[metric].size(); ++epoch)
      plot.curves.back().x.push_back(static_cast<double>(epoch));
  }
  write_file("two_classes.svg", plot_svg(plot));
  const Logs result = model.evaluate(test.x, test.y, {.verbose = 0});
  std::printf("accuracy on images it has not seen: %.3f\n", result["accuracy"]);
  return result["accuracy"] > (real ? quick ? 0.4 : 0.6 : 0.8) ? EXIT_SUCCESS : EXIT_FAILURE;
}
