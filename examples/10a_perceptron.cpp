// Lesson 10, where deep learning came from: Rosenblatt's perceptron (1958) finds a line between two clouds of
// points, and none for XOR; a hidden layer does.
//
// usage: example_10a_perceptron
// Writes perceptron.svg: the clouds and the line that was found.
#include <lamina/lamina.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>

using namespace lamina;

namespace {

struct Points {
  std::vector<std::vector<double>> x;
  std::vector<int> y;  // 0 or 1
};

struct Perceptron {
  double w[2] = {0, 0}, b = 0;

  int predict(const std::vector<double>& x) const { return w[0] * x[0] + w[1] * x[1] + b > 0; }

  // Rosenblatt's rule: a point on the wrong side pulls the line towards itself. The mistakes of each pass.
  std::vector<int> learn(const Points& points, int passes) {
    std::vector<int> mistakes;
    for (int pass = 0; pass < passes && (mistakes.empty() || mistakes.back() > 0); ++pass) {
      mistakes.push_back(0);
      for (size_t i = 0; i < points.x.size(); ++i) {
        const int error = points.y[i] - predict(points.x[i]);
        if (error == 0) continue;
        for (size_t k = 0; k < 2; ++k) w[k] += error * points.x[i][k];
        b += error;
        ++mistakes.back();
      }
    }
    return mistakes;
  }
};

// A hundred points on both sides of a line, none of them close to it.
Points clouds() {
  std::mt19937 random(1);
  Points points;
  while (points.x.size() < 100) {
    const auto anywhere = [&] { return static_cast<double>(random() % 4000) / 1000 - 2; };
    const double x = anywhere(), y = anywhere(), side = x + 0.5 * y - 0.4;
    if (std::fabs(side) < 0.15) continue;
    points.x.push_back({x, y});
    points.y.push_back(side > 0);
  }
  return points;
}

void show(const char* name, const std::vector<int>& mistakes) {
  std::printf("%s, mistakes of each pass:", name);
  for (const int count : mistakes) std::printf(" %d", count);
  std::printf("\n");
}

Plot drawing(const Points& points, const Perceptron& found) {
  Plot plot{.heading = "What a perceptron learns",
            .note = "Rosenblatt's rule",
            .x_label = "x1",
            .y_label = "x2",
            .x_range = {{-2.5, 2.5}},
            .y_range = {{-2.5, 2.5}}};
  for (const int kind : {0, 1}) {
    Plot::Curve curve{kind ? "class 1" : "class 0", {}, {}, Look::kDots};
    for (size_t i = 0; i < points.x.size(); ++i) {
      if (points.y[i] != kind) continue;
      curve.x.push_back(points.x[i][0]);
      curve.y.push_back(points.x[i][1]);
    }
    plot.curves.push_back(curve);
  }
  // w0 x + w1 y + b = 0, within the frame.
  Plot::Curve line{"the line", {}, {}};
  for (double x = -2.5; x <= 2.5; x += 0.05) {
    const double y = -(found.w[0] * x + found.b) / found.w[1];
    if (std::fabs(y) > 2.5) continue;
    line.x.push_back(x);
    line.y.push_back(y);
  }
  plot.curves.push_back(line);
  return plot;
}

}  // namespace

int main() {
  const Points separable = clouds();
  Perceptron perceptron;
  const std::vector<int> mistakes = perceptron.learn(separable, 100);
  show("two clouds", mistakes);
  write_file("perceptron.svg", plot_svg(drawing(separable, perceptron)));

  const Points exclusive_or{{{0, 0}, {0, 1}, {1, 0}, {1, 1}}, {0, 1, 1, 0}};
  Perceptron hopeless;
  const std::vector<int> never = hopeless.learn(exclusive_or, 12);
  show("XOR", never);

  // Four units between, and the same four points are no difficulty.
  const Tensor x = Tensor::from(std::vector<float>{0, 0, 0, 1, 1, 0, 1, 1}, {4, 2});
  const Tensor y = Tensor::from(std::vector<float>{0, 1, 1, 0}, {4, 1});
  Sequential network({Input({2}), Dense(4, {.activation = "tanh"}), Dense(1, {.activation = "sigmoid"})},
                     {.seed = 1});
  network.compile({.optimizer = Adam(0.05), .loss = "binary_crossentropy"});
  network.fit(x, y, {.epochs = 300, .batch_size = 4, .verbose = 0});
  std::printf("XOR, with a hidden layer:");
  const std::vector<float> said = network.predict(x).to_vector<float>();
  for (const float value : said) std::printf(" %d", value > 0.5f);
  std::printf("\n");
  const bool solved = said[0] < 0.5f && said[1] > 0.5f && said[2] > 0.5f && said[3] < 0.5f;
  return mistakes.back() == 0 && never.back() > 0 && solved ? EXIT_SUCCESS : EXIT_FAILURE;
}
