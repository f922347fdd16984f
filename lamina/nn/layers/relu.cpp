// ReLU.
#include "lamina/nn/layers/relu.h"

#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {

ReLU::ReLU(const ReLUOptions& options) : KerasLayer<ReLU>(options.name, true), options_(options) {
  if (options.max_value && *options.max_value < 0) fail("max_value must not be negative");
  if (options.negative_slope < 0) fail("negative_slope must not be negative");
  if (options.threshold < 0) fail("threshold must not be negative");
}

Tensor ReLU::call(const Tensor& x, CallContext&) const {
  Tensor y;
  if (options_.negative_slope != 0) {
    y = where(greater_equal(x, options_.threshold), x, (x - options_.threshold) * options_.negative_slope);
  } else if (options_.threshold != 0) {
    y = where(less_equal(x, options_.threshold), 0.0, x);  // keeps NaN
  } else {
    y = relu(x);
  }
  // In this order no gradient comes back at the bound itself, as in Keras.
  return options_.max_value ? minimum(full({}, *options_.max_value, y.dtype()), y) : y;
}

Json ReLU::own_config() const {
  return Json::object({{"max_value", options_.max_value ? Json(*options_.max_value) : Json()},
                       {"negative_slope", options_.negative_slope},
                       {"threshold", options_.threshold}});
}

namespace {

const bool relu_registered = register_layer("ReLU", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "ReLU");
  ReLUOptions options;
  bool trainable = true;
  std::string dtype;
  reader.layer_arguments(options.name, trainable, &dtype);
  options.max_value = reader.optional_number("max_value");
  options.negative_slope = reader.number("negative_slope", 0);
  options.threshold = reader.number("threshold", 0);
  reader.done();
  const auto layer = std::make_shared<ReLU>(options);
  if (!dtype.empty()) layer->set_dtype_policy(dtype);
  return layer;
});

}  // namespace

}  // namespace lamina
