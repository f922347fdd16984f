// CategoryEncoding.
#include "lamina/nn/layers/category_encoding.h"

#include "lamina/nn/config.h"
#include "lamina/nn/layers/category_output.h"
#include "lamina/ops/to_index.h"

namespace lamina {

CategoryEncoding::CategoryEncoding(int64_t num_tokens, const CategoryEncodingOptions& options)
    : KerasLayer<CategoryEncoding>(options.name, true, options.dtype),
      num_tokens_(num_tokens),
      mode_(detail::category_mode(options.output_mode, /*numbers=*/false)) {
  if (num_tokens < 1) fail("num_tokens must be positive, received " + std::to_string(num_tokens));
}

Shape CategoryEncoding::compute_output_shape(const Shape& input) const {
  std::string problem;
  Shape output = detail::category_shape(input, mode_, num_tokens_, problem);
  if (!problem.empty()) fail(problem);
  return output;
}

TensorSpecs CategoryEncoding::compute_output_specs(const TensorSpecs& inputs) const {
  return {{compute_output_shape(require_inputs(inputs, 1)[0].shape), compute_dtype()}};
}

Tensor CategoryEncoding::call(const Tensor& x, CallContext&) const {
  return detail::encode_categories(to_index(x), mode_, num_tokens_, compute_dtype());
}

Json CategoryEncoding::own_config() const {
  return Json::object({{"num_tokens", num_tokens_}, {"output_mode", detail::name(mode_)}});
}

namespace {

const bool category_encoding_registered = register_layer("CategoryEncoding", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "CategoryEncoding");
  CategoryEncodingOptions options;
  bool trainable = true;
  reader.layer_arguments(options.name, trainable, &options.dtype);
  const int64_t num_tokens = reader.integer("num_tokens");
  options.output_mode = reader.string("output_mode", "multi_hot");
  reader.only("sparse", false);
  reader.done();
  return std::make_shared<CategoryEncoding>(num_tokens, options);
});

}  // namespace

}  // namespace lamina
