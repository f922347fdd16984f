// Regularizers: what is added to the loss for large weights or outputs.
#pragma once

#include <string>

#include "lamina/core/tensor.h"
#include "lamina/nn/registry.h"

namespace lamina {

/// Base of all regularizers (Keras: keras.regularizers.Regularizer): a function from a tensor to a scalar.
class Regularizer {
 public:
  static constexpr const char* kKind = "regularizer";
  virtual ~Regularizer() = default;
  /// Keras's class name: "L2".
  virtual std::string class_name() const = 0;
  /// Keras's configuration.
  virtual Json config() const = 0;
  /// The penalty, a scalar of x's dtype.
  virtual Tensor operator()(const Tensor& x) const = 0;
  /// The object as Keras writes it, in module "keras.regularizers".
  Json serialize() const { return serialize_object("keras.regularizers", class_name(), config()); }
};

/// l1 * sum(|x|) (Keras: keras.regularizers.L1).
class L1 : public Regularizer {
 public:
  /// Throws InvalidArgument for a factor that is negative or no number.
  explicit L1(double l1 = 0.01);
  std::string class_name() const override { return "L1"; }
  Json config() const override;
  Tensor operator()(const Tensor& x) const override;

 private:
  double l1_;
};

/// l2 * sum(x * x) (Keras: keras.regularizers.L2).
class L2 : public Regularizer {
 public:
  /// Throws InvalidArgument for a factor that is negative or no number.
  explicit L2(double l2 = 0.01);
  std::string class_name() const override { return "L2"; }
  Json config() const override;
  Tensor operator()(const Tensor& x) const override;

 private:
  double l2_;
};

/// Arguments of L1L2.
struct L1L2Options {
  double l1 = 0.0;
  double l2 = 0.0;
};

/// l1 * sum(|x|) + l2 * sum(x * x) (Keras: keras.regularizers.L1L2).
class L1L2 : public Regularizer {
 public:
  /// Throws InvalidArgument for a factor that is negative or no number.
  explicit L1L2(const L1L2Options& options = {});
  std::string class_name() const override { return "L1L2"; }
  Json config() const override;
  Tensor operator()(const Tensor& x) const override;

 private:
  L1L2Options options_;
};

/// Arguments of OrthogonalRegularizer.
struct OrthogonalRegularizerOptions {
  double factor = 0.01;
  std::string mode = "rows";  ///< or "columns": which shall be orthogonal to each other
};

/// factor times the mean absolute product of different rows (or columns) of unit length, of a matrix (Keras:
/// keras.regularizers.OrthogonalRegularizer).
class OrthogonalRegularizer : public Regularizer {
 public:
  /// Throws InvalidArgument for a factor that is negative or no number and for an unknown mode.
  explicit OrthogonalRegularizer(const OrthogonalRegularizerOptions& options = {});
  std::string class_name() const override { return "OrthogonalRegularizer"; }
  Json config() const override;
  /// Throws InvalidArgument for a tensor that is no matrix.
  Tensor operator()(const Tensor& x) const override;

 private:
  OrthogonalRegularizerOptions options_;
};

}  // namespace lamina
