// Support vector machines with kernels: SVC.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/classic/with_options.h"

namespace lamina::classic {

/// Arguments of SVC.
struct SVCOptions {
  double C = 1.0;              ///< how much a sample on the wrong side costs, above 0
  std::string kernel = "rbf";  ///< exp(-gamma |a - b|²), or "linear": a·b
  /// Of the kernel "rbf": a number above 0, "scale" (1 / (features * variance of x)) or "auto" (1 /
  /// features).
  Json gamma = "scale";
  double tol = 1e-3;        ///< how far the optimality conditions may be from met, above 0
  double cache_size = 200;  ///< memory for values of the kernel, in MB; the result does not depend on it
  int64_t max_iter = -1;    ///< iterations at most, which a warning tells; -1: a limit that is hardly met
  static void fields(auto& self, auto&& visit) {
    visit("C", self.C);
    visit("kernel", self.kernel);
    visit("gamma", self.gamma);
    visit("tol", self.tol);
    visit("cache_size", self.cache_size);
    visit("max_iter", self.max_iter);
  }
};

/// The widest margin between classes in the space of a kernel; of three and more classes each pair votes
/// (scikit-learn: svm.SVC). Needs two classes. Time grows with the square of the samples and more. Scale the
/// features first: StandardScaler.
class SVC final : public WithOptions<Classifier, SVCOptions> {
 public:
  /// Throws InvalidArgument for options out of their range.
  explicit SVC(SVCOptions options = {});
  std::string class_name() const override { return "SVC"; }
  /// Numbers of the training rows that the borders lean on. Empty before fit.
  const std::vector<int32_t>& support() const { return support_; }
  Json extent() const override;

 private:
  bool takes_one_class() const override { return false; }
  void check_options() const override;
  void fit_classes(const detail::Matrix& x, std::span<const int32_t> y) override;
  std::vector<double> scores(const detail::Matrix& x) const override;
  std::vector<double> decisions(const detail::Matrix& x) const override;
  void save_learned(EstimatorSnapshot& snapshot) const override;
  void load_learned(const EstimatorSnapshot& snapshot) override;
  /// (samples, pairs of classes); above 0 votes for the first of the pair.
  std::vector<double> pair_decisions(const detail::Matrix& x) const;

  double gamma_ = 0;               // 0: linear
  std::vector<int32_t> support_;   // ascending
  Tensor vectors_;                 // (support vectors, features), less center_
  std::vector<float> center_;      // the features' means
  std::vector<double> dual_;       // (pairs, support vectors)
  std::vector<double> intercept_;  // (pairs)
};

}  // namespace lamina::classic
