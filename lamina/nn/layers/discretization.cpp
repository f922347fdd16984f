// Discretization.
#include "lamina/nn/layers/discretization.h"

#include <algorithm>
#include <cmath>

#include "lamina/nn/config.h"
#include "lamina/nn/layers/category_output.h"
#include "lamina/ops/searchsorted.h"

namespace lamina {

Discretization::Discretization(std::vector<double> bin_boundaries, const DiscretizationOptions& options)
    : KerasLayer<Discretization>(options.name, true, options.dtype),
      boundaries_(std::move(bin_boundaries)),
      mode_(detail::category_mode(options.output_mode, /*numbers=*/true)),
      epsilon_(options.epsilon) {
  if (boundaries_.empty()) fail("bin_boundaries: at least one number was expected");
  for (const double boundary : boundaries_) {
    if (!std::isfinite(boundary)) fail("bin_boundaries hold a number that is not finite");
  }
  if (!std::is_sorted(boundaries_.begin(), boundaries_.end())) fail("bin_boundaries must ascend");
}

Shape Discretization::compute_output_shape(const Shape& input) const {
  std::string problem;
  Shape output = detail::category_shape(input, mode_, depth(), problem);
  if (!problem.empty()) fail(problem);
  return output;
}

TensorSpecs Discretization::compute_output_specs(const TensorSpecs& inputs) const {
  const DType dtype = mode_ == detail::CategoryMode::kInt ? DType::kInt32 : compute_dtype();
  return {{compute_output_shape(require_inputs(inputs, 1)[0].shape), dtype}};
}

Tensor Discretization::call(const Tensor& x, CallContext&) const {
  const std::vector<float> numbers(boundaries_.begin(), boundaries_.end());
  const Tensor bins = Tensor::from(numbers, {static_cast<int64_t>(numbers.size())});
  return detail::encode_categories(digitize(x, bins), mode_, depth(), compute_dtype());
}

Json Discretization::own_config() const {
  Json boundaries = Json::list();
  for (const double boundary : boundaries_) boundaries.push_back(boundary);
  return Json::object({{"bin_boundaries", std::move(boundaries)},
                       {"num_bins", nullptr},
                       {"epsilon", epsilon_},
                       {"output_mode", detail::name(mode_)},
                       {"sparse", false}});
}

Json Discretization::serialize() const {
  Json json = KerasLayer<Discretization>::serialize();
  std::erase_if(json["config"].as_object(),
                [](const Json::Member& member) { return member.first == "trainable"; });
  return json;
}

namespace {

const bool discretization_registered = register_layer("Discretization", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Discretization");
  DiscretizationOptions options;
  bool trainable = true;
  reader.layer_arguments(options.name, trainable, &options.dtype);
  options.output_mode = reader.string("output_mode", "int");
  reader.allow("num_bins");  // asked for before the boundaries were learned
  options.epsilon = reader.number("epsilon", options.epsilon);
  reader.only("sparse", false);
  if (reader.json("bin_boundaries").is_null())
    reader.fail("bin_boundaries", "is missing: the layer has not been adapted to any data");
  std::vector<double> boundaries = reader.numbers("bin_boundaries");
  reader.done();
  return std::make_shared<Discretization>(std::move(boundaries), options);
});

}  // namespace

}  // namespace lamina
