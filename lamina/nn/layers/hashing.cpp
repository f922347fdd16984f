// Hashing and HashedCrossing.
#include "lamina/nn/layers/hashing.h"

#include "lamina/nn/config.h"
#include "lamina/nn/layers/category_output.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/hash_bins.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

// Numbers of bins have an integer dtype where other layers have a policy.
std::string policy_of(const std::string& mode, const std::string& dtype) {
  return mode == "int" ? std::string() : dtype;
}

std::string dtype_error(const std::string& dtype) {
  if (dtype.empty() || dtype == "int64" || dtype == "int32") return "";
  return "with output_mode 'int', dtype must be int64 or int32, received " + dtype;
}

DType integer_of(const std::string& dtype) { return dtype == "int32" ? DType::kInt32 : DType::kInt64; }

Json with_integers(Json json, const std::string& dtype) {
  json["config"]["dtype"]["config"]["name"] = dtype.empty() ? "int64" : dtype;
  return json;
}

}  // namespace

Hashing::Hashing(int64_t num_bins, const HashingOptions& options)
    : KerasLayer<Hashing>(options.name, true, policy_of(options.output_mode, options.dtype)),
      num_bins_(num_bins),
      options_(options),
      mode_(detail::category_mode(options.output_mode, /*numbers=*/true)) {
  if (num_bins < 1) fail("num_bins must be positive, received " + std::to_string(num_bins));
  if (!options.salt.empty() && options.salt.size() != 2)
    fail("salt must be two numbers, received " + std::to_string(options.salt.size()));
  if (mode_ != detail::CategoryMode::kInt) return;
  if (const std::string error = dtype_error(options.dtype); !error.empty()) fail(error);
}

DType Hashing::output_dtype() const {
  return mode_ == detail::CategoryMode::kInt ? integer_of(options_.dtype) : compute_dtype();
}

Shape Hashing::compute_output_shape(const Shape& input) const {
  std::string problem;
  Shape output = detail::category_shape(input, mode_, num_bins_, problem);
  if (!problem.empty()) fail(problem);
  return output;
}

TensorSpecs Hashing::compute_output_specs(const TensorSpecs& inputs) const {
  return {{compute_output_shape(require_inputs(inputs, 1)[0].shape), output_dtype()}};
}

Tensor Hashing::call(const Tensor& x, CallContext&) const {
  const bool masked = options_.mask_value && num_bins_ > 1;
  Tensor bins = hash_bins(x, num_bins_ - (masked ? 1 : 0), options_.salt);
  if (masked) {
    const Tensor mask = Tensor::from(std::vector<int64_t>{*options_.mask_value}, {1});
    bins = where(equal(x, mask), Tensor::from(std::vector<int64_t>{0}, {1}), bins + 1.0);
  }
  return cast(detail::encode_categories(bins, mode_, num_bins_, compute_dtype()), output_dtype());
}

Json Hashing::serialize() const {
  Json json = KerasLayer<Hashing>::serialize();
  return mode_ == detail::CategoryMode::kInt ? with_integers(std::move(json), options_.dtype) : json;
}

Json Hashing::own_config() const {
  Json salt;
  if (!options_.salt.empty()) salt = Json::list({options_.salt[0], options_.salt[1]});
  return Json::object({{"num_bins", num_bins_},
                       {"salt", salt},
                       {"mask_value", options_.mask_value ? Json(*options_.mask_value) : Json()},
                       {"output_mode", detail::name(mode_)},
                       {"sparse", false}});
}

HashedCrossing::HashedCrossing(int64_t num_bins, const HashedCrossingOptions& options)
    : KerasLayer<HashedCrossing>(options.name, true, policy_of(options.output_mode, options.dtype)),
      num_bins_(num_bins),
      dtype_(options.dtype),
      mode_(detail::category_mode(options.output_mode, /*numbers=*/true)) {
  if (num_bins < 1) fail("num_bins must be positive, received " + std::to_string(num_bins));
  if (mode_ != detail::CategoryMode::kInt && mode_ != detail::CategoryMode::kOneHot)
    fail("output_mode must be int or one_hot, received '" + options.output_mode + "'");
  if (mode_ != detail::CategoryMode::kInt) return;
  if (const std::string error = dtype_error(options.dtype); !error.empty()) fail(error);
}

DType HashedCrossing::output_dtype() const {
  return mode_ == detail::CategoryMode::kInt ? integer_of(dtype_) : compute_dtype();
}

TensorSpecs HashedCrossing::compute_output_specs(const TensorSpecs& inputs) const {
  std::string shapes;
  for (const TensorSpec& input : inputs) shapes += (shapes.empty() ? "" : ", ") + input.shape.str();
  if (inputs.size() < 2) fail("expected at least two inputs, received " + std::to_string(inputs.size()));
  const Shape& first = inputs[0].shape;
  for (const TensorSpec& input : inputs) {
    const bool column = input.shape.rank() == 2 && input.shape[1] == 1;
    if (input.shape.rank() != first.rank() || !(input.shape.rank() == 1 || column))
      fail("expected inputs of one shape, (batch,) or (batch, 1), received " + shapes);
  }
  std::string problem;
  const Shape output = detail::category_shape(first, mode_, num_bins_, problem);
  if (!problem.empty()) fail(problem);
  return {{output, output_dtype()}};
}

std::vector<Tensor> HashedCrossing::forward(const LayerCall& call, CallContext&) const {
  const Tensor bins = cross_bins(call.inputs, num_bins_);
  return {cast(detail::encode_categories(bins, mode_, num_bins_, compute_dtype()), output_dtype())};
}

Json HashedCrossing::own_config() const {
  return Json::object({{"num_bins", num_bins_}, {"output_mode", detail::name(mode_)}, {"sparse", false}});
}

Json HashedCrossing::serialize() const {
  Json json = KerasLayer<HashedCrossing>::serialize();
  if (mode_ == detail::CategoryMode::kInt) json = with_integers(std::move(json), dtype_);
  std::erase_if(json["config"].as_object(),
                [](const Json::Member& member) { return member.first == "trainable"; });
  return json;
}

namespace {

const bool hashing_registered = register_layer("Hashing", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Hashing");
  HashingOptions options;
  bool trainable = true;
  reader.layer_arguments(options.name, trainable, &options.dtype);
  const int64_t num_bins = reader.integer("num_bins");
  const Json salt = reader.json("salt");
  if (salt.is_list()) options.salt = reader.integers("salt");
  if (salt.is_int()) options.salt = {salt.as_int(), salt.as_int()};
  options.mask_value = reader.optional_integer("mask_value");
  options.output_mode = reader.string("output_mode", "int");
  reader.only("sparse", false);
  reader.done();
  return std::make_shared<Hashing>(num_bins, options);
});

const bool crossing_registered =
    register_layer("HashedCrossing", [](const Json& config) -> std::shared_ptr<Layer> {
      ConfigReader reader(config, "HashedCrossing");
      HashedCrossingOptions options;
      bool trainable = true;
      reader.layer_arguments(options.name, trainable, &options.dtype);
      const int64_t num_bins = reader.integer("num_bins");
      options.output_mode = reader.string("output_mode", "int");
      reader.only("sparse", false);
      reader.done();
      return std::make_shared<HashedCrossing>(num_bins, options);
    });

}  // namespace

}  // namespace lamina
