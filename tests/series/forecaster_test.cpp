// Baselines and their errors: against NumPy (tools/golden/series.py), and on series whose future is known.
#include "lamina/series/forecaster.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/series/detail/least_squares.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using Values = std::vector<double>;
using test::message_of;

Values golden_series() { return test::Golden("series/windows").at("series").to_vector<double>(); }

TEST(LeastSquares, FindsTheWeightsOfNumPy) {
  const test::Golden golden("series/windows");
  const Values series = golden_series();
  for (const size_t lags : {1u, 2u, 7u, 10u}) {
    const Values expected = golden.at("autoregression_" + std::to_string(lags)).to_vector<double>();
    std::vector<Values> rows;
    for (size_t at = lags; at < series.size(); ++at) {
      rows.emplace_back(series.begin() + static_cast<std::ptrdiff_t>(at - lags),
                        series.begin() + static_cast<std::ptrdiff_t>(at));
      rows.back().push_back(1);
    }
    const Values truth(series.begin() + static_cast<std::ptrdiff_t>(lags), series.end());
    const Values weights = detail::least_squares(rows, truth);
    ASSERT_EQ(weights.size(), expected.size());
    for (size_t i = 0; i < weights.size(); ++i)
      EXPECT_NEAR(weights[i], expected[i], 1e-9) << lags << " " << i;
    // The autoregression uses them.
    const auto model = linear_autoregression(series, static_cast<int64_t>(lags));
    double next = weights.back();
    for (size_t i = 0; i < lags; ++i) next += weights[i] * series[series.size() - lags + i];
    const auto said = model->forecast(series, {static_cast<int64_t>(series.size())}, 2);
    EXPECT_NEAR(said.at(0).at(0), next, 1e-9);
  }
}

TEST(LeastSquares, GivesNoWeightToWhatTheRowsDoNotShow) {
  // Two equal columns, and one that is always 0.
  const Values weights = detail::least_squares({{1, 1, 0}, {2, 2, 0}, {3, 3, 0}}, {2, 4, 6});
  EXPECT_NEAR(weights[0] + weights[1], 2, 1e-12);
  EXPECT_EQ(weights[2], 0);
}

TEST(Forecasters, KnowOnlyWhatIsBeforeTheOrigin) {
  const Values series = {1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(persistence()->forecast(series, {1, 4}, 2), (std::vector<Values>{{1, 1}, {4, 4}}));
  EXPECT_EQ(seasonal_naive(3)->forecast(series, {3, 8}, 4),
            (std::vector<Values>{{1, 2, 3, 1}, {6, 7, 8, 6}}));
  // A straight line goes on.
  Values line;
  for (int i = 0; i < 20; ++i) line.push_back(3 * i - 5);
  const auto rows = linear_autoregression(line, 2)->forecast(line, {10, 20}, 3);
  for (int step = 0; step < 3; ++step) {
    EXPECT_NEAR(rows[0][static_cast<size_t>(step)], 3 * (10 + step) - 5, 1e-8);
    EXPECT_NEAR(rows[1][static_cast<size_t>(step)], 3 * (20 + step) - 5, 1e-8);
  }
}

TEST(Forecasters, AskAModelStepByStep) {
  Sequential model({Input({3, 1}), Flatten(), Dense(1, {.use_bias = false})});
  model.set_weights({Tensor::from(std::vector<float>{-1, 0, 2}, Shape{3, 1})});
  // next = 2 * last - the one two before it: 2, 4, 6 -> 10, 16, 26
  EXPECT_EQ(model_forecaster(model)->forecast({9, 2, 4, 6}, {4}, 3), (std::vector<Values>{{10, 16, 26}}));
  EXPECT_EQ(model_forecaster(model)->context(), 3);
  Sequential other({Input({3, 2}), Flatten(), Dense(1)});
  EXPECT_NE(message_of<InvalidArgument>([&] { model_forecaster(other); }).find("(batch, window, 1)"),
            std::string::npos);
}

TEST(WalkForward, MeasuresEachStepAhead) {
  const Values series = {0, 1, 3, 6, 10};
  const ForecastErrors errors = walk_forward(*persistence(), series, 1, 2);
  ASSERT_EQ(errors.errors.size(), 2u);
  EXPECT_EQ(errors.errors[0], (Values{-1, -2, -3}));
  EXPECT_EQ(errors.errors[1], (Values{-3, -5, -7}));
  EXPECT_NEAR(errors.rmse(1), std::sqrt(14.0 / 3), 1e-12);
  EXPECT_NEAR(errors.mae(2), 5, 1e-12);
  EXPECT_THROW(errors.rmse(3), InvalidArgument);
  EXPECT_NE(message_of<InvalidArgument>([&] {
              walk_forward(*seasonal_naive(4), series, 2);
            }).find("needs 4 values before the first"),
            std::string::npos);
  EXPECT_THROW(walk_forward(*persistence(), series, 5), InvalidArgument);
}

TEST(WalkForward, HasTheQuantilesOfNumPy) {
  const test::Golden golden("series/windows");
  const ForecastErrors errors{{golden_series()}};
  const Values table = golden.at("quantiles").to_vector<double>();
  for (size_t i = 0; i < table.size(); i += 2) EXPECT_NEAR(errors.quantile(table[i]), table[i + 1], 1e-12);
  EXPECT_THROW(errors.quantile(1.5), InvalidArgument);
}

TEST(SeasonOf, FindsWhatComesAgain) {
  EXPECT_EQ(season_of(golden_series(), {2, 4, 5, 7, 12, 365}), 7);
  // A slow wave agrees with itself a few steps apart, which is no season.
  Values wave;
  for (int i = 0; i < 1000; ++i) wave.push_back(std::sin(i * 2 * 3.14159265358979 / 100));
  EXPECT_EQ(season_of(wave, {4, 7, 12, 24}), 0);
  EXPECT_EQ(season_of(wave, {4, 7, 100}), 100);
  EXPECT_EQ(season_of({1, 2, 3}, {7, 12}), 0);
  EXPECT_THROW(seasonal_naive(0), InvalidArgument);
}

TEST(LinearAutoregression, NeedsEnoughValues) {
  EXPECT_NE(message_of<InvalidArgument>([] {
              linear_autoregression({1, 2, 3, 4}, 2);
            }).find("at least 6"),
            std::string::npos);
  EXPECT_THROW(linear_autoregression({1, 2, 3, 4}, 0), InvalidArgument);
}

}  // namespace
}  // namespace lamina
