// The baselines, the model among them, and their errors.
#include "lamina/series/forecaster.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/series/detail/least_squares.h"

namespace lamina {
namespace {

using Values = std::vector<double>;
using Rows = std::vector<Values>;

class Persistence final : public Forecaster {
 public:
  std::string name() const override { return "persistence"; }
  int64_t context() const override { return 1; }

 private:
  Rows checked_forecast(const Values& series, const std::vector<int64_t>& origins,
                        int64_t steps) const override {
    Rows rows;
    for (const int64_t origin : origins)
      rows.emplace_back(static_cast<size_t>(steps), series[static_cast<size_t>(origin - 1)]);
    return rows;
  }
};

class SeasonalNaive final : public Forecaster {
 public:
  explicit SeasonalNaive(int64_t period) : period_(period) {
    if (period < 1)
      throw InvalidArgument("seasonal_naive: the period must be at least 1, received " +
                            std::to_string(period));
  }
  std::string name() const override { return "seasonal (" + std::to_string(period_) + ")"; }
  int64_t context() const override { return period_; }

 private:
  Rows checked_forecast(const Values& series, const std::vector<int64_t>& origins,
                        int64_t steps) const override {
    Rows rows;
    for (const int64_t origin : origins) {
      Values row;
      for (int64_t i = 0; i < steps; ++i)
        row.push_back(series[static_cast<size_t>(origin - period_ + i % period_)]);
      rows.push_back(std::move(row));
    }
    return rows;
  }

  int64_t period_;
};

// Forecasts one step for many windows at a time and goes on from what it has forecast.
class StepByStep : public Forecaster {
 public:
  explicit StepByStep(int64_t window) : window_(window) {}
  int64_t context() const final { return window_; }

 private:
  Rows checked_forecast(const Values& series, const std::vector<int64_t>& origins,
                        int64_t steps) const final {
    Rows windows, rows(origins.size());
    for (const int64_t origin : origins)
      windows.emplace_back(series.begin() + (origin - window_), series.begin() + origin);
    for (int64_t step = 0; step < steps; ++step) {
      const Values next = next_values(windows);
      for (size_t i = 0; i < rows.size(); ++i) {
        rows[i].push_back(next[i]);
        windows[i].erase(windows[i].begin());
        windows[i].push_back(next[i]);
      }
    }
    return rows;
  }

  virtual Values next_values(const Rows& windows) const = 0;

  int64_t window_;
};

class LinearAutoregression final : public StepByStep {
 public:
  LinearAutoregression(int64_t lags, Values weights) : StepByStep(lags), weights_(std::move(weights)) {}
  std::string name() const override { return "linear (" + std::to_string(context()) + ")"; }

 private:
  Values next_values(const Rows& windows) const override {
    Values next;
    for (const Values& window : windows) {
      double value = weights_.back();
      for (size_t i = 0; i < window.size(); ++i) value += weights_[i] * window[i];
      next.push_back(value);
    }
    return next;
  }

  Values weights_;  // of the oldest value first; the constant last
};

class ModelForecaster final : public StepByStep {
 public:
  explicit ModelForecaster(Model& model) : StepByStep(window_of(model)), model_(model) {}
  std::string name() const override { return model_.name(); }

 private:
  static int64_t window_of(const Model& model) {
    const Shape x = model.input_shape(), y = model.output_shape();
    if (x.rank() != 3 || x[1] < 1 || x[2] != 1 || y.rank() != 2 || y[1] != 1) {
      throw InvalidArgument(
          "model_forecaster: expected a model from (batch, window, 1) to (batch, 1), got '" + model.name() +
          "' from " + x.str() + " to " + y.str());
    }
    return x[1];
  }

  Values next_values(const Rows& windows) const override {
    std::vector<float> values;
    for (const Values& window : windows) values.insert(values.end(), window.begin(), window.end());
    const auto count = static_cast<int64_t>(windows.size());
    const Tensor next = model_.predict(Tensor::from(values, Shape{count, context(), 1}), {.batch_size = 256});
    const std::vector<float> floats = next.to_vector<float>();
    return Values(floats.begin(), floats.end());
  }

  Model& model_;
};

const Values& of_step(const Rows& errors, size_t step) {
  if (step >= 1 && step <= errors.size() && !errors[step - 1].empty()) return errors[step - 1];
  throw InvalidArgument("ForecastErrors: step " + std::to_string(step) + " of " +
                        std::to_string(errors.size()) + " was asked for");
}

}  // namespace

Rows Forecaster::forecast(const Values& series, const std::vector<int64_t>& origins, int64_t steps) const {
  if (steps < 1) throw InvalidArgument(name() + ": at least one step ahead can be forecast");
  const auto size = static_cast<int64_t>(series.size());
  for (const int64_t origin : origins) {
    if (origin >= context() && origin <= size) continue;
    throw InvalidArgument(name() + ": it needs " + std::to_string(context()) +
                          " values before the first forecast; number " + std::to_string(origin) + " of " +
                          std::to_string(size) + " was asked for");
  }
  return checked_forecast(series, origins, steps);
}

std::unique_ptr<Forecaster> persistence() { return std::make_unique<Persistence>(); }

std::unique_ptr<Forecaster> seasonal_naive(int64_t period) { return std::make_unique<SeasonalNaive>(period); }

int64_t season_of(const Values& series, const std::vector<int64_t>& candidates) {
  const auto size = static_cast<int64_t>(series.size());
  double mean = 0;
  for (const double value : series) mean += value / static_cast<double>(size);
  // Of the pairs that there are, so that long periods are not counted less.
  const auto agreement = [&](int64_t lag) {
    double sum = 0;
    for (int64_t i = lag; i < size; ++i)
      sum += (series[static_cast<size_t>(i)] - mean) * (series[static_cast<size_t>(i - lag)] - mean);
    return sum / static_cast<double>(size - lag);
  };
  int64_t best = 0;
  double most = 0;
  for (const int64_t period : candidates) {
    if (period < 2 || 2 * period > size) continue;
    const double score = agreement(period) - agreement(period / 2);
    if (score > most) best = period;
    most = std::max(most, score);
  }
  return best;
}

std::unique_ptr<Forecaster> linear_autoregression(const Values& training, int64_t lags) {
  const auto size = static_cast<int64_t>(training.size());
  if (lags < 1 || size < 2 * lags + 2) {
    throw InvalidArgument("linear_autoregression: " + std::to_string(lags) + " lags need at least " +
                          std::to_string(2 * std::max<int64_t>(lags, 1) + 2) + " values; there are " +
                          std::to_string(size));
  }
  Rows rows;
  Values truth;
  for (int64_t at = lags; at < size; ++at) {
    Values row(training.begin() + (at - lags), training.begin() + at);
    row.push_back(1);
    rows.push_back(std::move(row));
    truth.push_back(training[static_cast<size_t>(at)]);
  }
  return std::make_unique<LinearAutoregression>(lags,
                                                detail::least_squares(std::move(rows), std::move(truth)));
}

std::unique_ptr<Forecaster> model_forecaster(Model& model) {
  return std::make_unique<ModelForecaster>(model);
}

double ForecastErrors::rmse(size_t step) const {
  const Values& all = of_step(errors, step);
  double sum = 0;
  for (const double error : all) sum += error * error;
  return std::sqrt(sum / static_cast<double>(all.size()));
}

double ForecastErrors::mae(size_t step) const {
  const Values& all = of_step(errors, step);
  double sum = 0;
  for (const double error : all) sum += std::abs(error);
  return sum / static_cast<double>(all.size());
}

double ForecastErrors::quantile(double q, size_t step) const {
  Values all = of_step(errors, step);
  if (!(q >= 0 && q <= 1)) throw InvalidArgument("ForecastErrors: a quantile is of 0 to 1");
  std::sort(all.begin(), all.end());
  const double at = q * static_cast<double>(all.size() - 1);
  const auto below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, all.size() - 1);
  return all[below] + (at - static_cast<double>(below)) * (all[above] - all[below]);
}

ForecastErrors walk_forward(const Forecaster& forecaster, const Values& series, int64_t first,
                            int64_t steps) {
  const auto size = static_cast<int64_t>(series.size());
  if (first < forecaster.context() || steps < 1 || first + steps > size) {
    throw InvalidArgument("walk_forward: from number " + std::to_string(first) + " of " +
                          std::to_string(size) + " on, " + std::to_string(steps) + " steps ahead, " +
                          forecaster.name() + " needs " + std::to_string(forecaster.context()) +
                          " values before the first");
  }
  std::vector<int64_t> origins;
  for (int64_t origin = first; origin + steps <= size; ++origin) origins.push_back(origin);
  const Rows forecasts = forecaster.forecast(series, origins, steps);
  ForecastErrors result;
  result.errors.resize(static_cast<size_t>(steps));
  for (size_t i = 0; i < origins.size(); ++i) {
    for (size_t step = 0; step < static_cast<size_t>(steps); ++step) {
      const double truth = series[static_cast<size_t>(origins[i]) + step];
      result.errors[step].push_back(forecasts[i][step] - truth);
    }
  }
  return result;
}

}  // namespace lamina
