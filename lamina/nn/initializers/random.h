// Random initialisers with fixed parameters: RandomUniform, RandomNormal, TruncatedNormal, Orthogonal.
//
// Common to all: `seed`, when given, is used in place of the model's, and every weight of one shape gets the
// same values. The draws come from Philox and differ from Keras's, whose distribution they share. Throw
// InvalidArgument for a dtype that is not floating.
#pragma once

#include "lamina/nn/initializers/initializer.h"

namespace lamina {

struct RandomUniformOptions {
  double minval = -0.05;  ///< lower bound, included
  double maxval = 0.05;   ///< upper bound, excluded
  std::optional<int64_t> seed = {};
};

/// Uniform between two bounds (keras.initializers.RandomUniform).
class RandomUniform : public Initializer {
 public:
  explicit RandomUniform(RandomUniformOptions options = {}) : options_(options) {}
  std::string class_name() const override { return "RandomUniform"; }
  Json config() const override;
  Tensor operator()(const TensorType& type, uint64_t seed = 0, int stream = 0) const override;

 private:
  RandomUniformOptions options_;
};

struct RandomNormalOptions {
  double mean = 0.0;
  double stddev = 0.05;
  std::optional<int64_t> seed = {};
};

/// Normal (keras.initializers.RandomNormal).
class RandomNormal : public Initializer {
 public:
  explicit RandomNormal(RandomNormalOptions options = {}) : options_(options) {}
  std::string class_name() const override { return "RandomNormal"; }
  Json config() const override;
  Tensor operator()(const TensorType& type, uint64_t seed = 0, int stream = 0) const override;

 private:
  RandomNormalOptions options_;
};

/// Normal, drawn again where it lies more than two standard deviations from the mean
/// (keras.initializers.TruncatedNormal). `stddev` is that before truncation.
class TruncatedNormal : public Initializer {
 public:
  explicit TruncatedNormal(RandomNormalOptions options = {}) : options_(options) {}
  std::string class_name() const override { return "TruncatedNormal"; }
  Json config() const override;
  Tensor operator()(const TensorType& type, uint64_t seed = 0, int stream = 0) const override;

 private:
  RandomNormalOptions options_;
};

struct OrthogonalOptions {
  double gain = 1.0;  ///< factor of the orthogonal matrix
  std::optional<int64_t> seed = {};
};

/// A random orthogonal matrix: orthonormal columns, or rows where there are fewer of them, of the shape with
/// all but the last axis flattened (keras.initializers.Orthogonal; Saxe et al., 2014). Computed on the host
/// in double. Throws InvalidArgument for fewer than two axes.
class Orthogonal : public Initializer {
 public:
  explicit Orthogonal(OrthogonalOptions options = {}) : options_(options) {}
  /// The name that every Keras 3 finds: 3.0 knows the class by no other, later ones by both.
  std::string class_name() const override { return "OrthogonalInitializer"; }
  Json config() const override;
  Tensor operator()(const TensorType& type, uint64_t seed = 0, int stream = 0) const override;

 private:
  OrthogonalOptions options_;
};

}  // namespace lamina
