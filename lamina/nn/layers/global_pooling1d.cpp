// GlobalAveragePooling1D and GlobalMaxPooling1D.
#include "lamina/nn/layers/global_pooling1d.h"

#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/where.h"

namespace lamina {

GlobalPooling1D::GlobalPooling1D(const GlobalPooling1DOptions& options)
    : Layer(options.name, options.trainable, options.dtype), keepdims_(options.keepdims) {}

Shape GlobalPooling1D::compute_output_shape(const Shape& input) const {
  require_rank(input, 3, "(batch, steps, channels)");
  return keepdims_ ? Shape{input[0], 1, input[2]} : Shape{input[0], input[2]};
}

Json GlobalPooling1D::own_config() const {
  return Json::object({{"data_format", "channels_last"}, {"keepdims", keepdims_}});
}

GlobalAveragePooling1D::GlobalAveragePooling1D(const GlobalPooling1DOptions& options)
    : KerasLayer<GlobalAveragePooling1D, GlobalPooling1D>(options) {}

Tensor GlobalAveragePooling1D::call(const Tensor& x, CallContext&) const { return mean(x, {1}, keepdims_); }

std::vector<Tensor> GlobalAveragePooling1D::forward(const LayerCall& call, CallContext& context) const {
  const Tensor& x = call.inputs.at(0);
  const Tensor mask = call.mask();
  if (!mask.defined()) return {this->call(x, context)};
  if (mask.rank() != 2) fail("the mask must be (batch, steps), received shape " + mask.shape().str());
  for (const int axis : {0, 1}) {
    const int64_t extent = mask.shape()[axis];
    if (extent == x.shape()[axis] || extent == 1) continue;
    fail("mask must have shape " + Shape{x.shape()[0], x.shape()[1]}.str() + ", (batch, steps), received " +
         mask.shape().str());
  }
  const Tensor counts = expand_dims(cast(mask, DType::kBool), 2);
  return {sum(where(counts, x, 0.0), {1}, keepdims_) / sum(cast(counts, x.dtype()), {1}, keepdims_)};
}

GlobalMaxPooling1D::GlobalMaxPooling1D(const GlobalPooling1DOptions& options)
    : KerasLayer<GlobalMaxPooling1D, GlobalPooling1D>(options) {}

Tensor GlobalMaxPooling1D::call(const Tensor& x, CallContext&) const { return max(x, {1}, keepdims_); }

namespace {

template <class Pooling>
std::shared_ptr<Layer> global(const Json& config, const char* class_name) {
  ConfigReader reader(config, class_name);
  GlobalPooling1DOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  options.keepdims = reader.boolean("keepdims", false);
  reader.only("data_format", "channels_last");
  reader.done();
  return std::make_shared<Pooling>(options);
}

const bool average_registered = register_layer("GlobalAveragePooling1D", [](const Json& config) {
  return global<GlobalAveragePooling1D>(config, "GlobalAveragePooling1D");
});
const bool max_registered = register_layer("GlobalMaxPooling1D", [](const Json& config) {
  return global<GlobalMaxPooling1D>(config, "GlobalMaxPooling1D");
});

}  // namespace

}  // namespace lamina
