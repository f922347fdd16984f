// Permute: the axes of each sample in another order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of Permute.
struct PermuteOptions {
  std::string name = {};
  std::string dtype = {};
};

/// Axis i of the output, counted from 1 behind the batch, is axis dims[i - 1] of the input: Permute({2, 1})
/// turns (batch, 10, 64) into (batch, 64, 10) (Keras: keras.layers.Permute).
class Permute final : public KerasLayer<Permute> {
 public:
  /// Throws InvalidArgument unless `dims` holds each of 1 to its length once.
  explicit Permute(const std::vector<int64_t>& dims, const PermuteOptions& options = {});
  std::string class_name() const override { return "Permute"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  DType input_dtype(DType given) const override { return keep_integers(given); }
  bool keeps_values() const override { return true; }

 protected:
  Json own_config() const override;

 private:
  std::vector<int64_t> dims_;
};

}  // namespace lamina
