// SVC: one machine for each pair of classes, and votes.
#include <algorithm>
#include <cmath>
#include <map>

#include "lamina/base/log.h"
#include "lamina/classic/detail/smo.h"
#include "lamina/classic/detail/with_options-inl.h"
#include "lamina/classic/svm.h"

namespace lamina::classic {

template class WithOptions<Classifier, SVCOptions>;

namespace {

using detail::Matrix;

const bool svc_known = detail::known_as<SVC>("SVC");

Matrix rows_at(const Matrix& x, const std::vector<int64_t>& places) {
  std::vector<float> values;
  values.reserve(places.size() * static_cast<size_t>(x.columns));
  for (const int64_t i : places) values.insert(values.end(), x.row(i), x.row(i) + x.columns);
  Matrix result{static_cast<int64_t>(places.size()), x.columns, nullptr, {}};
  result.holder = Tensor::from(values, {result.rows, x.columns}).to(Device{});
  result.data = result.holder.data<float>();
  return result;
}

double gamma_of(const SVCOptions& options, const Matrix& x) {
  if (options.kernel == "linear") return 0;
  if (options.gamma.is_number()) return options.gamma.as_double();
  const double features = static_cast<double>(x.columns);
  if (options.gamma == Json("auto")) return 1 / features;
  const double count = static_cast<double>(x.rows) * features;
  double mean = 0, variance = 0;
  for (int64_t i = 0; i < x.rows * x.columns; ++i) mean += x.data[i];
  mean /= count;
  for (int64_t i = 0; i < x.rows * x.columns; ++i) variance += (x.data[i] - mean) * (x.data[i] - mean);
  variance /= count;
  return variance > 0 ? 1 / (features * variance) : 1;
}

}  // namespace

SVC::SVC(SVCOptions options) : WithOptions(std::move(options)) { check_options(); }

void SVC::check_options() const {
  const auto& [C, kernel, gamma, tol, cache_size, max_iter] = options_;
  detail::require(C > 0 && std::isfinite(C), class_name(), "C", "above 0", C);
  detail::require(kernel == "rbf" || kernel == "linear", class_name(), "kernel", "\"rbf\" or \"linear\"",
                  kernel);
  detail::require(gamma == Json("scale") || gamma == Json("auto") ||
                      (gamma.is_number() && gamma.as_double() > 0 && std::isfinite(gamma.as_double())),
                  class_name(), "gamma", "above 0, \"scale\" or \"auto\"", gamma);
  detail::require(tol > 0, class_name(), "tol", "above 0", tol);
  detail::require(cache_size > 0 && cache_size <= 1e6, class_name(), "cache_size", "above 0 MB", cache_size);
  detail::require(max_iter >= -1, class_name(), "max_iter", "at least 0, or -1", max_iter);
}

void SVC::fit_classes(const Matrix& x, std::span<const int32_t> y) {
  const double gamma = gamma_of(options_, x);
  // Distances do not change, and products of smaller numbers lose less; products themselves must not change.
  center_ = gamma == 0 ? std::vector<float>(static_cast<size_t>(x.columns), 0.0f) : detail::means_of(x);
  const Matrix rows = detail::less(x, center_);
  std::vector<std::map<int32_t, double>> machines;  // by pair: row and multiplier
  intercept_.clear();
  std::vector<bool> supports(y.size(), false);
  for (int32_t a = 0; a < class_count(); ++a) {
    for (int32_t b = a + 1; b < class_count(); ++b) {
      std::vector<int64_t> places;
      std::vector<double> signs;
      for (int64_t i = 0; i < x.rows; ++i) {
        const int32_t label = y[static_cast<size_t>(i)];
        if (label != a && label != b) continue;
        places.push_back(i);
        signs.push_back(label == a ? 1 : -1);
      }
      const bool all = static_cast<int64_t>(places.size()) == x.rows;
      const Matrix part = all ? rows : rows_at(rows, places);
      const detail::SmoResult found = detail::solve_smo(
          part, signs, gamma, {options_.C, options_.tol, options_.cache_size, options_.max_iter});
      if (!found.converged)
        warn("SVC stopped before it converged: scale the features (StandardScaler) or raise max_iter");
      std::map<int32_t, double>& machine = machines.emplace_back();
      for (size_t i = 0; i < places.size(); ++i) {
        if (found.alpha[i] == 0) continue;
        machine[static_cast<int32_t>(places[i])] = found.alpha[i];
        supports[static_cast<size_t>(places[i])] = true;
      }
      intercept_.push_back(-found.rho);
    }
  }
  gamma_ = gamma;
  support_.clear();
  std::vector<int64_t> places;
  for (size_t i = 0; i < supports.size(); ++i) {
    if (!supports[i]) continue;
    support_.push_back(static_cast<int32_t>(i));
    places.push_back(static_cast<int64_t>(i));
  }
  vectors_ = rows_at(rows, places).holder;
  dual_.assign(machines.size() * support_.size(), 0.0);
  for (size_t m = 0; m < machines.size(); ++m) {
    for (size_t s = 0; s < support_.size(); ++s) {
      const auto found = machines[m].find(support_[s]);
      if (found != machines[m].end()) dual_[m * support_.size() + s] = found->second;
    }
  }
}

std::vector<double> SVC::pair_decisions(const Matrix& x) const {
  const size_t pairs = intercept_.size(), count = static_cast<size_t>(vectors_.shape()[0]);
  std::vector<double> out(static_cast<size_t>(x.rows) * pairs);
  const Matrix rows = detail::less(x, center_);
  const Matrix vectors{vectors_.shape()[0], x.columns, vectors_.data<float>(), vectors_};
  const detail::KernelRows kernel(vectors, gamma_);
  constexpr int64_t kRows = 256;
  std::vector<float> values(static_cast<size_t>(kRows) * count);
  for (int64_t begin = 0; begin < x.rows; begin += kRows) {
    const int64_t rows_here = std::min(kRows, x.rows - begin);
    kernel.compute(rows.row(begin), rows_here, values.data());
    detail::for_rows(rows_here, static_cast<double>(pairs * count), [&](int64_t from, int64_t to) {
      for (int64_t i = from; i < to; ++i) {
        for (size_t m = 0; m < pairs; ++m) {
          double sum = intercept_[m];
          for (size_t s = 0; s < count; ++s)
            sum += dual_[m * count + s] * values[static_cast<size_t>(i) * count + s];
          out[static_cast<size_t>(begin + i) * pairs + m] = sum;
        }
      }
    });
  }
  return out;
}

// Votes, and for those with as many the sum of the decisions on a scale that cannot overrule a vote
// (scikit-learn: decision_function_shape = "ovr").
std::vector<double> SVC::decisions(const Matrix& x) const {
  const std::vector<double> of_pairs = pair_decisions(x);
  if (class_count() == 2) {
    std::vector<double> second = of_pairs;
    for (double& each : second) each = -each;
    return second;
  }
  const auto classes = static_cast<size_t>(class_count()), pairs = intercept_.size();
  std::vector<double> out(static_cast<size_t>(x.rows) * classes, 0.0);
  for (size_t i = 0; i < static_cast<size_t>(x.rows); ++i) {
    std::vector<double> sure(classes, 0.0);
    size_t m = 0;
    for (size_t a = 0; a < classes; ++a) {
      for (size_t b = a + 1; b < classes; ++b, ++m) {
        const double decision = of_pairs[i * pairs + m];
        out[i * classes + (decision >= 0 ? a : b)] += 1;
        sure[a] += decision;
        sure[b] -= decision;
      }
    }
    for (size_t c = 0; c < classes; ++c) out[i * classes + c] += sure[c] / (3 * (std::abs(sure[c]) + 1));
  }
  return out;
}

// The votes alone: of as many, the class that comes first.
std::vector<double> SVC::scores(const Matrix& x) const {
  const std::vector<double> of_pairs = pair_decisions(x);
  const auto classes = static_cast<size_t>(class_count()), pairs = intercept_.size();
  std::vector<double> votes(static_cast<size_t>(x.rows) * classes, 0.0);
  for (size_t i = 0; i < static_cast<size_t>(x.rows); ++i) {
    size_t m = 0;
    for (size_t a = 0; a < classes; ++a) {
      for (size_t b = a + 1; b < classes; ++b, ++m)
        votes[i * classes + (of_pairs[i * pairs + m] > 0 ? a : b)] += 1;
    }
  }
  return votes;
}

Json SVC::extent() const {
  return fitted() ? Json::object({{"support_vectors", static_cast<int64_t>(support_.size())}})
                  : Json::object();
}

void SVC::save_learned(EstimatorSnapshot& snapshot) const {
  const auto count = static_cast<int64_t>(support_.size()), pairs = static_cast<int64_t>(intercept_.size());
  snapshot.values["gamma"] = gamma_;
  snapshot.arrays["support"] = Tensor::from(support_, {count});
  snapshot.arrays["vectors"] = vectors_;
  snapshot.arrays["center"] = Tensor::from(center_, {static_cast<int64_t>(center_.size())});
  snapshot.arrays["dual"] = Tensor::from(dual_, {pairs, count});
  snapshot.arrays["intercept"] = Tensor::from(intercept_, {pairs});
}

void SVC::load_learned(const EstimatorSnapshot& snapshot) {
  const Json& gamma = snapshot.values.at("gamma");
  gamma_ = gamma.as_double();
  detail::require(gamma_ >= 0 && std::isfinite(gamma_), class_name(), "gamma", "at least 0", gamma);
  support_ = detail::read_array<int32_t>(snapshot, "support", {-1});
  const auto count = static_cast<int64_t>(support_.size());
  const int64_t pairs = class_count() * (class_count() - 1) / 2;
  vectors_ =
      Tensor::from(detail::read_array<float>(snapshot, "vectors", {count, features_}), {count, features_});
  center_ = detail::read_array<float>(snapshot, "center", {features_});
  dual_ = detail::read_array<double>(snapshot, "dual", {pairs, count});
  intercept_ = detail::read_array<double>(snapshot, "intercept", {pairs});
  if (count == 0) throw InvalidArgument(class_name() + ": the array 'support' is empty");
}

}  // namespace lamina::classic
