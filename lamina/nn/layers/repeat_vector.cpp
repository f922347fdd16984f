// RepeatVector.
#include "lamina/nn/layers/repeat_vector.h"

#include "lamina/nn/config.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/reshape.h"

namespace lamina {

RepeatVector::RepeatVector(int64_t n, const RepeatVectorOptions& options)
    : KerasLayer<RepeatVector>(options.name, true, options.dtype), n_(n) {
  if (n < 1) fail("n must be positive, received " + std::to_string(n));
}

Shape RepeatVector::compute_output_shape(const Shape& input) const {
  require_rank(input, 2, "(batch, features)");
  return {input[0], n_, input[1]};
}

Tensor RepeatVector::call(const Tensor& x, CallContext&) const {
  return broadcast_to(expand_dims(x, 1), {x.shape()[0], n_, x.shape()[1]});
}

Json RepeatVector::own_config() const { return Json::object({{"n", n_}}); }

namespace {

const bool repeat_vector_registered = register_layer("RepeatVector", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "RepeatVector");
  RepeatVectorOptions options;
  bool trainable = true;
  reader.layer_arguments(options.name, trainable, &options.dtype);
  const int64_t n = reader.integer("n");
  reader.done();
  return std::make_shared<RepeatVector>(n, options);
});

}  // namespace

}  // namespace lamina
