// OnnxGraph: shapes, batches, weights and configuration of an imported graph.
#include "lamina/formats/onnx/graph_layer.h"

#include <fmt/format.h>

#include <algorithm>

#include "lamina/base/terminal.h"
#include "lamina/core/trace.h"
#include "lamina/nn/config.h"
#include "lamina/nn/registry.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/control.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/text/tokenizers/detail/base64.h"

namespace lamina::onnx {
namespace {

std::vector<Tensor> tensors_of(const std::vector<Value>& values, const std::vector<Declared>& outputs) {
  std::vector<Tensor> tensors;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!values[i].is_tensor())
      throw Unsupported("output '" + printable(outputs[i].name) + "' is " + values[i].kind() +
                        ", which a model cannot give");
    tensors.push_back(values[i].tensor());
  }
  return tensors;
}

// The shape with open extents filled in.
Shape filled(const Shape& shape, int64_t extent) {
  Shape result;
  for (const int64_t each : shape) result.push_back(each < 0 ? extent : each);
  return result;
}

}  // namespace

OnnxGraph::OnnxGraph(std::shared_ptr<const ImportedGraph> graph, const OnnxGraphOptions& options)
    : LayerOf<OnnxGraph>(options.name, options.trainable), graph_(std::move(graph)) {}

TensorSpecs OnnxGraph::compute_output_specs(const TensorSpecs& inputs) const {
  require_inputs(inputs, graph_->inputs().size());
  const std::vector<Declared>& declared = graph_->outputs();
  const bool said = std::all_of(declared.begin(), declared.end(), [](const Declared& output) {
    return output.shape && output.type != ElementType::kUndefined;
  });
  TensorSpecs specs;
  if (said) {
    const bool open_batch = !inputs.empty() && inputs[0].shape.rank() > 0 && inputs[0].shape[0] < 0;
    for (const Declared& output : declared) {
      specs.push_back({*output.shape, storage(output.type)});
      Shape& shape = specs.back().shape;
      if (open_batch && shape.rank() > 0 && shape[0] == 1) shape.set(0, -1);
    }
    return specs;
  }
  // What the file leaves out is tried: what differs between two extents is open.
  const auto traced = [&](int64_t extent) {
    std::vector<Tensor> values, weights;
    for (const TensorSpec& input : inputs)
      values.push_back(lamina::detail::placeholder({input.dtype, filled(input.shape, extent)}, Device{}));
    for (const GraphWeight& weight : graph_->weights())
      weights.push_back(lamina::detail::placeholder(weight.type, Device{}));
    CallContext context(false);
    TensorSpecs result;
    for (const Tensor& output : run(values, weights, context)) result.push_back({output.shape(), output.dtype()});
    return result;
  };
  try {
    specs = traced(3);
    const TensorSpecs other = traced(5);
    for (size_t i = 0; i < specs.size(); ++i) {
      for (int axis = 0; axis < specs[i].shape.rank(); ++axis) {
        if (specs[i].shape[axis] != other[i].shape[axis]) specs[i].shape.set(axis, -1);
      }
    }
    return specs;
  } catch (const Error&) {
    specs.clear();
    for (const Declared& output : declared) {
      const DType dtype = output.type == ElementType::kUndefined ? DType::kFloat32 : storage(output.type);
      specs.push_back({output.shape.value_or(Shape{-1}), dtype});
    }
    return specs;
  }
}

void OnnxGraph::create_weights_for(const TensorSpecs&) {
  weights_.clear();
  for (const GraphWeight& weight : graph_->weights()) {
    WeightOptions options;
    options.trainable = weight.trainable;
    options.dtype = weight.type.dtype;
    weights_.push_back(add_weight(weight.name, weight.type.shape, "zeros", options));
    if (weight.value.defined()) weights_.back()->value = weight.value;
  }
}

std::vector<Tensor> OnnxGraph::run(const std::vector<Tensor>& inputs, const std::vector<Tensor>& weights,
                                   CallContext& context) const {
  std::vector<Value> values;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Declared& input = graph_->inputs()[i];
    if (input.type == ElementType::kUndefined) {
      values.emplace_back(inputs[i]);
    } else {
      values.emplace_back(cast(inputs[i], storage(input.type)), input.type);
    }
  }
  const auto random = [&context] {
    const CallContext::Random use = context.random();
    return std::pair(use.key, use.stream);
  };
  return tensors_of(graph_->run(values, weights, random), graph_->outputs());
}

// Whether the file says one sample for every input, and several came for each.
bool OnnxGraph::one_sample_each(const std::vector<Tensor>& inputs) const {
  if (inputs.empty() || inputs[0].rank() == 0 || inputs[0].shape()[0] <= 1) return false;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto& shape = graph_->inputs()[i].shape;
    if (!shape || shape->rank() == 0 || (*shape)[0] != 1) return false;
    if (inputs[i].rank() == 0 || inputs[i].shape()[0] != inputs[0].shape()[0]) return false;
  }
  return true;
}

std::vector<Tensor> OnnxGraph::forward(const LayerCall& call, CallContext& context) const {
  std::vector<Tensor> weights;
  for (const WeightPtr& weight : weights_) weights.push_back(context.value(weight));
  for (size_t i = 0; i < call.inputs.size(); ++i) {
    const auto& shape = graph_->inputs()[i].shape;
    const Shape& given = call.inputs[i].shape();
    bool fits = !shape || shape->rank() == given.rank();
    for (int axis = 0; shape && fits && axis < given.rank(); ++axis)
      fits = (*shape)[axis] < 0 || (*shape)[axis] == given[axis] || (axis == 0 && (*shape)[axis] == 1);
    if (!fits) {
      fail(fmt::format("input '{}': expected shape {}, received {}", printable(graph_->inputs()[i].name),
                       shape->str(), given.str()));
    }
  }
  if (!one_sample_each(call.inputs)) return run(call.inputs, weights, context);
  const auto sample = [&](const std::vector<Tensor>& slices) {
    std::vector<Tensor> inputs;
    for (const Tensor& slice : slices) {
      Shape shape{1};
      for (const int64_t extent : slice.shape()) shape.push_back(extent);
      inputs.push_back(reshape(slice, shape));
    }
    std::vector<Tensor> outputs = run(inputs, weights, context);
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i].rank() == 0 || outputs[i].shape()[0] != 1) {
        fail(fmt::format("was made for batches of one sample, and its output '{}' of shape {} has no batch axis: give "
                         "it one sample at a time",
                         printable(graph_->outputs()[i].name), outputs[i].shape().str()));
      }
    }
    return outputs;
  };
  ScanResult all;
  try {
    all = scan([&](const std::vector<Tensor>&, const std::vector<Tensor>& x) { return ScanResult{{}, sample(x)}; }, {},
               call.inputs);
  } catch (const NeedsValues&) {
    for (const Tensor& input : call.inputs) {
      if (!known(input)) throw;
    }
    std::vector<std::vector<Tensor>> parts;
    for (int64_t i = 0; i < call.inputs[0].shape()[0]; ++i) {
      std::vector<Tensor> slices;
      for (const Tensor& input : call.inputs) slices.push_back(input[i]);
      const std::vector<Tensor> outputs = sample(slices);
      parts.resize(outputs.size());
      for (size_t k = 0; k < outputs.size(); ++k) parts[k].push_back(outputs[k]);
    }
    std::vector<Tensor> joined;
    for (const auto& part : parts) joined.push_back(concatenate(part, 0));
    return joined;
  }
  std::vector<Tensor> outputs;
  for (const Tensor& y : all.ys) {  // (samples, 1, ...)
    Shape shape{y.shape()[0]};
    for (int axis = 2; axis < y.rank(); ++axis) shape.push_back(y.shape()[axis]);
    outputs.push_back(reshape(y, shape));
  }
  return outputs;
}

Json OnnxGraph::own_config() const {
  Json weights = Json::list();
  for (const GraphWeight& weight : graph_->weights()) {
    Json shape = Json::list();
    for (const int64_t extent : weight.type.shape) shape.push_back(extent);
    weights.push_back(Json::object({{"name", weight.name},
                                    {"shape", shape},
                                    {"dtype", lamina::name(weight.type.dtype)},
                                    {"trainable", weight.trainable},
                                    {"kernel", weight.kernel}}));
  }
  return Json::object({{"graph", lamina::detail::tokenizers::to_base64(graph_->bytes_without_weights())}, {"weights", weights}});
}

namespace {

const bool kRegistered = register_layer("OnnxGraph", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "OnnxGraph");
  OnnxGraphOptions options;
  reader.layer_arguments(options.name, options.trainable);
  const std::string bytes = lamina::detail::tokenizers::from_base64(reader.string("graph", ""));
  std::vector<GraphWeight> weights;
  const Json list = reader.json("weights");
  for (const Json& each : list.as_list()) {
    Shape shape;
    for (const Json& extent : each.at("shape").as_list()) shape.push_back(extent.as_int());
    const TensorType type{dtype_from_name(each.at("dtype").as_string()), shape};
    weights.push_back({each.at("name").as_string(), type, each.at("trainable").as_bool(),
                       each.at("kernel").as_bool()});
  }
  reader.done();
  return std::make_shared<OnnxGraph>(
      std::make_shared<const ImportedGraph>(ImportedGraph::restore(bytes, std::move(weights))), options);
});

}  // namespace

}  // namespace lamina::onnx
