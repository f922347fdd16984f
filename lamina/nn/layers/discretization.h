// Discretization: numbers as those of the bins that they fall into.
#pragma once

#include <string>
#include <vector>

#include "lamina/nn/layer.h"

namespace lamina {

namespace detail {
enum class CategoryMode;
}

/// Options of Discretization.
struct DiscretizationOptions {
  /// "int": the number of the bin, int32; "one_hot", "multi_hot" and "count" as in CategoryEncoding.
  std::string output_mode = "int";
  double epsilon = 0.01;  ///< how exactly Keras learns bins from data; kept for its files
  std::string name = {};
  std::string dtype = {};
};

/// The bin of each number (Keras: keras.layers.Discretization): i where boundaries[i - 1] <= x <
/// boundaries[i], 0 below the first, and as many as boundaries from the last on, and for NaN. No gradient
/// passes. Bins that Keras learned from data are read from its files; learn them here with quantile().
class Discretization final : public KerasLayer<Discretization> {
 public:
  /// @param bin_boundaries  finite numbers, ascending; at least one.
  /// Throws InvalidArgument for others and for an unknown output_mode.
  explicit Discretization(std::vector<double> bin_boundaries, const DiscretizationOptions& options = {});
  std::string class_name() const override { return "Discretization"; }
  Shape compute_output_shape(const Shape& input) const override;
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  /// Without "trainable", which Keras's class does not take.
  Json serialize() const override;

 protected:
  Json own_config() const override;

 private:
  int64_t depth() const { return static_cast<int64_t>(boundaries_.size()) + 1; }

  std::vector<double> boundaries_;
  detail::CategoryMode mode_;
  double epsilon_;
};

}  // namespace lamina
