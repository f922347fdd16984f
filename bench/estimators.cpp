// Trains one classical estimator, or a dense network for regression (CLASS DenseNetwork), on arrays and
// prints its score and its seconds as JSON, for bench/figures:
//   lamina_estimators FILE.npz CLASS [PARAMS]
// The file has x_train, y_train, x_test and y_test; PARAMS is a JSON object. bench/estimators_peer.py does
// the same with scikit-learn and Keras.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <string>

#include "lamina/lamina.h"

using namespace lamina;

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

using Arrays = std::map<std::string, Tensor>;

// Two hidden layers between what the data teach about inputs and targets. Keras's twin is in the peer.
Tensor dense_network(const Arrays& arrays, const Json& params) {
  const Tensor &x = arrays.at("x_train"), &y = arrays.at("y_train");
  Normalization inputs, targets({.invert = true});
  inputs.adapt(x);
  targets.adapt(reshape(y, {-1, 1}));
  Sequential model({Input({x.shape()[1]}), inputs, Dense(64, {.activation = "relu"}),
                    Dense(64, {.activation = "relu"}), Dense(1), targets},
                   {.seed = static_cast<uint64_t>(params.at("seed").as_int())});
  model.compile({.optimizer = Adam(), .loss = "mean_squared_error"});
  model.fit(x, reshape(y, {-1, 1}),
            {.epochs = static_cast<int>(params.at("epochs").as_int()), .batch_size = 32, .verbose = 0});
  return reshape(model.predict(arrays.at("x_test")), {-1});
}

int measure(const std::string& file, const std::string& class_name, const Json& params) {
  const Arrays arrays = read_npz(file);
  std::shared_ptr<classic::Predictor> model;
  auto start = std::chrono::steady_clock::now();
  Tensor predicted;
  double fit = 0;
  if (class_name == "DenseNetwork") {
    predicted = dense_network(arrays, params);
    fit = seconds_since(start);
  } else {
    model = std::dynamic_pointer_cast<classic::Predictor>(classic::Estimator::make(class_name, params));
    if (!model) throw InvalidArgument(class_name + " predicts nothing");
    start = std::chrono::steady_clock::now();
    model->fit(arrays.at("x_train"), arrays.at("y_train"));
    fit = seconds_since(start);
    predicted = model->predict(arrays.at("x_test"));
  }
  const double all = seconds_since(start);
  Json result = Json::object({{"fit_seconds", fit}, {"predict_seconds", all - fit}, {"seconds", all}});
  const Tensor& expected = arrays.at("y_test");
  if (model && model->is_classifier()) {
    result["accuracy"] = classic::accuracy_score(expected, predicted);
  } else {
    result["rmse"] = std::sqrt(classic::mean_squared_error(expected, predicted));
  }
  std::puts(result.dump().c_str());
  return 0;
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) {
    std::fputs("usage: lamina_estimators FILE.npz CLASS [PARAMS]\n", stderr);
    return 2;
  }
  try {
    return measure(words[1], words[2], count > 3 ? Json::parse(words[3]) : Json::object());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lamina_estimators: error: %s\n", error.what());
    return 1;
  }
}
