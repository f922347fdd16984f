// ActivityRegularization.
#include "lamina/nn/layers/activity_regularization.h"

#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"

namespace lamina {

ActivityRegularization::ActivityRegularization(const ActivityRegularizationOptions& options)
    : KerasLayer<ActivityRegularization>(options.name, options.trainable, options.dtype), l1_(options.l1), l2_(options.l2) {
  if (!(l1_ >= 0) || !(l2_ >= 0))
    fail("l1 and l2 must not be negative, received " + std::to_string(l1_) + " and " + std::to_string(l2_));
}

Tensor ActivityRegularization::call(const Tensor& x, CallContext& context) const {
  const double batch = x.rank() > 0 ? static_cast<double>(x.shape()[0]) : 1.0;
  context.add_loss(L1L2({.l1 = l1_, .l2 = l2_})(x) / batch);
  return x;
}

Json ActivityRegularization::own_config() const { return Json::object({{"l1", l1_}, {"l2", l2_}}); }

namespace {

const bool activity_regularization_registered = register_layer("ActivityRegularization", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "ActivityRegularization");
  ActivityRegularizationOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  options.l1 = reader.number("l1", 0.0);
  options.l2 = reader.number("l2", 0.0);
  reader.allow("activity_regularizer");
  reader.done();
  return std::make_shared<ActivityRegularization>(options);
});

}  // namespace

}  // namespace lamina
