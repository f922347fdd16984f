// Input: the shape of what a model takes.
#pragma once

#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of Input.
struct InputOptions {
  int64_t batch_size = -1;  ///< usual batch size, which configurations keep; -1 for any
  std::string dtype =
      "float32";  ///< of the values the model computes with; data of other dtypes are cast to it
  std::string name = {};
};

/// The first layer of a model that knows its input (Keras: keras.layers.InputLayer); made by Input().
class InputLayer final : public Layer {
 public:
  /// `batch_shape` has the batch axis in front (-1: any). Throws InvalidArgument for extents below 1 and for
  /// a dtype other than float32.
  explicit InputLayer(const Shape& batch_shape, const InputOptions& options = {});

  std::string class_name() const override { return "InputLayer"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  const Shape& batch_shape() const { return batch_shape_; }
  Json serialize() const override;

 private:
  Shape batch_shape_;
};

/// An InputLayer for samples of `shape`, without batch axis: `Input({28, 28, 1})`.
InputLayer Input(const Shape& shape, const InputOptions& options = {});

}  // namespace lamina
