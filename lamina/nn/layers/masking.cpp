// Masking.
#include "lamina/nn/layers/masking.h"

#include "lamina/nn/config.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/where.h"

namespace lamina {

Masking::Masking(double mask_value, const MaskingOptions& options)
    : KerasLayer<Masking>(options.name, true, options.dtype), mask_value_(mask_value) {}

Shape Masking::compute_output_shape(const Shape& input) const {
  if (input.rank() < 2) {
    fail("expected input of rank 2 or more, (batch, time, ..., features), received shape " + input.str());
  }
  return input;
}

Tensor Masking::call(const Tensor& x, CallContext&) const {
  return where(ops::any(not_equal(x, mask_value_), {-1}, true), x, 0.0);
}

std::vector<Tensor> Masking::compute_mask(const LayerCall& call, const std::vector<Tensor>&) const {
  return {ops::any(not_equal(call.inputs.at(0), mask_value_), {-1})};
}

Json Masking::own_config() const { return Json::object({{"mask_value", mask_value_}}); }

namespace {

const bool masking_registered = register_layer("Masking", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Masking");
  MaskingOptions options;
  bool trainable = true;
  reader.layer_arguments(options.name, trainable, &options.dtype);
  const double mask_value = reader.number("mask_value", 0.0);
  reader.done();
  return std::make_shared<Masking>(mask_value, options);
});

}  // namespace

}  // namespace lamina
