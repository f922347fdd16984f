// Input: the shape and dtype of what a model takes.
#pragma once

#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of Input.
struct InputOptions {
  int64_t batch_size = -1;        ///< usual batch size, which configurations keep; -1 for any
  DType dtype = DType::kFloat32;  ///< data of other dtypes are cast to it
  std::string name = {};
};

/// The beginning of a model (Keras: keras.layers.InputLayer); made by Input().
class InputLayer final : public KerasLayer<InputLayer> {
 public:
  /// `batch_shape` has the batch axis in front (-1: any); without an axis it stands for a single number, which is no
  /// sample. Throws InvalidArgument for extents below 1.
  explicit InputLayer(const Shape& batch_shape, const InputOptions& options = {});

  std::string class_name() const override { return "InputLayer"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  DType input_dtype(DType) const override { return dtype_; }
  bool supports_masking() const override { return true; }
  Json serialize() const override;

  const Shape& batch_shape() const { return batch_shape_; }
  DType dtype() const { return dtype_; }
  /// The symbolic tensor that graphs of layers begin with.
  Tensor symbolic_output() const;

 private:
  Shape batch_shape_;
  DType dtype_;
};

/// A symbolic tensor for samples of `shape`, without batch axis (Keras: keras.Input): what layers are called
/// on to draw a graph, or the first element of a Sequential.
///
///   auto words = Input({200}, {.dtype = DType::kInt32, .name = "words"});
Tensor Input(const Shape& shape, const InputOptions& options = {});

}  // namespace lamina
