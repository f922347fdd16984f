// Reshape: the same elements under another shape.
#pragma once

#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of Reshape.
struct ReshapeOptions {
  std::string name = {};
};

/// Another shape of as many elements, the batch axis apart (Keras: keras.layers.Reshape).
class Reshape final : public KerasLayer<Reshape> {
 public:
  /// `target_shape` is without batch axis; one extent may be -1, to be inferred. Throws InvalidArgument for
  /// two of them and for extents of 0.
  explicit Reshape(const Shape& target_shape, const ReshapeOptions& options = {});
  std::string class_name() const override { return "Reshape"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  DType input_dtype(DType given) const override { return keep_integers(given); }
  bool keeps_values() const override { return true; }

 protected:
  Json own_config() const override;
  bool records_build() const override { return false; }

 private:
  Shape target_shape_;
};

}  // namespace lamina
