// Constraints: what weights are brought back to after each step.
#pragma once

#include <string>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/nn/registry.h"

namespace lamina {

/// Base of all constraints (Keras: keras.constraints.Constraint): a function from a weight to one of its
/// shape.
class Constraint {
 public:
  static constexpr const char* kKind = "constraint";
  virtual ~Constraint() = default;
  /// Keras's class name: "MaxNorm".
  virtual std::string class_name() const = 0;
  /// Keras's configuration.
  virtual Json config() const = 0;
  /// The weight after the constraint.
  virtual Tensor operator()(const Tensor& weight) const = 0;
  /// The object as Keras writes it, in module "keras.constraints".
  Json serialize() const { return serialize_object("keras.constraints", class_name(), config()); }
};

/// The axes over which norms are taken: one, or several.
struct NormAxes {
  NormAxes(int axis = 0) : axes{axis} {}
  NormAxes(std::initializer_list<int> several) : axes(several), list(true) {}
  std::vector<int> axes;
  bool list = false;  ///< whether configurations write a list
};

/// Arguments of MaxNorm.
struct MaxNormOptions {
  double max_value = 2;
  NormAxes axis = 0;
};
/// Scales down what has a norm above max_value (Keras: keras.constraints.MaxNorm).
class MaxNorm : public Constraint {
 public:
  explicit MaxNorm(const MaxNormOptions& options = {}) : options_(options) {}
  std::string class_name() const override { return "MaxNorm"; }
  Json config() const override;
  Tensor operator()(const Tensor& weight) const override;

 private:
  MaxNormOptions options_;
};

/// Sets what is negative to 0 (Keras: keras.constraints.NonNeg).
class NonNeg : public Constraint {
 public:
  std::string class_name() const override { return "NonNeg"; }
  Json config() const override { return Json::object(); }
  Tensor operator()(const Tensor& weight) const override;
};

/// Scales to norm 1 (Keras: keras.constraints.UnitNorm).
class UnitNorm : public Constraint {
 public:
  explicit UnitNorm(NormAxes axis = 0) : axis_(std::move(axis)) {}
  std::string class_name() const override { return "UnitNorm"; }
  Json config() const override;
  Tensor operator()(const Tensor& weight) const override;

 private:
  NormAxes axis_;
};

/// Arguments of MinMaxNorm.
struct MinMaxNormOptions {
  double min_value = 0.0;
  double max_value = 1.0;
  double rate = 1.0;  ///< in (0, 1]: how far towards the bounds one step goes
  NormAxes axis = 0;
};
/// Scales norms towards [min_value, max_value] (Keras: keras.constraints.MinMaxNorm).
class MinMaxNorm : public Constraint {
 public:
  explicit MinMaxNorm(const MinMaxNormOptions& options = {}) : options_(options) {}
  std::string class_name() const override { return "MinMaxNorm"; }
  Json config() const override;
  Tensor operator()(const Tensor& weight) const override;

 private:
  MinMaxNormOptions options_;
};

}  // namespace lamina
