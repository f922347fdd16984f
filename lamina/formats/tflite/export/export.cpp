// Writing models as TFLite files: one trace of the model, op by op.
#include "lamina/formats/tflite/tflite_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/core/tensor_node.h"
#include "lamina/core/trace.h"
#include "lamina/formats/detail/model_trace.h"
#include "lamina/formats/onnx/graph_model.h"
#include "lamina/formats/tflite/export/open_extents.h"
#include "lamina/formats/tflite/export/quantize.h"
#include "lamina/formats/tflite/export/writer.h"
#include "lamina/nn/detail/storage.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/transpose.h"

namespace lamina {
namespace tflite {
namespace {

std::map<std::string, Write, std::less<>>& writers() {
  static std::map<std::string, Write, std::less<>> all;
  return all;
}

// Walks graphs, and the bodies of ops that have no writer of their own.
class GraphWriter {
 public:
  explicit GraphWriter(Builder& builder) : builder_(builder) {}

  std::vector<int32_t> write(const Graph& graph, const std::vector<int32_t>& inputs,
                             const std::vector<ValueId>& outputs) {
    std::vector<int32_t> ids(graph.values.size(), -1);
    for (size_t i = 0; i < inputs.size(); ++i) ids[static_cast<size_t>(graph.inputs.at(i))] = inputs[i];
    std::vector<bool> used(graph.values.size());
    for (const ValueId output : outputs) used[static_cast<size_t>(output)] = true;
    for (const Node& node : graph.nodes) {
      for (const ValueId input : node.inputs) used[static_cast<size_t>(input)] = true;
    }
    for (const Node& node : graph.nodes) {
      std::vector<int32_t> given;
      std::vector<TensorType> types;
      std::vector<bool> wanted;
      for (const ValueId input : node.inputs) given.push_back(ids[static_cast<size_t>(input)]);
      for (const ValueId output : node.outputs) {
        types.push_back(graph.type(output));
        wanted.push_back(used[static_cast<size_t>(output)]);
      }
      std::vector<int32_t> made(types.size(), -1);
      try {
        if (std::none_of(given.begin(), given.end(), [](int32_t id) { return id < 0; }))
          made = write_node(node, given, types, wanted);
      } catch (const Unsupported& error) {
        refusals.insert("op '" + node.op->name + "': " + error.what());
      }
      for (size_t i = 0; i < made.size(); ++i) ids[static_cast<size_t>(node.outputs[i])] = made[i];
    }
    std::vector<int32_t> results;
    for (const ValueId output : outputs) results.push_back(ids[static_cast<size_t>(output)]);
    return results;
  }

  std::set<std::string> refusals;

 private:
  std::vector<int32_t> write_node(const Node& node, const std::vector<int32_t>& given,
                                  const std::vector<TensorType>& types, const std::vector<bool>& wanted) {
    if (const auto known = folded(node, given, types); !known.empty()) return known;
    if (const Write writer = find_writer(node.op->name)) {
      Writing writing(builder_, node, given, types, wanted);
      writer(writing);
      return writing.written();
    }
    if (!node.op->body) throw Unsupported("it has no counterpart in TFLite");
    std::vector<Tensor> arguments;
    for (const int32_t id : given)
      arguments.push_back(
          detail::placeholder({builder_.tensor(id).dtype, builder_.tensor(id).shape}, current_device()));
    const detail::TracedFunction scope;
    const detail::Trace trace = detail::trace(node.op->body(node.attrs, arguments), arguments);
    std::vector<int32_t> inputs = given;
    for (const Tensor& captured : trace.captured) inputs.push_back(builder_.constant(captured, "constant"));
    return write(trace.graph, inputs, trace.results);
  }

  // What follows from constants alone is computed now, unless that makes far more of them.
  std::vector<int32_t> folded(const Node& node, const std::vector<int32_t>& given,
                              const std::vector<TensorType>& types) {
    std::vector<Tensor> arguments;
    size_t before = 4096, after = 0;
    for (const int32_t id : given) {
      if (!builder_.tensor(id).constant.defined()) return {};
      arguments.push_back(builder_.tensor(id).constant);
      before += arguments.back().type().bytes();
    }
    for (const TensorType& type : types) after += type.bytes();
    if (after > 2 * before) return {};
    std::vector<Tensor> values = apply(*node.op, node.attrs, arguments);
    eval(values);
    std::vector<int32_t> ids;
    for (const Tensor& value : values)
      ids.push_back(builder_.constant(value, given.empty() ? node.op->name : builder_.tensor(given[0]).name));
    return ids;
  }

  Builder& builder_;
};

}  // namespace

bool register_writer(const char* op, Write write) { return writers().emplace(op, write).second; }

Write find_writer(const std::string& op) {
  const auto found = writers().find(op);
  return found == writers().end() ? nullptr : found->second;
}

int32_t Writing::reshaped(int32_t id, const Shape& shape) {
  const Builder::TensorEntry entry = builder_.tensor(id);
  if (entry.shape == shape) return id;
  if (entry.constant.defined())
    return builder_.arranged(id, "shape " + shape.str(), [shape](const Tensor& x) { return reshape(x, shape); });
  return builder_.op(fb::BuiltinOperator_RESHAPE, {id, builder_.integers({shape.begin(), shape.end()})},
                     entry.dtype, shape);
}

int32_t Writing::transposed(int32_t id, const std::vector<int>& order) {
  const Builder::TensorEntry entry = builder_.tensor(id);
  if (std::is_sorted(order.begin(), order.end())) return id;
  if (entry.constant.defined())
    return builder_.arranged(id, fmt::format("axes {}", fmt::join(order, ",")),
                             [order](const Tensor& x) { return transpose(x, order); });
  Shape shape;
  for (const int axis : order) shape.push_back(entry.shape[axis]);
  return builder_.op(fb::BuiltinOperator_TRANSPOSE, {id, builder_.integers({order.begin(), order.end()})},
                     entry.dtype, shape);
}

int32_t Writing::cast(int32_t id, DType dtype) {
  const Builder::TensorEntry entry = builder_.tensor(id);
  if (entry.dtype == dtype) return id;
  if (entry.constant.defined())
    return builder_.arranged(id, lamina::name(dtype), [dtype](const Tensor& x) { return lamina::cast(x, dtype); });
  return builder_.op(fb::BuiltinOperator_CAST, {id}, dtype, entry.shape);
}

}  // namespace tflite

namespace {

struct Taken {
  std::vector<std::string> inputs, outputs;
  std::vector<TensorSpec> specs;      // with the extents that options give; -1 for the others
  bool open_batch = true;             // whether the first axis may be any number, where the model leaves it open
};

// The shape of an input: the given one, which must fit the model's, or its own.
Shape shape_of(const std::string& input, const TensorSpec& spec, bool drawn, const TfliteOptions& options) {
  Shape shape = spec.shape;
  for (const auto& [name, given] : options.shapes) {
    if (name != input) continue;
    bool fits = given.rank() == shape.rank();
    for (int axis = 0; fits && axis < given.rank(); ++axis) {
      fits = given[axis] < 0 || (given[axis] > 0 && (!drawn || shape[axis] < 0 || shape[axis] == given[axis]));
    }
    if (!fits)
      throw InvalidArgument(fmt::format("the shape {} for input '{}' does not fit the model's, {}; extents must be "
                                        "positive, the batch axis first",
                                        given.str(), printable(input), shape.str()));
    for (int axis = 0; axis < given.rank(); ++axis) {
      if (given[axis] > 0) shape.set(axis, given[axis]);
    }
    if (!drawn && given[0] < 0) shape.set(0, -1);
  }
  return shape;
}

Taken taken_by(const Model& model, const TfliteOptions& options) {
  const detail::ModelSignature signature = detail::signature_of(model);
  Taken taken{signature.inputs, signature.outputs, {}, options.batch == 1};
  for (size_t i = 0; i < signature.specs.size(); ++i) {
    const TensorSpec& spec = signature.specs[i];
    Shape shape = shape_of(taken.inputs[i], spec, signature.drawn, options);
    const bool said = std::any_of(options.shapes.begin(), options.shapes.end(),
                                  [&](const auto& each) { return each.first == taken.inputs[i]; });
    if (shape.rank() > 0 && !signature.drawn && !said) shape.set(0, -1);
    taken.specs.push_back({shape, spec.dtype});
  }
  for (const auto& [name, given] : options.shapes) {
    if (std::find(taken.inputs.begin(), taken.inputs.end(), name) == taken.inputs.end())
      throw InvalidArgument("a shape is given for input '" + printable(name) +
                            "', which the model does not have" + suggest(name, taken.inputs));
  }
  return taken;
}

// One graph of the model: `batch` for the first axis where that is open, and for others their numbers among the smaller
// or the larger ones that are tried; axes of inputs of one place get the same.
tflite::WrittenGraph graph_of(const Model& model, const Taken& taken, const std::string& path, int64_t batch, bool larger) {
  std::vector<TensorType> types;
  for (const TensorSpec& spec : taken.specs) {
    Shape shape = spec.shape;
    for (int axis = 0; axis < shape.rank(); ++axis) {
      constexpr int64_t kSmall = 32;
      if (shape[axis] < 0) shape.set(axis, axis == 0 ? batch : larger ? kSmall * (1 + 2 * axis) : kSmall * (1 + axis));
    }
    types.push_back({spec.dtype, shape});
  }
  const DeviceScope device(detail::device_of(model.weights()));
  const detail::Trace trace = detail::trace_of(model, types).trace;
  tflite::WrittenGraph graph;
  tflite::Builder& builder = graph.builder;
  for (size_t i = 0; i < types.size(); ++i)
    graph.inputs.push_back(builder.add(taken.inputs[i], types[i].dtype, types[i].shape));
  std::vector<int32_t> given = graph.inputs;
  std::map<const void*, std::string> names;
  for (const WeightPtr& weight : model.weights()) names[weight->value.node().get()] = weight->path;
  for (const Tensor& captured : trace.captured) {
    const auto found = names.find(captured.node().get());
    given.push_back(builder.constant(captured, found == names.end() ? "constant" : found->second));
  }
  tflite::GraphWriter writer(builder);
  std::vector<int32_t>& outputs = graph.outputs;
  outputs = writer.write(trace.graph, given, trace.results);
  if (!writer.refusals.empty()) {
    std::string list;
    for (const std::string& line : writer.refusals) list += "\n  " + line;
    throw Unsupported("'" + path + "': the model cannot be written as TFLite:" + list);
  }
  // Outputs are values of their own, each once, under the names of the model.
  std::set<int32_t> seen(graph.inputs.begin(), graph.inputs.end());
  for (size_t i = 0; i < outputs.size(); ++i) {
    const auto entry = builder.tensor(outputs[i]);
    if (entry.constant.defined() || !seen.insert(outputs[i]).second) {
      std::vector<int64_t> shape(entry.shape.begin(), entry.shape.end());
      outputs[i] = builder.op(tflite::fb::BuiltinOperator_RESHAPE, {outputs[i], builder.integers(shape)},
                              entry.dtype, entry.shape);
      seen.insert(outputs[i]);
    }
  }
  builder.fuse(outputs);
  return graph;
}

// The graph for one sample, with what is open left so where that can be: other extents are tried, and what differs then
// follows from them. The batch need not be open; what else the model leaves open must, or be said.
tflite::WrittenGraph written_graph(const Model& model, const Taken& taken, const std::string& path, const TfliteOptions& options) {
  constexpr int64_t kOtherBatch = 5;
  std::vector<std::vector<int>> all, others;
  std::string open;
  bool batch = false, more = false;
  for (size_t i = 0; i < taken.specs.size(); ++i) {
    all.emplace_back();
    others.emplace_back();
    for (int axis = 0; axis < taken.specs[i].shape.rank(); ++axis) {
      if (taken.specs[i].shape[axis] >= 0) continue;
      if (axis == 0 && !taken.open_batch) continue;
      all.back().push_back(axis);
      batch |= axis == 0;
      if (axis == 0) continue;
      others.back().push_back(axis);
      more = true;
      open = fmt::format("input '{}' has the shape {}", printable(taken.inputs[i]), taken.specs[i].shape.str());
    }
  }
  std::string why;
  const auto attempt = [&](const auto& work) {
    try {
      work();
    } catch (const Error& error) {
      why = error.what();
    }
  };
  std::optional<tflite::WrittenGraph> graph;
  if (more) {
    attempt([&] { graph = graph_of(model, taken, path, options.batch, false); });
  } else {
    graph = graph_of(model, taken, path, options.batch, false);
  }
  if (graph && batch) {
    attempt([&] { why = tflite::open_extents(*graph, graph_of(model, taken, path, kOtherBatch, true), all); });
    if (why.empty()) return std::move(*graph);
  }
  if (graph && more) {
    attempt([&] { why = tflite::open_extents(*graph, graph_of(model, taken, path, options.batch, true), others); });
    if (why.empty()) return std::move(*graph);
  }
  if (more)
    throw InvalidArgument(fmt::format("{}, which cannot stay open in a TFLite file: {}; say which extents it has, by "
                                      "TfliteOptions::shapes or lamina convert --shape",
                                      open, why));
  return std::move(*graph);
}

std::vector<Tensor> samples_of(const Taken& taken, const TfliteOptions& options) {
  std::vector<Tensor> samples;
  for (const std::string& name : taken.inputs) {
    const auto found = std::find_if(options.calibration.begin(), options.calibration.end(),
                                    [&](const auto& each) { return each.first == name; });
    if (found == options.calibration.end())
      throw InvalidArgument("no samples for calibration are given for input '" + printable(name) + "'");
    samples.push_back(found->second);
  }
  if (options.calibration.size() != samples.size())
    throw InvalidArgument("samples for calibration are given for inputs that the model does not have");
  return samples;
}

}  // namespace

void export_tflite(const Model& model, const std::string& path, const TfliteOptions& options) {
  if (options.batch < 1)
    throw InvalidArgument(fmt::format("TfliteOptions::batch is {}; expected at least 1", options.batch));
  const Taken taken = taken_by(model, options);
  tflite::WrittenGraph graph = written_graph(model, taken, path, options);
  tflite::Builder& builder = graph.builder;
  std::vector<int32_t>& outputs = graph.outputs;
  if (!options.calibration.empty()) {
    tflite::quantize(builder, outputs, tflite::calibrate(builder, graph.inputs, samples_of(taken, options)));
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    std::string name = i < taken.outputs.size() ? taken.outputs[i] : "output_" + std::to_string(i);
    while (std::find(taken.inputs.begin(), taken.inputs.end(), name) != taken.inputs.end()) name += "_out";
    builder.tensor(outputs[i]).name = name;
  }
  std::map<std::string, std::string> metadata;
  if (!model.data_info().empty()) metadata[onnx::kDataInfo] = model.data_info().to_json().dump();
  detail::write_pieces(path, builder.finish(graph.inputs, outputs, metadata));
}

}  // namespace lamina
