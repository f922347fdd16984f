// F scores: precision and recall in one number.
#pragma once

#include <optional>

#include "lamina/nn/metrics/mean.h"

namespace lamina::metrics {

/// Arguments of FBetaScore and F1Score.
struct FScoreOptions {
  /// How classes become one number: "micro" (all answers are one class), "macro" (the mean of classes) or
  /// "weighted" (by how often they occur); "none", Keras's None, logs a row with a number for each class.
  std::string average = "none";
  double beta = 1.0;  ///< how many times more recall counts than precision, > 0
  std::optional<double> threshold =
      {};                 ///< in (0, 1]: above it a class is predicted; absent: the largest one is
  std::string name = {};  ///< default: the class in snake case
};

/// (1 + beta^2) * precision * recall / (beta^2 * precision + recall) for rows of classes (batch, classes)
/// (Keras: keras.metrics.FBetaScore).
class FBetaScore : public Metric {
 public:
  explicit FBetaScore(const FScoreOptions& options = {}) : FBetaScore("fbeta_score", options, 0) {}
  std::string class_name() const override { return "FBetaScore"; }
  std::string name() const override { return options_.name; }
  Json config() const override;
  bool higher_is_better() const override { return true; }
  std::shared_ptr<const Metric> for_shapes(const Shape& y_true, const Shape& y_pred) const override;
  std::vector<Variable> variables() const override;
  std::vector<Tensor> update(std::span<const Tensor> state, const Tensor& y_true,
                             const Tensor& y_pred) const override;
  std::vector<Tensor> update_weighted(std::span<const Tensor> state, const Tensor& y_true,
                                      const Tensor& y_pred, const Tensor& sample_weight) const override;
  double result(std::span<const Tensor> state) const override;
  std::optional<std::vector<double>> row(std::span<const Tensor> state) const override;

 protected:
  FBetaScore(const char* default_name, FScoreOptions options, int64_t classes);
  const FScoreOptions& options() const { return options_; }
  /// The same for so many classes.
  virtual std::shared_ptr<const Metric> of_classes(int64_t classes) const;
  /// `average` as Keras writes it.
  Json average() const { return options_.average == "none" ? Json() : Json(options_.average); }

 private:
  double score_of(std::span<const Tensor> state, size_t of_class) const;

  FScoreOptions options_;
  int64_t classes_;  ///< 0: not known yet
};

/// FBetaScore with beta 1: the harmonic mean of precision and recall (Keras: keras.metrics.F1Score).
class F1Score : public FBetaScore {
 public:
  /// `beta` of the options must be 1.
  explicit F1Score(const FScoreOptions& options = {}) : F1Score(options, 0) {}
  std::string class_name() const override { return "F1Score"; }
  Json config() const override;

 protected:
  std::shared_ptr<const Metric> of_classes(int64_t classes) const override;

 private:
  F1Score(const FScoreOptions& options, int64_t classes);
};

}  // namespace lamina::metrics
