// Lesson 3, continued: what models cost. Six of them on the same handwritten digits, from logistic regression
// to a convolutional network; then how time grows with samples, features, image side, kernel and sequence
// length, beside the exponents of the formulas and of the counted operations.
//
// usage: example_03b_complexity [FOLDER]     with the IDX files of MNIST; without: Fashion-MNIST, as in
// lesson 3 Writes complexity.svg (accuracy over seconds of training) and sequences.svg (seconds over sequence
// length).
//
// CI: DATA/mnist
#include <lamina/lamina.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>

using namespace lamina;

namespace {

const bool kQuick = std::getenv("LAMINA_EXAMPLE_QUICK") != nullptr;

double seconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// The least of several runs, after one that prepares: what else the machine does only makes it longer.
double least_seconds(const std::function<void()>& work) {
  work();
  double least = 1e9, all = 0;
  for (int run = 0; run < (kQuick ? 3 : 9) && all < 3; ++run) {
    const double took = seconds(work);
    least = std::min(least, took);
    all += took;
  }
  return least;
}

struct Cost {
  std::string name;
  int64_t numbers = 0;  // learned or remembered
  double flops = NAN;   // of one prediction; trees compare, and count none
  double training = 0, accuracy = 0;
};

struct Digits {
  Samples train, test;
};

Digits digits(const char* folder) {
  const auto part = [&](const char* name, int64_t count) {
    DataOptions options;
    if (folder) options.folder = folder;
    const LabelledData data = load_data(std::string(folder ? "mnist:" : "fashion-mnist:") + name, options);
    return Samples{(index(data.x, {Slice{0, count}}) * (1.0 / 255)).eval(),
                   index(data.y, {Slice{0, count}}).eval()};
  };
  return {part("train", kQuick ? 1000 : 10000), part("test", kQuick ? 500 : 2000)};
}

Cost classical(const std::string& name, classic::Predictor& model, const Digits& data, double flops) {
  const auto rows = [](const Tensor& images) { return reshape(images, {images.shape()[0], -1}); };
  Cost cost{name};
  cost.training = seconds([&] { model.fit(rows(data.train.x), data.train.y); });
  cost.accuracy = model.score(rows(data.test.x), data.test.y);
  for (const auto& [key, array] : model.snapshot().arrays) cost.numbers += array.size();
  cost.flops = flops;
  return cost;
}

Cost deep(const std::string& name, const std::vector<AnyLayer>& layers, const Digits& data) {
  Sequential model(layers, {.seed = 1});
  model.compile({.optimizer = Adam(), .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  Cost cost{name};
  cost.training = seconds([&] {
    model.fit(data.train.x, data.train.y, {.epochs = kQuick ? 2 : 10, .batch_size = 128, .verbose = 0});
  });
  cost.accuracy = model.evaluate(data.test.x, data.test.y, {.verbose = 0}).at("accuracy");
  const LayerCost counted = layer_cost(model);
  cost.numbers = counted.parameters;
  cost.flops = static_cast<double>(counted.flops.value());
  return cost;
}

std::vector<Cost> compare(const Digits& data) {
  const auto n = static_cast<double>(data.train.x.shape()[0]);
  classic::LogisticRegression logistic({.max_iter = 1000});
  classic::KNeighborsClassifier neighbours;
  classic::RandomForestClassifier forest;
  classic::SVC svm;
  return {classical("logistic regression", logistic, data, 2 * 784 * 10),
          classical("k-nearest neighbours", neighbours, data, 3 * 784 * n),  // a difference, a square, a sum
          classical("random forest, 100 trees", forest, data, NAN),
          classical("support vectors, RBF", svm, data, NAN),
          deep("Dense 128",
               {Input({28, 28, 1}), Flatten(), Dense(128, {.activation = "relu"}),
                Dense(10, {.activation = "softmax"})},
               data),
          deep("CNN of lesson 3",
               {Input({28, 28, 1}), Conv2D(32, {3, 3}, {.activation = "relu"}), MaxPooling2D({2, 2}),
                Flatten(), Dense(128, {.activation = "relu"}), Dense(10, {.activation = "softmax"})},
               data)};
}

// Time of a step of training on a batch of noise, and the operations of a prediction.
std::pair<double, double> step_cost(const Tensor& input, const Tensor& output) {
  Model model({input}, {output}, {.seed = 1});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Samples batch = synthetic_samples(model, 8);
  return {least_seconds([&] { model.train_on_batch(batch.x, batch.y); }),
          static_cast<double>(layer_cost(model).flops.value())};
}

struct Growth {
  std::vector<double> sizes, measured, counted;
};

Growth growth(const char* what, const char* formula, const std::vector<double>& sizes,
              const std::function<std::pair<double, double>(int64_t)>& cost) {
  Growth all{sizes, {}, {}};
  for (const double size : sizes) {
    const auto [time, flops] = cost(static_cast<int64_t>(size));
    all.measured.push_back(time);
    all.counted.push_back(flops);
  }
  std::printf("%-44s %-10s %8.2f", what, formula, growth_exponent(sizes, all.measured));
  if (std::isfinite(all.counted[0])) {
    std::printf(" %8.2f\n", growth_exponent(sizes, all.counted));
  } else {
    std::printf(" %8s\n", "-");
  }
  std::fflush(stdout);
  return all;
}

std::pair<double, double> regression(int64_t n, int64_t p) {
  const Tensor x = random_normal(random_key(1), {n, p}, 0).eval();
  const Tensor y = sum(x, {1}).eval();
  return {least_seconds([&] { classic::LinearRegression().fit(x, y); }), NAN};
}

std::pair<double, double> convolution(int64_t side, int64_t kernel, int64_t filters) {
  const Tensor x = Input({side, side, 8});
  return step_cost(x, Conv2D(filters, Size2(kernel), {.padding = "same"})(x));
}

}  // namespace

int main(int, char** argv) {
  const std::vector<Cost> costs = compare(digits(argv[1]));
  std::printf("%-26s %10s %10s %10s %10s %9s\n", "model", "numbers", "kFLOP", "MB", "training s", "accuracy");
  Plot chart{.heading = "Accuracy and what it costs",
             .note = "28x28 pixels, ten classes",
             .x_label = "seconds of training, power of ten",
             .y_label = "accuracy"};
  for (const Cost& cost : costs) {
    std::printf("%-26s %10lld %10s %10.2f %10.2f %9.3f\n", cost.name.c_str(),
                static_cast<long long>(cost.numbers),
                std::isfinite(cost.flops) ? std::to_string(std::lround(cost.flops / 1000)).c_str() : "-",
                static_cast<double>(cost.numbers) * 4 / 1e6, cost.training, cost.accuracy);
    chart.curves.push_back({cost.name, {std::log10(cost.training)}, {cost.accuracy}, Look::kDots});
  }
  write_file("complexity.svg", plot_svg(chart));

  const double s = kQuick ? 0.5 : 1;
  std::printf("\n%-44s %-10s %8s %8s\n", "exponent of growth", "formula", "time", "FLOPs");
  growth("linear regression, n samples", "n", {8000 * s, 16000 * s, 32000 * s, 64000 * s},
         [](int64_t n) { return regression(n, 50); });
  growth("linear regression, p features", "p^2", {100 * s, 200 * s, 400 * s, 800 * s},
         [](int64_t p) { return regression(4000, p); });
  const Growth side = growth("convolution, image side d", "d^2", {32 * s, 64 * s, 128 * s},
                             [](int64_t d) { return convolution(d, 3, 16); });
  growth("convolution, kernel side k", "k^2", {3, 5, 7, 9},
         [&](int64_t k) { return convolution(kQuick ? 16 : 48, k, 16); });
  growth("convolution, f filters", "f", {16, 32, 64, 128},
         [&](int64_t f) { return convolution(kQuick ? 16 : 48, 3, f); });
  const std::vector<double> lengths = {64 * s, 128 * s, 256 * s, 512 * s};
  Plot sequences{.heading = "Sequences",
                 .note = "a step of training, 8 sequences, 32 features",
                 .x_label = "steps, power of two",
                 .y_label = "milliseconds, power of ten"};
  const auto sequence = [&](const char* name, const char* what, const char* formula, const auto& layer) {
    const Growth found = growth(what, formula, lengths, [&](int64_t t) {
      const Tensor x = Input({t, 32});
      return step_cost(x, layer(x));
    });
    Plot::Curve curve{name, {}, {}};
    for (size_t i = 0; i < lengths.size(); ++i) {
      curve.x.push_back(std::log2(lengths[i]));
      curve.y.push_back(std::log10(found.measured[i] * 1000));
    }
    sequences.curves.push_back(curve);
  };
  sequence("SimpleRNN", "SimpleRNN(32), t steps", "t", [](const Tensor& x) { return SimpleRNN(32)(x); });
  sequence("LSTM", "LSTM(32), t steps", "t", [](const Tensor& x) { return LSTM(32)(x); });
  sequence("attention", "MultiHeadAttention(4, 8), t steps", "t^2 + t", [](const Tensor& x) {
    return MultiHeadAttention(4, 8)({x, x});
  });
  write_file("sequences.svg", plot_svg(sequences));
  return std::fabs(growth_exponent(side.sizes, side.counted) - 2) < 0.01 ? EXIT_SUCCESS : EXIT_FAILURE;
}
