// Forecasters: a model and the baselines that it has to beat, asked in the same way.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lamina/nn/model.h"

namespace lamina {

/// Says how a series of numbers goes on.
class Forecaster {
 public:
  virtual ~Forecaster() = default;
  /// What it is called: "persistence".
  virtual std::string name() const = 0;
  /// How many values it needs before the first that it forecasts.
  virtual int64_t context() const = 0;
  /// For each origin the values at origin, origin + 1, ..., origin + steps - 1, from those before the origin
  /// alone.
  /// @param series   values at equal steps of time.
  /// @param origins  each from context() to series.size(), where the future begins.
  /// @param steps    at least 1.
  /// Throws InvalidArgument for others.
  std::vector<std::vector<double>> forecast(const std::vector<double>& series,
                                            const std::vector<int64_t>& origins, int64_t steps) const;

 private:
  virtual std::vector<std::vector<double>> checked_forecast(const std::vector<double>& series,
                                                            const std::vector<int64_t>& origins,
                                                            int64_t steps) const = 0;
};

/// The last value stays: the hardest to beat where a series is a random walk.
std::unique_ptr<Forecaster> persistence();

/// The value of one period ago. Throws InvalidArgument for a period below 1.
std::unique_ptr<Forecaster> seasonal_naive(int64_t period);

/// The season of the series: the period among `candidates` by which it agrees with itself, and least agrees
/// half of one apart: the greatest autocorrelation(period) - autocorrelation(period / 2), which must be above
/// 0. 0 where there is none, or the series has no two periods of any.
int64_t season_of(const std::vector<double>& series, const std::vector<int64_t>& candidates);

/// A linear autoregression: each value is a constant plus a weighted sum of the `lags` before it, with the
/// weights of least squares on `training` (by Householder's QR). Throws InvalidArgument when lags < 1, or for
/// fewer than 2 * lags + 2 values.
std::unique_ptr<Forecaster> linear_autoregression(const std::vector<double>& training, int64_t lags);

/// A model of windows (batch, window, 1) with outputs (batch, 1), one step ahead; further steps are forecast
/// from its own forecasts. The model must live as long. Throws InvalidArgument for one of another shape.
std::unique_ptr<Forecaster> model_forecaster(Model& model);

/// How wrong forecasts were.
struct ForecastErrors {
  /// forecast - truth for each step ahead and origin: errors[step][origin].
  std::vector<std::vector<double>> errors;

  /// Root of the mean squared error `step` steps ahead, from 1 on.
  double rmse(size_t step = 1) const;
  /// Mean of the magnitudes of the errors, likewise.
  double mae(size_t step = 1) const;
  /// The value that a share `q` (0 to 1) of the errors do not exceed, likewise: linear between the two
  /// nearest (NumPy's default).
  double quantile(double q, size_t step = 1) const;
};

/// Walks through the series from number `first` on and forecasts the next `steps` values at each place, from
/// what is before it alone, as one would have done in time. Throws InvalidArgument where `first` leaves no
/// context, or fewer than `steps` values.
ForecastErrors walk_forward(const Forecaster& forecaster, const std::vector<double>& series, int64_t first,
                            int64_t steps = 1);

}  // namespace lamina
