// Reshape.
#include "lamina/nn/layers/reshape.h"

#include "lamina/nn/config.h"
#include "lamina/nn/detail/extents.h"
#include "lamina/ops/reshape.h"

namespace lamina {

Reshape::Reshape(const Shape& target_shape, const ReshapeOptions& options)
    : KerasLayer<Reshape>(options.name, true), target_shape_(target_shape) {
  int inferred = 0;
  for (const int64_t extent : target_shape) {
    inferred += extent == -1;
    if (extent == 0 || extent < -1) fail("extents must be positive or -1, received " + target_shape.str());
  }
  if (!detail::countable(target_shape)) fail("shape " + target_shape.str() + " is too large for any memory");
  if (inferred > 1) fail("at most one extent may be -1, received " + target_shape.str());
}

Shape Reshape::compute_output_shape(const Shape& input) const {
  if (input.rank() < 1) fail("expected input with a batch axis, received shape " + input.str());
  int64_t size = 1, known = 1;
  bool unknown_input = false;
  for (int axis = 1; axis < input.rank(); ++axis) {
    unknown_input |= input[axis] < 0;
    size *= input[axis];
  }
  Shape output{input[0]};
  int inferred = 0;
  for (int axis = 0; axis < target_shape_.rank(); ++axis) {
    if (target_shape_[axis] == -1) {
      inferred = axis + 1;
    } else {
      known *= target_shape_[axis];
    }
    output.push_back(target_shape_[axis]);
  }
  if (unknown_input) return output;
  if (inferred ? size % known != 0 : size != known) {
    fail("cannot reshape " + std::to_string(size) + " elements a sample (input of shape " + input.str() +
         ") to " + target_shape_.str());
  }
  if (inferred) output.set(inferred, size / known);
  return output;
}

Tensor Reshape::call(const Tensor& x, CallContext&) const {
  return reshape(x, compute_output_shape(x.shape()));
}

Json Reshape::own_config() const {
  Json shape = Json::list();  // an open extent stays -1
  for (const int64_t extent : target_shape_) shape.push_back(extent);
  return Json::object({{"target_shape", shape}});
}

namespace {

const bool reshape_registered = register_layer("Reshape", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Reshape");
  ReshapeOptions options;
  bool trainable = true;
  std::string dtype;
  reader.layer_arguments(options.name, trainable, &dtype);
  const Shape target(reader.integers("target_shape"));
  reader.done();
  const auto layer = std::make_shared<Reshape>(target, options);
  if (!dtype.empty()) layer->set_dtype_policy(dtype);
  return layer;
});

}  // namespace

}  // namespace lamina
