// RepeatVector: a vector as a sequence of copies.
#pragma once

#include <cstdint>
#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of RepeatVector.
struct RepeatVectorOptions {
  std::string name = {};
  std::string dtype = {};
};

/// (batch, features) to (batch, n, features), the same vector n times (Keras: keras.layers.RepeatVector).
class RepeatVector final : public KerasLayer<RepeatVector> {
 public:
  /// Throws InvalidArgument for n < 1.
  explicit RepeatVector(int64_t n, const RepeatVectorOptions& options = {});
  std::string class_name() const override { return "RepeatVector"; }
  Shape compute_output_shape(const Shape& input) const override;
  bool keeps_values() const override { return true; }
  Tensor call(const Tensor& x, CallContext& context) const override;

 protected:
  Json own_config() const override;

 private:
  int64_t n_;
};

}  // namespace lamina
