// Flatten: all axes but the batch in one.
#pragma once

#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of Flatten.
struct FlattenOptions {
  std::string name = {};
};

/// All axes but the batch in one, row-major (Keras: keras.layers.Flatten).
class Flatten final : public KerasLayer<Flatten> {
 public:
  explicit Flatten(const FlattenOptions& options = {});
  std::string class_name() const override { return "Flatten"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  DType input_dtype(DType given) const override { return keep_integers(given); }
  bool keeps_values() const override { return true; }

 protected:
  Json own_config() const override;
};

}  // namespace lamina
