// Trains one classical estimator on arrays and prints its score and its seconds as JSON, for bench/figures:
//   lamina_estimators FILE.npz CLASS [PARAMS]
// The file has x_train, y_train, x_test and y_test; PARAMS is a JSON object. bench/estimators_peer.py does
// the same with scikit-learn.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>

#include "lamina/lamina.h"

using namespace lamina;

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int measure(const std::string& file, const std::string& class_name, const Json& params) {
  const auto arrays = read_npz(file);
  auto model = std::dynamic_pointer_cast<classic::Predictor>(classic::Estimator::make(class_name, params));
  if (!model) throw InvalidArgument(class_name + " predicts nothing");
  auto start = std::chrono::steady_clock::now();
  model->fit(arrays.at("x_train"), arrays.at("y_train"));
  const double fit = seconds_since(start);
  start = std::chrono::steady_clock::now();
  const Tensor predicted = model->predict(arrays.at("x_test"));
  const double predict = seconds_since(start);
  Json result =
      Json::object({{"fit_seconds", fit}, {"predict_seconds", predict}, {"seconds", fit + predict}});
  const Tensor& expected = arrays.at("y_test");
  if (model->is_classifier()) {
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
