// Lesson 6: a SimpleRNN forecasts the next value of a series, and has to beat what costs nothing.
//
// usage: example_06_time_series TABLE.csv
// On ten years of daily minimum temperatures, the last fifth held out, the network errs by about 2.2 degrees,
// a linear autoregression by 2.23, persistence by 2.48; then come the next seven days. Without a table, a
// wave with noise is forecast.
//
// CI: DATA/timeseries/daily-min-temperatures.csv
#include <lamina/lamina.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>

using namespace lamina;

namespace {

// A month-long wave with noise.
Tensor wave() {
  std::mt19937 random(1);
  std::vector<float> values;
  for (int i = 0; i < 1000; ++i)
    values.push_back(20 + 5 * std::sin(i * 6.2832f / 30) + static_cast<float>(random() % 1000) / 400);
  return Tensor::from(values, {1000, 1});
}

}  // namespace

int main(int argc, char** argv) {
  Tensor series = wave();
  if (argc > 1) {
    DataOptions options;
    options.needs.samples = SampleKind::kSeries;  // one column of numbers, and the times beside it
    series = load_data(argv[1], options).x;       // (time, 1)
  }
  const int64_t n = series.shape()[0], learned = n * 4 / 5, window = 10;

  // What is learned of the scale is learned from the training part alone.
  const Tensor training = slice(series, {0}, {learned});
  const double mean = training.mean().item<double>(),
               deviation = std::sqrt(variance(training).item<double>());
  Dataset windows = timeseries_dataset_from_array(training, slice(series, {window}, {learned}), window,
                                                  {.batch_size = 32, .shuffle = true});

  Sequential model(
      {Input({window, 1}), Rescaling(1 / deviation, {.offset = -mean / deviation}), SimpleRNN(50),
       Dense(1, {.activation = "linear"}), Rescaling(deviation, {.offset = mean})},
      {.seed = 1});
  model.compile({.optimizer = "adam", .loss = "mean_squared_error"});
  model.summary();
  const bool quick = std::getenv("LAMINA_EXAMPLE_QUICK") != nullptr;
  model.fit(windows, {.epochs = quick ? 5 : 20, .verbose = 2});

  const std::vector<double> values = series.to_vector<double>();
  const std::vector<double> known(values.begin(), values.begin() + learned);
  const double network = walk_forward(*model_forecaster(model), values, learned).rmse();
  const double last = walk_forward(*persistence(), values, learned).rmse();
  std::printf("one step ahead: network %.3f, linear %.3f, persistence %.3f\n", network,
              walk_forward(*linear_autoregression(known, window), values, learned).rmse(), last);
  std::printf("the next seven:");
  const std::vector<double> next = model_forecaster(model)->forecast(values, {n}, 7).at(0);
  for (const double value : next) std::printf(" %.1f", value);
  std::printf("\n");

  Plot plot{
      .heading = "The next seven", .note = "after the last sixty", .x_label = "step", .y_label = "value"};
  plot.curves = {{"known", {}, {}}, {"forecast", {}, {}}};
  for (int64_t i = n - 60; i < n + 7; ++i) {
    Plot::Curve& curve = plot.curves[i < n ? 0 : 1];
    curve.x.push_back(static_cast<double>(i));
    curve.y.push_back(i < n ? values[static_cast<size_t>(i)] : next[static_cast<size_t>(i - n)]);
  }
  write_file("forecast.svg", plot_svg(plot));
  return network < last ? EXIT_SUCCESS : EXIT_FAILURE;
}
