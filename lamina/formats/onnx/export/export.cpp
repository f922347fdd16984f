// export_onnx: from the traces of a model to a file.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/base/version.h"
#include "lamina/formats/onnx/evaluator.h"
#include "lamina/formats/onnx/export/file_writer.h"
#include "lamina/formats/onnx/export/graph_writer.h"
#include "lamina/formats/onnx/export/text_inputs.h"
#include "lamina/formats/onnx/export/texts.h"
#include "lamina/formats/onnx/export/traces.h"
#include "lamina/formats/onnx/graph_model.h"
#include "lamina/formats/onnx/text_values.h"
#include "lamina/formats/onnx/onnx_export.h"

namespace lamina {
namespace onnx {
namespace {

constexpr int kOldest = 13, kUsual = 18, kNewest = 25;

int ir_version(int opset) {
  return opset < 15 ? 7 : opset < 19 ? 8 : opset < 21 ? 9 : opset < 23 ? 10 : opset == 23 ? 11 : opset == 24 ? 12 : 13;
}

using Dims = Builder::Dims;

/// The extents of a value for its declaration: numbers, and names where an input's open axis is the same.
Dims declared(const Written& value, const std::map<std::vector<int64_t>, std::string>& symbols) {
  Dims dims;
  for (int axis = 0; axis < value.rank(); ++axis) {
    const Extent extent = value.extent(axis);
    const auto found = symbols.find(extent.values);
    if (extent.fixed()) {
      dims.emplace_back(extent.value(), "");
    } else {
      dims.emplace_back(-1, found == symbols.end() ? "" : found->second);
    }
  }
  return dims;
}

class ModelFile {
 public:
  ModelFile(const Model& model, const ModelTraces& traces, const TextInputs& texts, int opset)
      : model_(model), traces_(traces), texts_(texts), builder_(opset), extents_(builder_, nullptr) {}

  lamina_onnx_file::ModelProto make() {
    std::vector<WrittenPtr> values = inputs();
    captured(values);
    std::vector<const Graph*> graphs;
    for (const detail::Trace& trace : traces_.traces) graphs.push_back(&trace.graph);
    Refusals refusals;
    GraphWriter writer(builder_, extents_, refusals);
    const std::vector<WrittenPtr> results = writer.write(graphs, values, traces_.traces[0].results, traces_.places);
    if (!refusals.lines.empty())
      throw Unsupported(fmt::format("model '{}' cannot be written as ONNX:\n  {}", model_.name(),
                                    fmt::join(refusals.lines, "\n  ")));
    outputs(results);
    drop_unused();
    constants_ = builder_.name_constants(read_);
    return finished();
  }

  /// The constants that nodes read. Of a file that is made.
  const NamedConstants& constants() const { return constants_; }

 private:
  std::vector<WrittenPtr> inputs() {
    std::vector<WrittenPtr> values;
    for (size_t i = 0; i < traces_.input_names.size(); ++i) {
      auto value = std::make_shared<Written>();
      value->dtype = traces_.input_dtypes[i];
      for (const std::vector<Shape>& shapes : traces_.input_shapes) value->shapes.push_back(shapes[i]);
      const std::string name = builder_.unique(traces_.input_names[i]);
      for (int axis = 0; axis < value->rank(); ++axis) {
        const std::string& symbol = traces_.open[i][static_cast<size_t>(axis)];
        if (!symbol.empty()) symbols_[value->extent(axis).values] = symbol;
      }
      const Dims shape = declared(*value, symbols_);
      if (const auto plan = texts_.plans.find(i); plan != texts_.plans.end()) {
        value->plain = numbers_of(name, plan->second, shape, value->dtype);
      } else {
        builder_.add_input(name, type_of(value->dtype), shape);
        value->plain = value->dtype == DType::kBFloat16 ? builder_.cast(name, DType::kFloat32) : name;
      }
      values.push_back(std::move(value));
    }
    return values;
  }

  /// What the model takes for the texts of an input, which readers of ours find by its name: they begin there.
  std::string numbers_of(const std::string& input, const TextPlan& plan, const Dims& shape, DType dtype) {
    builder_.add_input(input, ElementType::kString, {shape[0], {1, ""}});
    builder_.set_place(input);
    const std::string numbers = write_texts(builder_, plan, input, plan.length > 0 ? plan.length : -1, dtype);
    builder_.declare_value(numbers, type_of(dtype), shape);
    text_values_[input] = numbers;
    return numbers;
  }

  void captured(std::vector<WrittenPtr>& values) {
    std::map<const detail::TensorNode*, std::string> names;
    for (const WeightPtr& weight : model_.weights()) {
      if (weight->value.defined()) names[weight->value.node().get()] = weight->path;
    }
    const std::vector<detail::Trace>& traces = traces_.traces;
    for (size_t i = 0; i < traces[0].captured.size(); ++i) {
      std::vector<Tensor> tensors;
      for (const detail::Trace& trace : traces) {
        if (trace.captured.size() != traces[0].captured.size())
          throw Unsupported("the model uses other constants for other extents of its open axes; give its inputs fixed "
                            "shapes");
        tensors.push_back(trace.captured[i]);
      }
      const auto found = names.find(tensors[0].node().get());
      values.push_back(written_capture(tensors, found == names.end() ? "constant" : found->second));
    }
  }

  void outputs(const std::vector<WrittenPtr>& results) {
    builder_.set_place("");
    for (size_t i = 0; i < results.size(); ++i) {
      const std::string& value = plain_name(builder_, *results[i]);
      lamina_onnx_file::NodeProto& node = *builder_.proto().add_node();
      const bool half = traces_.output_dtypes[i] == DType::kBFloat16;
      node.set_op_type(half ? "Cast" : "Identity");
      if (half) *node.add_attribute() = Attribute("to", static_cast<int64_t>(ElementType::kBFloat16)).proto();
      const std::string name = builder_.unique(traces_.output_names[i]);
      node.set_name(builder_.unique("output " + name));
      node.add_input(value);
      node.add_output(name);
      builder_.add_output(name, type_of(traces_.output_dtypes[i]), declared(*results[i], symbols_));
    }
  }

  /// Takes out nodes whose results nobody reads: writers may know something better than the result of the op before.
  void drop_unused() {
    lamina_onnx_file::GraphProto& graph = builder_.proto();
    for (const auto& output : graph.output()) read_.insert(output.name());
    std::vector<lamina_onnx_file::NodeProto> kept;
    for (int i = graph.node_size() - 1; i >= 0; --i) {
      lamina_onnx_file::NodeProto& node = *graph.mutable_node(i);
      if (std::none_of(node.output().begin(), node.output().end(),
                       [&](const std::string& name) { return read_.count(name) > 0; }))
        continue;
      for_each_read(node, [&](const std::string& name) { read_.insert(name); });
      kept.push_back(std::move(node));
    }
    graph.clear_node();
    for (auto node = kept.rbegin(); node != kept.rend(); ++node) *graph.add_node() = std::move(*node);
  }

  lamina_onnx_file::ModelProto finished() {
    lamina_onnx_file::ModelProto proto;
    proto.set_ir_version(ir_version(builder_.opset()));
    proto.set_producer_name("lamina");
    proto.set_producer_version(version());
    lamina_onnx_file::OperatorSetIdProto& set = *proto.add_opset_import();
    set.set_domain("");
    set.set_version(builder_.opset());
    for (const std::string& domain : builder_.domains()) {
      lamina_onnx_file::OperatorSetIdProto& other = *proto.add_opset_import();
      other.set_domain(domain);
      other.set_version(domain != kMlDomain ? 1 : builder_.opset() < 15 ? 2 : 3);
    }
    for (const lamina_onnx_file::FunctionProto& function : builder_.functions()) *proto.add_functions() = function;
    if (!model_.data_info().empty()) add_metadata(proto, kDataInfo, model_.data_info().to_json());
    if (text_values_.size() > 0) add_metadata(proto, kTextValues, text_values_);
    builder_.proto().set_name(model_.name());
    *proto.mutable_graph() = std::move(builder_.proto());
    return proto;
  }

  static void add_metadata(lamina_onnx_file::ModelProto& proto, const char* key, const Json& value) {
    lamina_onnx_file::Entry& entry = *proto.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value.dump());
  }

  const Model& model_;
  const ModelTraces& traces_;
  const TextInputs& texts_;
  Builder builder_;
  Extents extents_;
  Json text_values_ = Json::object();
  std::set<std::string> read_;
  NamedConstants constants_;
  std::map<std::vector<int64_t>, std::string> symbols_;  // of open axes, by their extents in the traces
};

OnnxReport write(const Model& model, const std::string& path, const OnnxOptions& options) {
  if (options.opset && (*options.opset < kOldest || *options.opset > kNewest))
    throw InvalidArgument(fmt::format("export_onnx: operator set {} was asked for; {} to {} are written", *options.opset,
                                      kOldest, kNewest));
  const ModelTraces traces = trace_model(model, options);
  const TextInputs texts = options.texts ? text_inputs(model.data_info(), traces, options.opset) : TextInputs();
  ModelFile file(model, traces, texts, options.opset.value_or(std::max(kUsual, texts.oldest_opset())));
  lamina_onnx_file::ModelProto proto = file.make();
  OnnxReport report{{}, {}, texts.outside};
  for (const auto& [input, plan] : texts.plans) report.texts.push_back(traces.input_names[input]);
  report.files = write_model_file(std::move(proto), file.constants(), path, options.weights_beside);
  return report;
}

}  // namespace
}  // namespace onnx

OnnxReport export_onnx(const Model& model, const std::string& path, const OnnxOptions& options) {
  return onnx::write(model, path, options);
}

}  // namespace lamina
