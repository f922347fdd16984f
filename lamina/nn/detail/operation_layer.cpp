// Running and drawing recorded ops.
#include "lamina/nn/detail/operation_layer.h"

#include <algorithm>
#include <iterator>

#include "lamina/base/error.h"
#include "lamina/nn/detail/layer_state.h"
#include "lamina/nn/detail/operation_constant.h"

namespace lamina::detail {
namespace {

const Operation& require_operation(const std::string& class_name) {
  if (const Operation* found = find_operation(class_name)) return *found;
  throw InvalidArgument("unknown operation '" + class_name + "'" + suggest(class_name, operation_names()));
}

// The first call of an op on symbolic tensors draws a node of its own.
std::vector<Tensor> draw(OperationCall call) {
  std::vector<Tensor> inputs = tensors_of(call);
  const OperationLayer layer(std::move(call), "");
  CallContext context(false);
  return layer.outputs(LayerCall{std::move(inputs)}, context);
}

const bool operation_layer_registered = set_operation_recorder(draw);

}  // namespace

std::vector<Tensor> tensors_of(const OperationCall& call) {
  std::vector<Tensor> tensors;
  for (const OperationArgument& argument : call.args) {
    if (const auto* one = std::get_if<Tensor>(&argument)) {
      if (is_symbolic(*one)) tensors.push_back(*one);
    } else if (const auto* several = std::get_if<std::vector<Tensor>>(&argument)) {
      std::copy_if(several->begin(), several->end(), std::back_inserter(tensors), is_symbolic);
    }
  }
  return tensors;
}

OperationLayer::OperationLayer(OperationCall call, const std::string& name)
    : LayerOf<OperationLayer>(name, true),
      call_(std::move(call)),
      operation_(&require_operation(call_.class_name)) {
  fix_batch_size();  // an operand need not have a batch: the mean over it has none
  // What was given stays alive by the node's inputs; here only the places matter.
  for (OperationArgument& argument : call_.args) {
    Tensor& constant = constants_.emplace_back();
    if (auto* one = std::get_if<Tensor>(&argument)) {
      if (!is_symbolic(*one)) constant = std::move(*one);
      *one = Tensor();
    } else if (const auto* json = std::get_if<Json>(&argument)) {
      constant = constant_from_json(*json);
    } else if (auto* several = std::get_if<std::vector<Tensor>>(&argument)) {
      for (Tensor& element : *several) {
        if (is_symbolic(element)) element = Tensor();
      }
    }
    if (constant.defined()) argument = constant_json(constant);
  }
}

TensorSpecs OperationLayer::compute_output_specs(const TensorSpecs& inputs) const {
  if (operation_->infer) {
    std::vector<TensorType> types;
    for (const TensorSpec& input : inputs) types.push_back({input.dtype, input.shape});
    TensorSpecs specs;
    for (const TensorType& type : operation_->infer(call_, types)) specs.push_back({type.shape, type.dtype});
    return specs;
  }
  try {
    return traced_output_specs(*this, inputs);
  } catch (const InvalidArgument&) {
    // A constant may say for how many samples the op is meant, as in concatenate({x, constant}, 1). The batch
    // stays open all the same, as in Keras.
    if (const auto specs = specs_for_constants(inputs)) return *specs;
    throw;
  }
}

std::optional<TensorSpecs> OperationLayer::specs_for_constants(const TensorSpecs& inputs) const {
  std::vector<Tensor> constants = constants_;
  for (const OperationArgument& argument : call_.args) {
    if (const auto* several = std::get_if<std::vector<Tensor>>(&argument))
      constants.insert(constants.end(), several->begin(), several->end());
  }
  for (const Tensor& constant : constants) {
    if (!constant.defined() || constant.rank() == 0) continue;
    TensorSpecs known = inputs;
    for (TensorSpec& spec : known) {
      if (spec.shape.rank() > 0 && spec.shape[0] < 0) spec.shape.set(0, constant.shape()[0]);
    }
    if (known == inputs) return std::nullopt;
    try {
      TensorSpecs specs = traced_output_specs(*this, known);
      for (TensorSpec& spec : specs) {
        if (spec.shape.rank() > 0 && spec.shape[0] == constant.shape()[0]) spec.shape.set(0, -1);
      }
      return specs;
    } catch (const InvalidArgument&) {
      continue;
    }
  }
  return std::nullopt;
}

std::vector<Tensor> OperationLayer::forward(const LayerCall& call, CallContext&) const {
  OperationCall filled = call_;
  size_t next = 0;
  for (size_t i = 0; i < filled.args.size(); ++i) {
    OperationArgument& argument = filled.args[i];
    if (constants_[i].defined()) {
      argument = constants_[i];
    } else if (auto* one = std::get_if<Tensor>(&argument)) {
      *one = call.inputs.at(next++);
    } else if (auto* several = std::get_if<std::vector<Tensor>>(&argument)) {
      for (Tensor& tensor : *several) {
        if (!tensor.defined()) tensor = call.inputs.at(next++);
      }
    }
  }
  if (operation_->run_all) return operation_->run_all(filled);
  return {operation_->run(filled)};
}

Json OperationLayer::serialize() const {
  Json config = Json::object({{"name", name()}});
  for (const auto& [key, value] : call_.config.as_object()) config[key] = value;
  Json json = serialize_object(module(), class_name(), std::move(config));
  json["registered_name"] = class_name();
  return json;
}

}  // namespace lamina::detail
