// Softmax.
#include "lamina/nn/layers/softmax.h"

#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {

Softmax::Softmax(const SoftmaxOptions& options)
    : KerasLayer<Softmax>(options.name, true), axis_(options.axis) {
  if (axis_.values.empty()) fail("axis must name an axis");
}

Shape Softmax::compute_output_shape(const Shape& input) const {
  for (const int axis : axis_.values) {
    if (axis < -input.rank() || axis >= input.rank()) {
      fail("axis " + std::to_string(axis) + " is out of range for input of shape " + input.str());
    }
  }
  return input;
}

Tensor Softmax::call(const Tensor& x, CallContext&) const {
  if (axis_.values.size() == 1) return softmax(x, axis_.values[0]);
  return exp(x - logsumexp(x, axis_.values, true));
}

std::vector<Tensor> Softmax::forward(const LayerCall& call, CallContext& context) const {
  const Tensor& x = call.inputs.at(0);
  Tensor mask = call.mask();
  if (!mask.defined()) return {this->call(x, context)};
  bool fits = mask.rank() <= x.rank();
  for (int axis = 1; fits && axis <= mask.rank(); ++axis)
    fits = mask.shape()[-axis] == 1 || mask.shape()[-axis] == x.shape()[-axis];
  if (!fits)
    fail("mask of shape " + mask.shape().str() + " does not broadcast to the input of shape " +
         x.shape().str());
  if (mask.dtype() != DType::kBool) mask = greater(mask, 0.5);
  const Tensor rest = where(mask, x, x.dtype() == DType::kFloat16 ? -3e4 : -1e9);
  return {where(mask, this->call(rest, context), 0.0)};
}

Json Softmax::own_config() const {
  if (!axis_.list) return Json::object({{"axis", axis_.values[0]}});
  Json axes = Json::list();
  for (const int axis : axis_.values) axes.push_back(axis);
  return Json::object({{"axis", axes}});
}

namespace {

const bool softmax_registered = register_layer("Softmax", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Softmax");
  SoftmaxOptions options;
  bool trainable = true;
  std::string dtype;
  reader.layer_arguments(options.name, trainable, &dtype);
  const Json* axis = config.find("axis");
  if (axis && axis->is_list()) {
    const std::vector<int64_t> axes = reader.integers("axis");
    options.axis.values.assign(axes.begin(), axes.end());
    options.axis.list = true;
  } else {
    options.axis = static_cast<int>(reader.integer("axis", -1));
  }
  reader.done();
  const auto layer = std::make_shared<Softmax>(options);
  if (!dtype.empty()) layer->set_dtype_policy(dtype);
  return layer;
});

}  // namespace

}  // namespace lamina
