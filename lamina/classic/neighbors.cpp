// Nearest neighbours: the training rows are the model.
#include "lamina/classic/neighbors.h"

#include <cmath>

#include "lamina/classic/detail/nearest.h"
#include "lamina/classic/detail/with_options-inl.h"

namespace lamina::classic {

template class WithOptions<Classifier, KNeighborsOptions>;
template class WithOptions<Regressor, KNeighborsOptions>;

namespace {

const bool neighbors_known = detail::known_as<KNeighborsClassifier>("KNeighborsClassifier") &&
                   detail::known_as<KNeighborsRegressor>("KNeighborsRegressor");

void check(const KNeighborsOptions& options, const std::string& where) {
  detail::require(options.n_neighbors >= 1, where, "n_neighbors", "at least 1", options.n_neighbors);
  detail::require(options.weights == "uniform" || options.weights == "distance", where, "weights",
                  "\"uniform\" or \"distance\"", options.weights);
}

void check_samples(const KNeighborsOptions& options, int64_t samples, const std::string& where) {
  if (samples < options.n_neighbors)
    throw InvalidArgument(where + ": n_neighbors = " + std::to_string(options.n_neighbors) +
                          " needs as many samples, but x has " + std::to_string(samples));
}

detail::Matrix view_of(const Tensor& x) { return {x.shape()[0], x.shape()[1], x.data<float>(), x}; }

// Calls add(query, row, weight) for the neighbours of each row of x. Where neighbours are at the same place,
// only these count.
template <class Add>
void for_neighbors(const Tensor& among, const detail::Matrix& x, const KNeighborsOptions& options,
                   Add&& add) {
  const std::vector<detail::Neighbor> found = detail::nearest(view_of(among), x, options.n_neighbors);
  for (int64_t q = 0; q < x.rows; ++q) {
    const detail::Neighbor* mine = found.data() + q * options.n_neighbors;
    for (int64_t k = 0; k < options.n_neighbors; ++k) {
      double weight = 1;
      if (options.weights == "distance")
        weight = mine[0].squared == 0 ? (mine[k].squared == 0 ? 1 : 0) : 1 / std::sqrt(mine[k].squared);
      add(static_cast<size_t>(q), static_cast<size_t>(mine[k].row), weight);
    }
  }
}

Tensor load_rows(const EstimatorSnapshot& snapshot, int64_t features) {
  const std::vector<float> x = detail::read_array<float>(snapshot, "x", {-1, features});
  return Tensor::from(x, {static_cast<int64_t>(x.size()) / features, features});
}

}  // namespace

KNeighborsClassifier::KNeighborsClassifier(KNeighborsOptions options) : WithOptions(std::move(options)) {
  check_options();
}

void KNeighborsClassifier::check_options() const { check(options_, class_name()); }

void KNeighborsClassifier::fit_classes(const detail::Matrix& x, std::span<const int32_t> y) {
  check_samples(options_, x.rows, class_name());
  x_ = x.holder;
  y_.assign(y.begin(), y.end());
}

std::vector<double> KNeighborsClassifier::scores(const detail::Matrix& x) const {
  const auto classes = static_cast<size_t>(class_count());
  std::vector<double> shares(static_cast<size_t>(x.rows) * classes, 0.0),
      sums(static_cast<size_t>(x.rows), 0.0);
  for_neighbors(x_, x, options_, [&](size_t query, size_t row, double weight) {
    shares[query * classes + static_cast<size_t>(y_[row])] += weight;
    sums[query] += weight;
  });
  for (size_t i = 0; i < shares.size(); ++i) shares[i] /= sums[i / classes];
  return shares;
}

Json KNeighborsClassifier::extent() const {
  return fitted() ? Json::object({{"samples", static_cast<int64_t>(y_.size())}}) : Json::object();
}

void KNeighborsClassifier::save_learned(EstimatorSnapshot& snapshot) const {
  snapshot.arrays["x"] = x_;
  snapshot.arrays["y"] = Tensor::from(y_, {static_cast<int64_t>(y_.size())});
}

void KNeighborsClassifier::load_learned(const EstimatorSnapshot& snapshot) {
  x_ = load_rows(snapshot, features_);
  check_samples(options_, x_.shape()[0], class_name());
  y_ = detail::read_array<int32_t>(snapshot, "y", {x_.shape()[0]});
  for (const int32_t label : y_)
    detail::require(label >= 0 && label < class_count(), class_name(), "a number in 'y'", "that of a class",
                    label);
}

KNeighborsRegressor::KNeighborsRegressor(KNeighborsOptions options) : WithOptions(std::move(options)) {
  check_options();
}

void KNeighborsRegressor::check_options() const { check(options_, class_name()); }

void KNeighborsRegressor::fit_values(const detail::Matrix& x, std::span<const double> y) {
  check_samples(options_, x.rows, class_name());
  x_ = x.holder;
  y_.assign(y.begin(), y.end());
}

std::vector<double> KNeighborsRegressor::values(const detail::Matrix& x) const {
  std::vector<double> means(static_cast<size_t>(x.rows), 0.0), sums(static_cast<size_t>(x.rows), 0.0);
  for_neighbors(x_, x, options_, [&](size_t query, size_t row, double weight) {
    means[query] += weight * y_[row];
    sums[query] += weight;
  });
  for (size_t i = 0; i < means.size(); ++i) means[i] /= sums[i];
  return means;
}

Json KNeighborsRegressor::extent() const {
  return fitted() ? Json::object({{"samples", static_cast<int64_t>(y_.size())}}) : Json::object();
}

void KNeighborsRegressor::save(EstimatorSnapshot& snapshot) const {
  snapshot.arrays["x"] = x_;
  snapshot.arrays["y"] = Tensor::from(y_, {static_cast<int64_t>(y_.size())});
}

void KNeighborsRegressor::load(const EstimatorSnapshot& snapshot) {
  x_ = load_rows(snapshot, features_);
  check_samples(options_, x_.shape()[0], class_name());
  y_ = detail::read_array<double>(snapshot, "y", {x_.shape()[0]});
}

}  // namespace lamina::classic
