// InputLayer: checks what comes in.
#include "lamina/nn/layers/input_layer.h"

#include "lamina/base/error.h"
#include "lamina/nn/config.h"
#include "lamina/nn/detail/call_node.h"

namespace lamina {

InputLayer::InputLayer(const Shape& batch_shape, const InputOptions& options)
    : KerasLayer<InputLayer>(options.name, true), batch_shape_(batch_shape), dtype_(options.dtype) {
  for (int axis = 0; axis < batch_shape.rank(); ++axis) {
    if (batch_shape[axis] < 1 && batch_shape[axis] != -1) {
      fail("extents must be positive, or -1 for any; received " + batch_shape.str());
    }
  }
}

Shape InputLayer::compute_output_shape(const Shape& input) const {
  // A batch size is not checked: as in Keras, it says what is usual, and the last batch may be smaller.
  bool fits = input.rank() == batch_shape_.rank();
  for (int axis = 1; fits && axis < input.rank(); ++axis)
    fits = batch_shape_[axis] == -1 || input[axis] == -1 || input[axis] == batch_shape_[axis];
  if (!fits) fail("expected input of shape " + batch_shape_.str() + ", received " + input.str());
  Shape output = batch_shape_;
  for (int axis = 0; axis < output.rank(); ++axis) {
    if (input[axis] != -1) output.set(axis, input[axis]);
  }
  return output;
}

Tensor InputLayer::call(const Tensor& x, CallContext&) const { return x; }

Json InputLayer::serialize() const {
  return serialize_object("keras.layers", class_name(),
                          Json::object({{"batch_shape", shape_json(batch_shape_)},
                                        {"dtype", lamina::name(dtype_)},
                                        {"sparse", false},
                                        {"ragged", false},
                                        {"name", name()},
                                        {"optional", false}}));
}

Tensor InputLayer::symbolic_output() const {
  build(batch_shape_);
  return detail::draw_call(share(), 0, LayerCall(), {{batch_shape_, dtype_}})[0];
}

Tensor Input(const Shape& shape, const InputOptions& options) {
  Shape batch_shape{options.batch_size};
  for (const int64_t extent : shape) batch_shape.push_back(extent);
  return InputLayer(batch_shape, options).symbolic_output();
}

namespace {

const bool input_layer_registered = register_layer("InputLayer", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "InputLayer");
  InputOptions options;
  options.name = reader.string("name", "");
  const Json* dtype = config.find("dtype");
  // Keras 2 wrote a policy in some versions, a name in others.
  options.dtype = dtype_from_name(dtype && dtype->is_object() ? dtype->at("config").at("name").as_string()
                                                              : reader.string("dtype", "float32"));
  if (dtype && dtype->is_object()) reader.allow("dtype");
  const char* key = config.contains("batch_input_shape") ? "batch_input_shape" : "batch_shape";
  const Shape shape(reader.integers(key));
  reader.only("sparse", false);
  reader.only("ragged", false);
  reader.only("optional", false);
  reader.done();
  return std::make_shared<InputLayer>(shape, options);
});

}  // namespace

}  // namespace lamina
