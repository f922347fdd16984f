// OnnxGraph: shapes, batches, weights and configuration of an imported graph.
#include "lamina/formats/onnx/graph_layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>

#include "lamina/base/terminal.h"
#include "lamina/core/compile.h"
#include "lamina/core/trace.h"
#include "lamina/formats/text_tensors.h"
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
    if (values[i].is_strings()) {
      tensors.push_back(tensor_of_texts({values[i].strings(), values[i].shape()}));
      continue;
    }
    if (!values[i].is_tensor())
      throw Unsupported("output '" + printable(outputs[i].name) + "' is " + values[i].kind() +
                        ", which a model cannot give");
    tensors.push_back(values[i].tensor());
  }
  return tensors;
}

std::vector<Tensor> run_graph(const ImportedGraph& graph, const std::vector<Tensor>& inputs,
                              const std::vector<Tensor>& weights, const Random& random) {
  std::vector<Value> values;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Declared& input = graph.inputs()[i];
    if (input.type == ElementType::kUndefined) {
      values.emplace_back(inputs[i]);
    } else if (input.texts()) {
      if (!known(inputs[i])) throw NeedsValues("the texts of input '" + printable(input.name) + "'");
      Texts texts = texts_of(inputs[i]);
      values.push_back(Value::of_strings(std::move(texts.values), texts.shape));
    } else {
      // Numbers that the type does not have wrap around, as NumPy's astype has it.
      values.emplace_back(wrapped(cast(inputs[i], storage(input.type)), input.type), input.type);
    }
  }
  return tensors_of(graph.run(values, weights, random), graph.outputs());
}

// The shape with open extents filled in.
Shape filled(const Shape& shape, int64_t extent) {
  Shape result;
  for (const int64_t each : shape) result.push_back(each < 0 ? extent : each);
  return result;
}

}  // namespace

// Functions for single numbers that decide (a sampling rate, whether to go on): each compiled with those as constants.
struct OnnxGraph::Compiled {
  std::mutex mutex;
  std::map<std::vector<int64_t>, std::optional<Function>> functions;  // nothing where even so values are needed
};

OnnxGraph::OnnxGraph(std::shared_ptr<const ImportedGraph> graph, const OnnxGraphOptions& options)
    : LayerOf<OnnxGraph>(options.name, options.trainable),
      graph_(std::move(graph)),
      compiled_(std::make_shared<Compiled>()) {}

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
      specs.push_back({*output.tensor_shape(), output.dtype()});
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
    const Random random = [] { return std::pair(Tensor::from<int64_t>({0, 0}), 0); };
    TensorSpecs result;
    for (const Tensor& output : run(values, weights, random)) result.push_back({output.shape(), output.dtype()});
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
  } catch (const Error&) {  // made for other extents
  }
  try {  // an axis of one element is dropped, say: the number of axes is known then
    specs = traced(1);
    for (TensorSpec& spec : specs) {
      for (int axis = 0; axis < spec.shape.rank(); ++axis) spec.shape.set(axis, -1);
    }
    return specs;
  } catch (const Error&) {  // it needs values
  }
  specs.clear();
  for (const Declared& output : declared) {
    specs.push_back({output.tensor_shape().value_or(Shape{-1}), output.dtype()});
  }
  return specs;
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
                                   const Random& random) const {
  return run_graph(*graph_, inputs, weights, random);
}

// The same where all is known. Small inputs of integers are constants of a function that is compiled for them; where
// that needs other values still, the graph runs operator by operator.
std::vector<Tensor> OnnxGraph::run_on_values(const std::vector<Tensor>& inputs, const std::vector<Tensor>& weights,
                                             const Random& random) const {
  constexpr int64_t kFew = 16;
  constexpr size_t kMost = 64;  // functions that are kept
  std::vector<int64_t> key;
  std::vector<bool> constant;
  std::vector<Tensor> arguments;
  for (const Tensor& input : inputs) {
    constant.push_back(!is_floating(input.dtype()) && input.size() <= kFew && !graph_->inputs()[constant.size()].texts());
    if (constant.back()) {
      key.push_back(input.rank());
      for (const int64_t extent : input.shape()) key.push_back(extent);
      for (const int64_t value : integers(input)) key.push_back(value);
    } else {
      arguments.push_back(input);
    }
  }
  if (key.empty() || arguments.empty()) return run(inputs, weights, random);
  const std::pair<Tensor, int> use = random();
  const Tensor seed = use.first;
  const int stream = use.second;
  arguments.insert(arguments.begin(), weights.begin(), weights.end());
  arguments.push_back(seed);
  std::optional<Function> function;
  {
    const std::lock_guard lock(compiled_->mutex);
    auto& functions = compiled_->functions;
    auto found = functions.find(key);
    if (found == functions.end()) {
      if (functions.size() >= kMost) functions.clear();
      const auto body = [graph = graph_, inputs, constant, first = stream](const std::vector<Tensor>& given) {
        std::vector<Tensor> all;
        size_t next = graph->weights().size();
        const std::vector<Tensor> weights(given.begin(), given.begin() + static_cast<std::ptrdiff_t>(next));
        for (size_t i = 0; i < constant.size(); ++i) all.push_back(constant[i] ? inputs[i] : given[next++]);
        int use = first;
        return run_graph(*graph, all, weights, [&] { return std::pair(given.back(), use++); });
      };
      found = functions.emplace(key, compile(body, "onnx graph", nullptr, weights.size())).first;
    }
    function = found->second;
  }
  if (function) {
    try {
      return (*function)(arguments);
    } catch (const NeedsValues&) {
      const std::lock_guard lock(compiled_->mutex);
      compiled_->functions[key].reset();
    }
  }
  return run(inputs, weights, random);
}

// Whether the file says one sample for every input, and several came for each.
bool OnnxGraph::one_sample_each(const std::vector<Tensor>& inputs) const {
  if (inputs.empty() || inputs[0].rank() == 0 || inputs[0].shape()[0] <= 1) return false;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto shape = graph_->inputs()[i].tensor_shape();
    if (!shape || shape->rank() == 0 || (*shape)[0] != 1) return false;
    if (inputs[i].rank() == 0 || inputs[i].shape()[0] != inputs[0].shape()[0]) return false;
  }
  return true;
}

std::vector<Tensor> OnnxGraph::forward(const LayerCall& call, CallContext& context) const {
  std::vector<Tensor> weights;
  for (const WeightPtr& weight : weights_) weights.push_back(context.value(weight));
  const auto random = [&context] {
    const CallContext::Random use = context.random();
    return std::pair(use.key, use.stream);
  };
  for (size_t i = 0; i < call.inputs.size(); ++i) {
    const auto shape = graph_->inputs()[i].tensor_shape();
    const Shape& given = call.inputs[i].shape();
    bool fits = !shape || shape->rank() == given.rank();
    for (int axis = 0; shape && fits && axis < given.rank(); ++axis)
      fits = (*shape)[axis] < 0 || (*shape)[axis] == given[axis] || (axis == 0 && (*shape)[axis] == 1);
    if (!fits) {
      fail(fmt::format("input '{}': expected shape {}, received {}", printable(graph_->inputs()[i].name),
                       shape->str(), given.str()));
    }
  }
  const auto all_known = [](const std::vector<Tensor>& tensors) {
    return std::all_of(tensors.begin(), tensors.end(), [](const Tensor& x) { return known(x); });
  };
  const bool values = all_known(call.inputs) && all_known(weights);
  if (!one_sample_each(call.inputs))
    return values ? run_on_values(call.inputs, weights, random) : run(call.inputs, weights, random);
  const auto sample = [&](const std::vector<Tensor>& slices) {
    std::vector<Tensor> inputs;
    for (const Tensor& slice : slices) {
      Shape shape{1};
      for (const int64_t extent : slice.shape()) shape.push_back(extent);
      inputs.push_back(reshape(slice, shape));
    }
    std::vector<Tensor> outputs = run(inputs, weights, random);
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
    if (!values) throw;
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
    Json order = Json::list();
    for (const int axis : weight.order) order.push_back(axis);
    weights.push_back(Json::object({{"name", weight.name},
                                    {"shape", shape},
                                    {"dtype", lamina::name(weight.type.dtype)},
                                    {"trainable", weight.trainable},
                                    {"order", order}}));
  }
  return Json::object({{"graph", lamina::detail::tokenizers::to_base64(graph_->bytes_without_weights())}, {"weights", weights}});
}

namespace {

// Throws where it is no order of the axes of `shape`.
Order read_order(const Json& weight, const Shape& shape) {
  Order order;
  for (const Json& axis : weight.at("order").as_list()) order.push_back(static_cast<int>(axis.as_int()));
  Order sorted = order;
  std::sort(sorted.begin(), sorted.end());
  if (!order.empty() && sorted != plain_order(shape.rank()))
    throw InvalidArgument("weight '" + printable(weight.at("name").as_string()) + "' lies in no order of its axes");
  return order;
}

const bool kGraphLayerRegistered = register_layer("OnnxGraph", [](const Json& config) -> std::shared_ptr<Layer> {
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
    weights.push_back({each.at("name").as_string(), type, each.at("trainable").as_bool(), read_order(each, shape)});
  }
  reader.done();
  return std::make_shared<OnnxGraph>(
      std::make_shared<const ImportedGraph>(ImportedGraph::restore(bytes, std::move(weights))), options);
});

}  // namespace

}  // namespace lamina::onnx
