// Hashing and HashedCrossing: integers without a vocabulary as categories.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/layer.h"

namespace lamina {

namespace detail {
enum class CategoryMode;
}

/// Options of Hashing, with Keras's defaults.
struct HashingOptions {
  std::optional<int64_t> mask_value = {};  ///< the integer that alone goes to bin 0, where there are others
  std::vector<int64_t> salt = {};          ///< two numbers that make the hash another one, or none
  /// "int": the bin, int64; "one_hot", "multi_hot" and "count" as in CategoryEncoding.
  std::string output_mode = "int";
  std::string name = {};
  /// In mode "int" the dtype of the bins, "int64" (also where it is empty) or "int32"; otherwise the policy.
  std::string dtype = {};
};

/// The bin of each integer by a hash of its digits (Keras: keras.layers.Hashing): the same number in Keras's
/// words and here. Floats lose their fractions first. No gradient passes.
class Hashing final : public KerasLayer<Hashing> {
 public:
  /// Throws InvalidArgument for fewer than 1 bin, a salt that is not two numbers, an unknown mode.
  explicit Hashing(int64_t num_bins, const HashingOptions& options = {});
  std::string class_name() const override { return "Hashing"; }
  DType input_dtype(DType) const override { return DType::kInt64; }
  Shape compute_output_shape(const Shape& input) const override;
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  Json serialize() const override;

 protected:
  Json own_config() const override;
  bool records_build() const override { return false; }

 private:
  DType output_dtype() const;

  int64_t num_bins_;
  HashingOptions options_;
  detail::CategoryMode mode_;
};

/// Options of HashedCrossing, with Keras's defaults.
struct HashedCrossingOptions {
  std::string output_mode = "int";  ///< the bin, or "one_hot"
  std::string name = {};
  std::string dtype = {};  ///< as in HashingOptions
};

/// The bin of the integers of several tensors together (Keras: keras.layers.HashedCrossing), each (batch,) or
/// (batch, 1). No gradient passes.
class HashedCrossing final : public KerasLayer<HashedCrossing> {
 public:
  /// Throws InvalidArgument for fewer than 1 bin and an unknown mode.
  explicit HashedCrossing(int64_t num_bins, const HashedCrossingOptions& options = {});
  std::string class_name() const override { return "HashedCrossing"; }
  DType input_dtype(DType) const override { return DType::kInt64; }
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;
  std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const override;
  Json serialize() const override;

 protected:
  Json own_config() const override;
  bool records_build() const override { return false; }

 private:
  DType output_dtype() const;

  int64_t num_bins_;
  std::string dtype_;
  detail::CategoryMode mode_;
};

}  // namespace lamina
