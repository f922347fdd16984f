// Lesson 10: back-propagation watched. A small network learns to tell which half of eight numbers is larger;
// after none, five and fifty passes a picture shows, layer by layer, what sixteen samples become (rows:
// units, columns: samples) and what the loss says of each of these numbers. Red is above 0, blue below.
//
// usage: example_10b_backpropagation
// Writes backpropagation.png: activations in the upper row, gradients in the lower one, for each of the three
// moments.
#include <lamina/lamina.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

using namespace lamina;

namespace {

Samples samples(int64_t count, int64_t seed) {
  const Tensor x = random_normal(random_key(seed), {count, 8}, 0);
  const Tensor larger =
      greater(sum(x[{ellipsis, Slice{0, 4}}], {1}, true), sum(x[{ellipsis, Slice{4, 8}}], {1}, true));
  return {x.eval(), cast(larger, DType::kFloat32).eval()};
}

double length(const Tensor& x) { return std::sqrt(sum(square(x)).item<double>()); }

}  // namespace

int main() {
  const Samples train = samples(512, 1), shown = samples(16, 2);
  Sequential model({Input({8}), Dense(12, {.activation = "tanh"}), Dense(12, {.activation = "tanh"}),
                    Dense(12, {.activation = "tanh"}), Dense(1, {.activation = "sigmoid"})},
                   {.seed = 1});
  model.compile({.optimizer = Adam(0.01), .loss = "binary_crossentropy", .metrics = {"accuracy"}});

  std::vector<Picture> pictures;
  double before = 0, after = 0;
  for (const int passes : {0, 5, 50}) {
    if (passes > 0) model.fit(train.x, train.y, {.epochs = passes, .verbose = 0});
    const double loss = model.evaluate(shown.x, shown.y, {.verbose = 0}).at("loss");
    (passes == 0 ? before : after) = loss;
    std::printf("after %2d passes, loss %.3f\n", passes, loss);
    const std::vector<LayerTrace> traces = trace_backpropagation(model, shown.x, shown.y);
    for (const LayerTrace& trace : traces) {
      std::printf("  %-8s activations %7.3f  gradients %9.5f\n", trace.name.c_str(), length(trace.output),
                  length(trace.gradient));
    }
    for (const LayerTrace& trace : traces)
      pictures.push_back(signed_picture(transpose(trace.output, {1, 0}).eval()));
    for (const LayerTrace& trace : traces)
      pictures.push_back(signed_picture(transpose(trace.gradient, {1, 0}).eval()));
  }
  write_file("backpropagation.png", encode_png(picture_grid(pictures, {.columns = 4, .scale = 8, .gap = 6})));
  return after < before / 2 ? EXIT_SUCCESS : EXIT_FAILURE;
}
