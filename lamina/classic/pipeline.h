// Pipeline: transformers and the predictor that they prepare x for, as one predictor.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lamina/classic/estimator.h"

namespace lamina::classic {

/// Applies its transformers one after the other and asks its last step, so that nothing of a test set gets
/// into what was learned for scaling (scikit-learn: pipeline.Pipeline).
///
///   classic::Pipeline model({{"scale", std::make_shared<classic::StandardScaler>()},
///                            {"svm", std::make_shared<classic::SVC>()}});
///
/// Parameters of steps are "svm__C".
class Pipeline final : public Predictor {
 public:
  using Step = std::pair<std::string, std::shared_ptr<Estimator>>;
  Pipeline() = default;
  /// Throws InvalidArgument unless all but the last are Transformers and the last is a Predictor, for names
  /// that occur twice or hold "__", and for more than 100 steps.
  /// @param steps  are changed by fit.
  explicit Pipeline(std::vector<Step> steps);
  std::string class_name() const override { return "Pipeline"; }
  Json params() const override;
  /// Takes "NAME__PARAMETER", or "steps" as params() gives them.
  void set_params(const Json& params) override;

  Pipeline& fit(const Tensor& x, const Tensor& y) override;
  Tensor predict(const Tensor& x) const override;
  Tensor predict_proba(const Tensor& x) const override;
  Tensor decision_function(const Tensor& x) const override;
  std::vector<double> feature_importances() const override;
  double score(const Tensor& x, const Tensor& y) const override;
  bool is_classifier() const override;
  const std::vector<int32_t>& classes() const override;
  const std::vector<Step>& steps() const { return steps_; }
  std::vector<Step> parts() const override;

 private:
  void check() const;
  const Predictor& last() const;
  Tensor transformed(const Tensor& x) const;
  void save(EstimatorSnapshot& snapshot) const override;
  void load(const EstimatorSnapshot& snapshot) override;
  std::vector<Step> steps_;
};

}  // namespace lamina::classic
