// What all estimators share: checks of arguments, scores, snapshots.
#include "lamina/classic/estimator.h"

#include <algorithm>

#include "lamina/classic/detail/with_options-inl.h"  // before what it declares is defined
#include "lamina/base/error.h"
#include "lamina/classic/detail/matrix.h"
#include "lamina/classic/detail/state.h"
#include "lamina/classic/metrics.h"
#include "lamina/nn/detail/registry-inl.h"

namespace lamina {

template class Registry<classic::Estimator>;

namespace classic {

using detail::Matrix;

Json Estimator::extent() const { return Json::object(); }
std::vector<std::pair<std::string, std::shared_ptr<Estimator>>> Estimator::parts() const { return {}; }
std::vector<double> Predictor::feature_importances() const { return {}; }

int64_t Estimator::n_features_in() const {
  check_fitted();
  return features_;
}

void Estimator::check_fitted() const {
  if (!fitted()) throw InvalidArgument(class_name() + " has learned nothing yet: call fit first");
}

Matrix Estimator::rows_of(const Tensor& x) const {
  check_fitted();
  Matrix m = detail::matrix_of(x, class_name());
  if (m.columns != features_) {
    throw InvalidArgument(class_name() + ": x has " + std::to_string(m.columns) + " features, but fit saw " +
                          std::to_string(features_));
  }
  return m;
}

EstimatorSnapshot Estimator::snapshot() const {
  check_fitted();
  EstimatorSnapshot snapshot{class_name(), params(), Json::object(), {}};
  snapshot.values["n_features_in"] = features_;
  save(snapshot);
  return snapshot;
}

std::shared_ptr<Estimator> Estimator::make(const std::string& class_name, const Json& params) {
  return Registry<Estimator>::make(class_name, params);
}

std::shared_ptr<Estimator> Estimator::from_snapshot(const EstimatorSnapshot& snapshot) {
  std::shared_ptr<Estimator> estimator = make(snapshot.class_name, snapshot.params);
  estimator->features_ = snapshot.values.at("n_features_in").as_int();
  detail::require(estimator->features_ > 0 && estimator->features_ < int64_t{1} << 31, snapshot.class_name,
                  "n_features_in", "a number of features", snapshot.values.at("n_features_in"));
  estimator->load(snapshot);
  return estimator;
}

Tensor Predictor::predict_proba(const Tensor&) const {
  throw Unsupported(class_name() + " gives no probabilities");
}

Tensor Predictor::decision_function(const Tensor&) const {
  throw Unsupported(class_name() + " has no decision function; predict_proba may serve");
}

Classifier& Classifier::fit(const Tensor& x, const Tensor& y) {
  const Matrix m = detail::matrix_of(x, class_name());
  std::vector<int32_t> labels = detail::labels_of(y, m.rows, class_name());
  std::vector<int32_t> classes = detail::distinct(labels);
  if (classes.size() < 2 && !takes_one_class()) {
    throw InvalidArgument(class_name() + " tells classes apart and needs at least two, but every label is " +
                          std::to_string(classes[0]));
  }
  for (int32_t& label : labels)
    label = static_cast<int32_t>(std::lower_bound(classes.begin(), classes.end(), label) - classes.begin());
  features_ = 0;  // a fit that throws leaves nothing half learned
  classes_ = std::move(classes);
  fit_classes(m, labels);
  features_ = m.columns;
  return *this;
}

Tensor Classifier::predict(const Tensor& x) const {
  const Matrix m = rows_of(x);
  const std::vector<double> all = scores(m);
  const auto width = static_cast<std::ptrdiff_t>(classes_.size());
  std::vector<int32_t> labels(static_cast<size_t>(m.rows));
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto row = all.begin() + static_cast<std::ptrdiff_t>(i) * width;
    labels[i] = classes_[static_cast<size_t>(std::max_element(row, row + width) - row)];
  }
  return Tensor::from(labels, {m.rows});
}

Tensor Classifier::predict_proba(const Tensor& x) const {
  const Matrix m = rows_of(x);
  return detail::float_tensor(probabilities(m), m.rows, class_count());
}

Tensor Classifier::decision_function(const Tensor& x) const {
  const Matrix m = rows_of(x);
  return detail::float_tensor(decisions(m), m.rows, class_count() == 2 ? 0 : class_count());
}

std::vector<double> Classifier::probabilities(const Matrix&) const {
  throw Unsupported(class_name() + " gives no probabilities; decision_function may serve");
}

std::vector<double> Classifier::decisions(const Matrix&) const {
  throw Unsupported(class_name() + " has no decision function; predict_proba may serve");
}

double Classifier::score(const Tensor& x, const Tensor& y) const { return accuracy_score(y, predict(x)); }

void Classifier::save(EstimatorSnapshot& snapshot) const {
  snapshot.arrays["classes"] = Tensor::from(classes_, {class_count()});
  save_learned(snapshot);
}

void Classifier::load(const EstimatorSnapshot& snapshot) {
  classes_ = detail::read_array<int32_t>(snapshot, "classes", {-1});
  if (classes_.size() < (takes_one_class() ? 1u : 2u) || detail::distinct(classes_) != classes_)
    throw InvalidArgument(class_name() + ": the array 'classes' must hold ascending labels");
  load_learned(snapshot);
}

Regressor& Regressor::fit(const Tensor& x, const Tensor& y) {
  const Matrix m = detail::matrix_of(x, class_name());
  const std::vector<double> targets = detail::values_of(y, m.rows, class_name());
  features_ = 0;
  fit_values(m, targets);
  features_ = m.columns;
  return *this;
}

Tensor Regressor::predict(const Tensor& x) const {
  const Matrix m = rows_of(x);
  return detail::float_tensor(values(m), m.rows, 0);
}

double Regressor::score(const Tensor& x, const Tensor& y) const { return r2_score(y, predict(x)); }

const std::vector<int32_t>& Regressor::classes() const {
  static const std::vector<int32_t> none;
  return none;
}

}  // namespace classic
}  // namespace lamina
