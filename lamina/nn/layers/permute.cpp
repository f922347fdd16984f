// Permute.
#include "lamina/nn/layers/permute.h"

#include <algorithm>

#include "lamina/nn/config.h"
#include "lamina/ops/transpose.h"

namespace lamina {
namespace {

Json list_json(const std::vector<int64_t>& values) {
  Json list = Json::list();
  for (const int64_t value : values) list.push_back(value);
  return list;
}

}  // namespace

Permute::Permute(const std::vector<int64_t>& dims, const PermuteOptions& options)
    : KerasLayer<Permute>(options.name, true, options.dtype), dims_(dims) {
  std::vector<int64_t> sorted = dims;
  std::sort(sorted.begin(), sorted.end());
  bool valid = !dims.empty();
  for (size_t i = 0; i < sorted.size(); ++i) valid = valid && sorted[i] == static_cast<int64_t>(i) + 1;
  if (!valid) {
    fail("dims must hold each of 1, 2, ... once (the batch axis is not among them), received " +
         list_json(dims).dump());
  }
}

Shape Permute::compute_output_shape(const Shape& input) const {
  if (input.rank() != static_cast<int>(dims_.size()) + 1) {
    fail("dims name " + std::to_string(dims_.size()) + " axes behind the batch, received shape " +
         input.str());
  }
  Shape output{input[0]};
  for (const int64_t axis : dims_) output.push_back(input[static_cast<int>(axis)]);
  return output;
}

Tensor Permute::call(const Tensor& x, CallContext&) const {
  std::vector<int> order = {0};
  for (const int64_t axis : dims_) order.push_back(static_cast<int>(axis));
  return transpose(x, order);
}

Json Permute::own_config() const { return Json::object({{"dims", list_json(dims_)}}); }

namespace {

const bool permute_registered = register_layer("Permute", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Permute");
  PermuteOptions options;
  bool trainable = true;
  reader.layer_arguments(options.name, trainable, &options.dtype);
  const std::vector<int64_t> dims = reader.integers("dims");
  reader.done();
  return std::make_shared<Permute>(dims, options);
});

}  // namespace

}  // namespace lamina
