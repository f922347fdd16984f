// Estimators: what classical learners and the transformers before them have in common, in scikit-learn's
// words.
//
//   classic::RandomForestClassifier forest({.n_estimators = 100});
//   forest.fit(x_train, y_train);
//   std::cout << forest.score(x_test, y_test) << "\n";
//
// All of them are deterministic: the same data and options give the same bits, for any number of threads.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/core/tensor.h"

namespace lamina::classic {

namespace detail {
struct Matrix;
}

/// What an estimator is, in a form that any file can hold: lamina/formats/classic.h writes it. What fit
/// learned is in `arrays`; those of the parts of a pipeline begin with their place: "1/coef".
struct EstimatorSnapshot {
  std::string class_name;
  Json params;                           ///< Estimator::params()
  Json values = Json::object();          ///< small things that were learned
  std::map<std::string, Tensor> arrays;  ///< the rest
};

/// Anything with parameters that learns from data (scikit-learn: BaseEstimator).
class Estimator {
 public:
  static constexpr const char* kKind = "estimator";
  virtual ~Estimator() = default;

  /// "RandomForestClassifier"
  virtual std::string class_name() const = 0;
  /// The parameters by name, those that were not given with their defaults (scikit-learn: get_params).
  virtual Json params() const = 0;
  /// Sets the parameters that the object names and forgets what was learned. Throws InvalidArgument, with the
  /// nearest name, for one that does not exist, and for values that cannot be.
  virtual void set_params(const Json& params) = 0;

  /// Whether fit has been called since the last set_params.
  bool fitted() const { return features_ > 0; }
  /// Columns of the x that fit saw. Throws InvalidArgument before fit.
  int64_t n_features_in() const;
  /// How large that is which fit has made: {"trees": 100, "nodes": 21034, "depth": 31}, counts by what they
  /// count. Empty before fit, and for estimators whose size is that of their features and classes.
  virtual Json extent() const;
  /// The estimators that this one consists of, with their names: of a pipeline its steps. Empty for others.
  virtual std::vector<std::pair<std::string, std::shared_ptr<Estimator>>> parts() const;

  /// Everything, for a file. Throws InvalidArgument before fit.
  EstimatorSnapshot snapshot() const;
  /// The estimator that `snapshot` holds, fitted. Checks every size and index in it, since it may come from
  /// anywhere: throws InvalidArgument for one that no snapshot() gave.
  static std::shared_ptr<Estimator> from_snapshot(const EstimatorSnapshot& snapshot);
  /// A new one of that class with these parameters, as from_snapshot; not fitted. Throws InvalidArgument,
  /// suggesting the nearest name, for an unknown class.
  static std::shared_ptr<Estimator> make(const std::string& class_name, const Json& params = Json::object());

 protected:
  Estimator() = default;
  Estimator(const Estimator&) = default;
  Estimator& operator=(const Estimator&) = default;
  /// Throws InvalidArgument before fit.
  void check_fitted() const;
  /// `x` as rows of finite numbers and of as many columns as fit saw.
  detail::Matrix rows_of(const Tensor& x) const;

  /// What fit learned, into `values` and `arrays` and back. load() may find anything there.
  virtual void save(EstimatorSnapshot& snapshot) const = 0;
  virtual void load(const EstimatorSnapshot& snapshot) = 0;

  int64_t features_ = 0;
};

/// Learns to tell y from x: classifiers and regressors (scikit-learn's glossary: a predictor).
class Predictor : public Estimator {
 public:
  /// Learns from scratch.
  /// @param x  (samples, features), numbers of any dtype, finite.
  /// @param y  (samples,) or (samples, 1): the label of each sample, any integers, for classifiers; finite
  ///           numbers for regressors.
  /// Returns *this. Throws InvalidArgument for other shapes, NaN and infinity, labels that are no whole
  /// numbers, and less data than the estimator needs.
  virtual Predictor& fit(const Tensor& x, const Tensor& y) = 0;
  /// Labels as int32 or values as float32, (samples,). Throws InvalidArgument before fit, for another number
  /// of features than fit saw, and for NaN and infinity.
  virtual Tensor predict(const Tensor& x) const = 0;
  /// Probabilities of the classes, float32 (samples, classes), in the order of classes(). Throws Unsupported
  /// for estimators that have none.
  virtual Tensor predict_proba(const Tensor& x) const;
  /// How sure a linear model or a support vector machine is, float32: (samples,) for two classes, where
  /// positive means classes()[1], else (samples, classes). Throws Unsupported for other estimators.
  virtual Tensor decision_function(const Tensor& x) const;
  /// By feature, of sum 1, what its splits took from the impurity; empty for estimators that have no trees.
  /// Throws InvalidArgument before fit.
  virtual std::vector<double> feature_importances() const;
  /// Accuracy of a classifier, R² of a regressor.
  virtual double score(const Tensor& x, const Tensor& y) const = 0;
  virtual bool is_classifier() const = 0;
  /// The labels that fit saw, ascending; empty for regressors.
  virtual const std::vector<int32_t>& classes() const = 0;
};

/// Learns to change x (scikit-learn's glossary: a transformer).
class Transformer : public Estimator {
 public:
  /// Learns from x, (samples, features). Returns *this. Throws InvalidArgument for other shapes, infinity,
  /// and NaN unless the transformer is for it.
  virtual Transformer& fit(const Tensor& x) = 0;
  /// x changed, as float32 (samples, features_out). Throws InvalidArgument before fit and for another number
  /// of features than fit saw.
  virtual Tensor transform(const Tensor& x) const = 0;
  Tensor fit_transform(const Tensor& x) { return fit(x).transform(x); }
};

/// A new estimator of the same class and parameters, not fitted (scikit-learn: clone).
template <class E>
std::shared_ptr<E> clone(const E& estimator) {
  return std::dynamic_pointer_cast<E>(Estimator::make(estimator.class_name(), estimator.params()));
}

/// Base of classifiers: checks arguments and numbers the labels, so that a learner sees rows and classes from
/// 0.
class Classifier : public Predictor {
 public:
  Classifier& fit(const Tensor& x, const Tensor& y) final;
  Tensor predict(const Tensor& x) const final;
  Tensor predict_proba(const Tensor& x) const final;
  Tensor decision_function(const Tensor& x) const final;
  double score(const Tensor& x, const Tensor& y) const final;
  bool is_classifier() const final { return true; }
  const std::vector<int32_t>& classes() const final { return classes_; }

 protected:
  /// Whether it can learn from samples of one class.
  virtual bool takes_one_class() const { return true; }
  virtual void fit_classes(const detail::Matrix& x, std::span<const int32_t> y) = 0;
  /// (samples, classes): the first largest of a row is the prediction.
  virtual std::vector<double> scores(const detail::Matrix& x) const = 0;
  /// (samples, classes), rows of sum 1; Unsupported unless overridden.
  virtual std::vector<double> probabilities(const detail::Matrix& x) const;
  /// (samples) for two classes, else (samples, classes); Unsupported unless overridden.
  virtual std::vector<double> decisions(const detail::Matrix& x) const;
  virtual void save_learned(EstimatorSnapshot& snapshot) const = 0;
  virtual void load_learned(const EstimatorSnapshot& snapshot) = 0;
  /// How many classes fit saw.
  int64_t class_count() const { return static_cast<int64_t>(classes_.size()); }

 private:
  void save(EstimatorSnapshot& snapshot) const final;
  void load(const EstimatorSnapshot& snapshot) final;
  std::vector<int32_t> classes_;
};

/// Base of regressors.
class Regressor : public Predictor {
 public:
  Regressor& fit(const Tensor& x, const Tensor& y) final;
  Tensor predict(const Tensor& x) const final;
  double score(const Tensor& x, const Tensor& y) const final;
  bool is_classifier() const final { return false; }
  const std::vector<int32_t>& classes() const final;

 protected:
  virtual void fit_values(const detail::Matrix& x, std::span<const double> y) = 0;
  virtual std::vector<double> values(const detail::Matrix& x) const = 0;
};

}  // namespace lamina::classic
