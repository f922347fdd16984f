// Scalers, the imputer and the encoders: statistics of columns in double precision.
#include "lamina/classic/preprocessing.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lamina/classic/detail/matrix.h"
#include "lamina/classic/detail/with_options-inl.h"

namespace lamina::classic {

template class WithOptions<Transformer, StandardScalerOptions>;
template class WithOptions<Transformer, MinMaxScalerOptions>;
template class WithOptions<Transformer, SimpleImputerOptions>;
template class WithOptions<Transformer, OneHotEncoderOptions>;

namespace {

using detail::Matrix;

const bool preprocessing_known =
    detail::known_as<StandardScaler>("StandardScaler") && detail::known_as<MinMaxScaler>("MinMaxScaler") &&
    detail::known_as<SimpleImputer>("SimpleImputer") && detail::known_as<OneHotEncoder>("OneHotEncoder");

// (x - low) * scale + to
Tensor stretched(const Matrix& x, const std::vector<double>& low, const std::vector<double>& scale,
                 double to) {
  std::vector<float> values(static_cast<size_t>(x.rows * x.columns));
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t j = i % static_cast<size_t>(x.columns);
    values[i] = static_cast<float>((x.data[i] - low[j]) * scale[j] + to);
  }
  return Tensor::from(values, {x.rows, x.columns});
}

Tensor row(const std::vector<double>& values) {
  return Tensor::from(values, {static_cast<int64_t>(values.size())});
}

std::vector<float> column_of(const Matrix& x, int64_t j) {
  std::vector<float> column;
  for (int64_t i = 0; i < x.rows; ++i) {
    if (!std::isnan(x.row(i)[j])) column.push_back(x.row(i)[j]);
  }
  return column;
}

double most_frequent(const std::vector<float>& sorted) {
  double best = sorted[0];
  std::ptrdiff_t most = 0;
  for (auto at = sorted.begin(); at != sorted.end();) {
    const auto end = std::upper_bound(at, sorted.end(), *at);
    if (end - at > most) {
      most = end - at;
      best = *at;
    }
    at = end;
  }
  return best;
}

double statistic(const std::string& strategy, std::vector<float> column) {
  std::sort(column.begin(), column.end());
  if (strategy == "most_frequent") return most_frequent(column);
  const size_t half = column.size() / 2;
  if (strategy == "median")
    return column.size() % 2 ? column[half] : (static_cast<double>(column[half - 1]) + column[half]) / 2;
  double sum = 0;
  for (const float value : column) sum += value;
  return sum / static_cast<double>(column.size());
}

}  // namespace

StandardScaler::StandardScaler(StandardScalerOptions options) : WithOptions(options) {}

StandardScaler& StandardScaler::fit(const Tensor& x) {
  const Matrix m = detail::matrix_of(x, class_name());
  const auto width = static_cast<size_t>(m.columns);
  const double n = static_cast<double>(m.rows);
  std::vector<double> mean(width, 0.0), variance(width, 0.0);
  for (int64_t i = 0; i < m.rows; ++i) {
    for (size_t j = 0; j < width; ++j) mean[j] += m.row(i)[j];
  }
  for (double& each : mean) each /= n;
  for (int64_t i = 0; i < m.rows; ++i) {
    for (size_t j = 0; j < width; ++j) variance[j] += (m.row(i)[j] - mean[j]) * (m.row(i)[j] - mean[j]);
  }
  mean_.assign(width, 0.0);
  scale_.assign(width, 1.0);
  for (size_t j = 0; j < width; ++j) {
    if (options_.with_mean) mean_[j] = mean[j];
    // Rounding leaves a little variance to a constant column; scikit-learn's bound for it.
    const double eps = std::numeric_limits<double>::epsilon(), v = variance[j] / n;
    const bool constant = v <= n * eps * v + (n * mean[j] * eps) * (n * mean[j] * eps);
    if (options_.with_std && !constant) scale_[j] = std::sqrt(v);
  }
  features_ = m.columns;
  return *this;
}

Tensor StandardScaler::transform(const Tensor& x) const {
  std::vector<double> inverse;
  for (const double each : scale_) inverse.push_back(1 / each);
  return stretched(rows_of(x), mean_, inverse, 0);
}

void StandardScaler::save(EstimatorSnapshot& snapshot) const {
  snapshot.arrays["mean"] = row(mean_);
  snapshot.arrays["scale"] = row(scale_);
}

void StandardScaler::load(const EstimatorSnapshot& snapshot) {
  mean_ = detail::read_array<double>(snapshot, "mean", {features_});
  scale_ = detail::read_array<double>(snapshot, "scale", {features_});
  for (const double each : scale_) detail::require(each > 0, class_name(), "scale", "above 0", each);
}

MinMaxScaler::MinMaxScaler(MinMaxScalerOptions options) : WithOptions(options) { check_options(); }

void MinMaxScaler::check_options() const {
  detail::require(options_.feature_min < options_.feature_max && std::isfinite(options_.feature_min) &&
                      std::isfinite(options_.feature_max),
                  class_name(), "feature_max", "above feature_min", options_.feature_max);
}

MinMaxScaler& MinMaxScaler::fit(const Tensor& x) {
  const Matrix m = detail::matrix_of(x, class_name());
  low_.assign(m.row(0), m.row(0) + m.columns);
  std::vector<double> high = low_;
  for (int64_t i = 0; i < m.rows; ++i) {
    for (size_t j = 0; j < low_.size(); ++j) {
      low_[j] = std::min<double>(low_[j], m.row(i)[j]);
      high[j] = std::max<double>(high[j], m.row(i)[j]);
    }
  }
  scale_.clear();
  for (size_t j = 0; j < low_.size(); ++j) {
    const double range = high[j] - low_[j];
    scale_.push_back((options_.feature_max - options_.feature_min) / (range > 0 ? range : 1));
  }
  features_ = m.columns;
  return *this;
}

Tensor MinMaxScaler::transform(const Tensor& x) const {
  return stretched(rows_of(x), low_, scale_, options_.feature_min);
}

void MinMaxScaler::save(EstimatorSnapshot& snapshot) const {
  snapshot.arrays["low"] = row(low_);
  snapshot.arrays["scale"] = row(scale_);
}

void MinMaxScaler::load(const EstimatorSnapshot& snapshot) {
  low_ = detail::read_array<double>(snapshot, "low", {features_});
  scale_ = detail::read_array<double>(snapshot, "scale", {features_});
}

SimpleImputer::SimpleImputer(SimpleImputerOptions options) : WithOptions(std::move(options)) {
  check_options();
}

void SimpleImputer::check_options() const {
  const std::string& s = options_.strategy;
  detail::require(s == "mean" || s == "median" || s == "most_frequent" || s == "constant", class_name(),
                  "strategy", "\"mean\", \"median\", \"most_frequent\" or \"constant\"", s);
  detail::require(std::isfinite(options_.fill_value), class_name(), "fill_value", "a finite number",
                  options_.fill_value);
}

SimpleImputer& SimpleImputer::fit(const Tensor& x) {
  const Matrix m = detail::matrix_of(x, class_name(), detail::Missing::kAllowed);
  std::vector<double> fill(static_cast<size_t>(m.columns), options_.fill_value);
  for (int64_t j = 0; j < m.columns && options_.strategy != "constant"; ++j) {
    const std::vector<float> column = column_of(m, j);
    if (column.empty())
      throw InvalidArgument(class_name() + ": column " + std::to_string(j) + " is all missing and has no " +
                            options_.strategy + "; leave it out, or use the strategy \"constant\"");
    fill[static_cast<size_t>(j)] = statistic(options_.strategy, column);
  }
  fill_ = std::move(fill);
  features_ = m.columns;
  return *this;
}

Tensor SimpleImputer::transform(const Tensor& x) const {
  check_fitted();
  const Matrix m = detail::matrix_of(x, class_name(), detail::Missing::kAllowed);
  detail::require(m.columns == features_, class_name(), "the number of features", "that of fit", m.columns);
  std::vector<float> values(m.data, m.data + m.rows * m.columns);
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) values[i] = static_cast<float>(fill_[i % fill_.size()]);
  }
  return Tensor::from(values, {m.rows, m.columns});
}

void SimpleImputer::save(EstimatorSnapshot& snapshot) const { snapshot.arrays["fill"] = row(fill_); }

void SimpleImputer::load(const EstimatorSnapshot& snapshot) {
  fill_ = detail::read_array<double>(snapshot, "fill", {features_});
}

OneHotEncoder::OneHotEncoder(OneHotEncoderOptions options) : WithOptions(std::move(options)) {
  check_options();
}

void OneHotEncoder::check_options() const {
  detail::require(options_.handle_unknown == "error" || options_.handle_unknown == "ignore", class_name(),
                  "handle_unknown", "\"error\" or \"ignore\"", options_.handle_unknown);
}

OneHotEncoder& OneHotEncoder::fit(const Tensor& x) {
  const Matrix m = detail::matrix_of(x, class_name());
  std::vector<std::vector<float>> categories;
  size_t width = 0;
  for (int64_t j = 0; j < m.columns; ++j) {
    std::vector<float> column = column_of(m, j);
    std::sort(column.begin(), column.end());
    column.erase(std::unique(column.begin(), column.end()), column.end());
    width += column.size();
    detail::require(width <= 100'000, class_name(), "the number of different values",
                    "at most 100000: are these categories?", width);
    categories.push_back(std::move(column));
  }
  categories_ = std::move(categories);
  features_ = m.columns;
  return *this;
}

Tensor OneHotEncoder::transform(const Tensor& x) const {
  const Matrix m = rows_of(x);
  size_t width = 0;
  for (const auto& column : categories_) width += column.size();
  std::vector<float> values(static_cast<size_t>(m.rows) * width, 0.0f);
  for (int64_t i = 0; i < m.rows; ++i) {
    size_t first = static_cast<size_t>(i) * width;
    for (size_t j = 0; j < categories_.size(); ++j) {
      const auto& column = categories_[j];
      const float value = m.row(i)[j];
      const auto found = std::lower_bound(column.begin(), column.end(), value);
      if (found != column.end() && *found == value) {
        values[first + static_cast<size_t>(found - column.begin())] = 1;
      } else if (options_.handle_unknown == "error") {
        throw InvalidArgument(class_name() + ": fit did not see the value " + std::to_string(value) +
                              " of row " + std::to_string(i) + ", column " + std::to_string(j) +
                              "; handle_unknown = \"ignore\" makes it all zeros");
      }
      first += column.size();
    }
  }
  return Tensor::from(values, {m.rows, static_cast<int64_t>(width)});
}

void OneHotEncoder::save(EstimatorSnapshot& snapshot) const {
  std::vector<float> all;
  std::vector<int64_t> ends;
  for (const auto& column : categories_) {
    all.insert(all.end(), column.begin(), column.end());
    ends.push_back(static_cast<int64_t>(all.size()));
  }
  snapshot.arrays["categories"] = Tensor::from(all, {static_cast<int64_t>(all.size())});
  snapshot.arrays["ends"] = Tensor::from(ends, {static_cast<int64_t>(ends.size())});
}

void OneHotEncoder::load(const EstimatorSnapshot& snapshot) {
  const auto all = detail::read_array<float>(snapshot, "categories", {-1});
  int64_t begin = 0;
  categories_.clear();
  for (const int64_t end : detail::read_array<int64_t>(snapshot, "ends", {features_})) {
    detail::require(end > begin && end <= static_cast<int64_t>(all.size()), class_name(), "an end",
                    "behind the one before", end);
    std::vector<float> column(all.begin() + begin, all.begin() + end);
    if (std::adjacent_find(column.begin(), column.end(), std::greater_equal<>()) != column.end())
      throw InvalidArgument(class_name() + ": the array 'categories' must be ascending in each column");
    categories_.push_back(std::move(column));
    begin = end;
  }
}

LabelEncoder& LabelEncoder::fit(const std::vector<std::string>& texts) {
  classes_ = texts;
  std::sort(classes_.begin(), classes_.end());
  classes_.erase(std::unique(classes_.begin(), classes_.end()), classes_.end());
  return *this;
}

Tensor LabelEncoder::transform(const std::vector<std::string>& texts) const {
  std::vector<int32_t> numbers;
  for (const std::string& text : texts) {
    const auto found = std::lower_bound(classes_.begin(), classes_.end(), text);
    if (found == classes_.end() || *found != text)
      throw InvalidArgument("LabelEncoder: fit did not see '" + text + "'");
    numbers.push_back(static_cast<int32_t>(found - classes_.begin()));
  }
  return Tensor::from(numbers, {static_cast<int64_t>(numbers.size())});
}

std::vector<std::string> LabelEncoder::inverse_transform(const Tensor& numbers) const {
  std::vector<std::string> texts;
  for (const int64_t number : numbers.to_vector<int64_t>()) {
    if (number < 0 || number >= static_cast<int64_t>(classes_.size()))
      throw InvalidArgument("LabelEncoder: " + std::to_string(number) + " stands for nothing; expected 0.." +
                            std::to_string(static_cast<int64_t>(classes_.size()) - 1));
    texts.push_back(classes_[static_cast<size_t>(number)]);
  }
  return texts;
}

}  // namespace lamina::classic
