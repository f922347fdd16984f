// Naive Bayes: sums over the samples of each class, and logarithms of likelihoods.
#include "lamina/classic/naive_bayes.h"

#include <algorithm>
#include <cmath>

#include "lamina/classic/detail/matrix.h"
#include "lamina/classic/detail/with_options-inl.h"

namespace lamina::classic {

template class WithOptions<Classifier, GaussianNBOptions>;
template class WithOptions<Classifier, MultinomialNBOptions>;

namespace {

const bool naive_bayes_known =
    detail::known_as<GaussianNB>("GaussianNB") && detail::known_as<MultinomialNB>("MultinomialNB");

constexpr double kTwoPi = 6.283185307179586;

// Logarithms of likelihoods into probabilities, row by row.
std::vector<double> normalised(std::vector<double> logs, size_t classes) {
  for (size_t at = 0; at < logs.size(); at += classes) {
    const double top = *std::max_element(logs.begin() + static_cast<std::ptrdiff_t>(at),
                                         logs.begin() + static_cast<std::ptrdiff_t>(at + classes));
    double sum = 0;
    for (size_t c = 0; c < classes; ++c) sum += logs[at + c] = std::exp(logs[at + c] - top);
    for (size_t c = 0; c < classes; ++c) logs[at + c] /= sum;
  }
  return logs;
}

Tensor table(const std::vector<double>& values, int64_t classes) {
  return Tensor::from(values, {classes, static_cast<int64_t>(values.size()) / classes});
}

}  // namespace

GaussianNB::GaussianNB(GaussianNBOptions options) : WithOptions(options) { check_options(); }

void GaussianNB::check_options() const {
  detail::require(options_.var_smoothing >= 0 && std::isfinite(options_.var_smoothing), class_name(),
                  "var_smoothing", "at least 0", options_.var_smoothing);
}

void GaussianNB::fit_classes(const detail::Matrix& x, std::span<const int32_t> y) {
  const auto classes = static_cast<size_t>(class_count()), width = static_cast<size_t>(x.columns);
  std::vector<double> count(classes, 0.0);
  for (const int32_t label : y) count[static_cast<size_t>(label)] += 1;
  // Two passes: sums of squares of large numbers would lose their variance. The last row is of all samples.
  mean_.assign((classes + 1) * width, 0.0);
  variance_.assign((classes + 1) * width, 0.0);
  const double n = static_cast<double>(x.rows);
  detail::parallel_columns(x.columns, x.rows, [&](int64_t begin, int64_t end) {
    for (int64_t i = 0; i < x.rows; ++i) {
      const auto c = static_cast<size_t>(y[static_cast<size_t>(i)]);
      for (auto j = static_cast<size_t>(begin); j < static_cast<size_t>(end); ++j) {
        const double value = x.row(i)[j];
        mean_[c * width + j] += value / count[c];
        mean_[classes * width + j] += value / n;
      }
    }
    for (int64_t i = 0; i < x.rows; ++i) {
      const auto c = static_cast<size_t>(y[static_cast<size_t>(i)]);
      for (auto j = static_cast<size_t>(begin); j < static_cast<size_t>(end); ++j) {
        const double of_class = x.row(i)[j] - mean_[c * width + j];
        const double of_all = x.row(i)[j] - mean_[classes * width + j];
        variance_[c * width + j] += of_class * of_class / count[c];
        variance_[classes * width + j] += of_all * of_all / n;
      }
    }
  });
  const auto all = variance_.begin() + static_cast<std::ptrdiff_t>(classes * width);
  const double added = options_.var_smoothing * *std::max_element(all, variance_.end());
  mean_.resize(classes * width);
  variance_.resize(classes * width);
  for (double& each : variance_) {
    each += added;
    if (!(each > 0))
      throw InvalidArgument(class_name() + ": no feature varies, so that none tells the classes apart");
  }
  prior_ = count;
  for (double& each : prior_) each /= n;
}

std::vector<double> GaussianNB::scores(const detail::Matrix& x) const {
  const auto classes = prior_.size(), width = static_cast<size_t>(x.columns);
  std::vector<double> constant(classes);
  for (size_t c = 0; c < classes; ++c) {
    constant[c] = std::log(prior_[c]);
    for (size_t j = 0; j < width; ++j) constant[c] -= 0.5 * std::log(kTwoPi * variance_[c * width + j]);
  }
  std::vector<double> logs(static_cast<size_t>(x.rows) * classes);
  detail::for_rows(x.rows, static_cast<double>(classes * width), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      for (size_t c = 0; c < classes; ++c) {
        double sum = 0;
        for (size_t j = 0; j < width; ++j) {
          const double d = x.row(i)[j] - mean_[c * width + j];
          sum += d * d / variance_[c * width + j];
        }
        logs[static_cast<size_t>(i) * classes + c] = constant[c] - 0.5 * sum;
      }
    }
  });
  return logs;
}

std::vector<double> GaussianNB::probabilities(const detail::Matrix& x) const {
  return normalised(scores(x), prior_.size());
}

void GaussianNB::save_learned(EstimatorSnapshot& snapshot) const {
  snapshot.arrays["mean"] = table(mean_, class_count());
  snapshot.arrays["variance"] = table(variance_, class_count());
  snapshot.arrays["prior"] = Tensor::from(prior_, {class_count()});
}

void GaussianNB::load_learned(const EstimatorSnapshot& snapshot) {
  mean_ = detail::read_array<double>(snapshot, "mean", {class_count(), features_});
  variance_ = detail::read_array<double>(snapshot, "variance", {class_count(), features_});
  prior_ = detail::read_array<double>(snapshot, "prior", {class_count()});
  for (const auto* values : {&variance_, &prior_}) {
    for (const double each : *values)
      detail::require(each > 0, class_name(), "a variance or prior", "above 0", each);
  }
}

MultinomialNB::MultinomialNB(MultinomialNBOptions options) : WithOptions(options) { check_options(); }

void MultinomialNB::check_options() const {
  detail::require(options_.alpha >= 0 && std::isfinite(options_.alpha), class_name(), "alpha", "at least 0",
                  options_.alpha);
}

void MultinomialNB::fit_classes(const detail::Matrix& x, std::span<const int32_t> y) {
  const auto classes = static_cast<size_t>(class_count()), width = static_cast<size_t>(x.columns);
  std::vector<double> sums(classes * width, std::max(options_.alpha, 1e-10)), count(classes, 0.0);
  for (int64_t i = 0; i < x.rows; ++i) {
    const auto c = static_cast<size_t>(y[static_cast<size_t>(i)]);
    count[c] += 1;
    for (size_t j = 0; j < width; ++j) {
      if (x.row(i)[j] < 0)
        throw InvalidArgument(class_name() + ": x holds counts, but row " + std::to_string(i) + ", column " +
                              std::to_string(j) + " is negative; GaussianNB takes any numbers");
      sums[c * width + j] += x.row(i)[j];
    }
  }
  log_share_ = sums;
  log_prior_.assign(classes, -std::log(static_cast<double>(classes)));
  for (size_t c = 0; c < classes; ++c) {
    double total = 0;
    for (size_t j = 0; j < width; ++j) total += sums[c * width + j];
    for (size_t j = 0; j < width; ++j) log_share_[c * width + j] = std::log(sums[c * width + j] / total);
    if (options_.fit_prior) log_prior_[c] = std::log(count[c] / static_cast<double>(x.rows));
  }
}

std::vector<double> MultinomialNB::scores(const detail::Matrix& x) const {
  const auto classes = log_prior_.size(), width = static_cast<size_t>(x.columns);
  std::vector<double> logs(static_cast<size_t>(x.rows) * classes);
  detail::for_rows(x.rows, static_cast<double>(classes * width), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      for (size_t c = 0; c < classes; ++c) {
        double sum = log_prior_[c];
        for (size_t j = 0; j < width; ++j) sum += x.row(i)[j] * log_share_[c * width + j];
        logs[static_cast<size_t>(i) * classes + c] = sum;
      }
    }
  });
  return logs;
}

std::vector<double> MultinomialNB::probabilities(const detail::Matrix& x) const {
  return normalised(scores(x), log_prior_.size());
}

void MultinomialNB::save_learned(EstimatorSnapshot& snapshot) const {
  snapshot.arrays["log_share"] = table(log_share_, class_count());
  snapshot.arrays["log_prior"] = Tensor::from(log_prior_, {class_count()});
}

void MultinomialNB::load_learned(const EstimatorSnapshot& snapshot) {
  log_share_ = detail::read_array<double>(snapshot, "log_share", {class_count(), features_});
  log_prior_ = detail::read_array<double>(snapshot, "log_prior", {class_count()});
}

}  // namespace lamina::classic
