// export_onnx: from the traces of a model to a file.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/terminal.h"
#include "lamina/base/version.h"
#include "lamina/formats/onnx/evaluator.h"
#include "lamina/formats/onnx/export/graph_writer.h"
#include "lamina/formats/onnx/export/traces.h"
#include "lamina/formats/onnx/graph_model.h"
#include "lamina/formats/onnx/onnx_export.h"
#include "lamina/formats/onnx/tensor_data.h"

namespace lamina {
namespace onnx {
namespace {

constexpr int kOldest = 13, kNewest = 25;
/// Smaller constants stay in the file: ONNX wants shapes there.
constexpr size_t kBesideFrom = 1024;
/// Protocol buffers hold less than 2 GiB; some room is left for what is not weights.
constexpr uint64_t kMostInside = (uint64_t{1} << 31) - (uint64_t{64} << 20);

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
  ModelFile(const Model& model, const OnnxOptions& options)
      : model_(model), traces_(trace_model(model, options)), builder_(options.opset), extents_(builder_, nullptr) {}

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
  const std::vector<std::pair<std::string, Value>>& constants() const { return constants_; }

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
      builder_.add_input(name, type_of(value->dtype), declared(*value, symbols_));
      value->plain = value->dtype == DType::kBFloat16 ? builder_.cast(name, DType::kFloat32) : name;
      values.push_back(std::move(value));
    }
    return values;
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
      other.set_version(builder_.opset() < 15 ? 2 : 3);
    }
    if (!model_.data_info().empty()) {
      lamina_onnx_file::Entry& entry = *proto.add_metadata_props();
      entry.set_key(kDataInfo);
      entry.set_value(model_.data_info().to_json().dump());
    }
    builder_.proto().set_name(model_.name());
    *proto.mutable_graph() = std::move(builder_.proto());
    return proto;
  }

  const Model& model_;
  const ModelTraces traces_;
  Builder builder_;
  Extents extents_;
  std::set<std::string> read_;
  std::vector<std::pair<std::string, Value>> constants_;
  std::map<std::vector<int64_t>, std::string> symbols_;  // of open axes, by their extents in the traces
};

void add_entry(lamina_onnx_file::TensorProto& tensor, const char* key, const std::string& value) {
  lamina_onnx_file::Entry& entry = *tensor.add_external_data();
  entry.set_key(key);
  entry.set_value(value);
}

using lamina::detail::Pieces;

void add_number(std::string& out, uint64_t value) {
  for (; value >= 128; value >>= 7) out += static_cast<char>(value | 128);
  out += static_cast<char>(value);
}
/// The beginning of a field of so many bytes.
std::string field(int number, uint64_t bytes) {
  constexpr int kBytes = 2;
  std::string out;
  add_number(out, static_cast<uint64_t>(number << 3 | kBytes));
  add_number(out, bytes);
  return out;
}
Pieces message(int number, Pieces content) {
  Pieces all(field(number, content.size()));
  all.add(std::move(content));
  return all;
}

/// The constants of a file as initializers; large elements go to `beside`, where there is one.
Pieces initializers(const std::vector<std::pair<std::string, Value>>& constants, Pieces* beside,
                    const std::string& location) {
  using lamina_onnx_file::GraphProto;
  using lamina_onnx_file::TensorProto;
  Pieces all;
  for (const auto& [name, value] : constants) {
    WrittenTensor tensor = written_tensor(value, name);
    if (beside && tensor.elements.size() == 0 && tensor.proto.raw_data().size() >= kBesideFrom)
      tensor.elements = Pieces(std::move(*tensor.proto.mutable_raw_data()));
    const uint64_t bytes = tensor.elements.size();
    const bool outside = beside && bytes > 0;
    if (outside) {
      tensor.proto.clear_raw_data();
      add_entry(tensor.proto, "location", location);
      add_entry(tensor.proto, "offset", std::to_string(beside->size()));
      add_entry(tensor.proto, "length", std::to_string(bytes));
      tensor.proto.set_data_location(1);
    }
    Pieces content(tensor.proto.SerializeAsString());
    if (outside) {
      beside->add(std::move(tensor.elements));
    } else if (bytes > 0) {
      content.add(message(TensorProto::kRawDataFieldNumber, std::move(tensor.elements)));
    }
    all.add(message(GraphProto::kInitializerFieldNumber, std::move(content)));
  }
  return all;
}

/// The whole file: the graph with its initializers behind all else.
Pieces whole_file(lamina_onnx_file::ModelProto& proto, Pieces initializers) {
  Pieces graph(proto.graph().SerializeAsString());
  proto.clear_graph();
  graph.add(std::move(initializers));
  Pieces file(proto.SerializeAsString());
  file.add(message(lamina_onnx_file::ModelProto::kGraphFieldNumber, std::move(graph)));
  return file;
}

void put(AtomicFile& file, const Pieces& pieces) {
  file.reserve(pieces.size());
  pieces.for_each([&](std::string_view piece) { file.write(piece); });
}

/// Where weights beside the model go, and where those of an older one lie that stay whole until the new model is there.
struct Beside {
  explicit Beside(const std::string& model) : path(model + ".data"), older(model + ".1.data") {
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) std::swap(path, older);
  }
  std::string name() const { return std::filesystem::path(path).filename().string(); }
  std::string path, older;
};

void write(const Model& model, const std::string& path, const OnnxOptions& options) {
  if (options.opset < kOldest || options.opset > kNewest)
    throw InvalidArgument(fmt::format("export_onnx: operator set {} was asked for; {} to {} are written", options.opset,
                                      kOldest, kNewest));
  ModelFile file(model, options);
  lamina_onnx_file::ModelProto proto = file.make();
  const std::vector<std::pair<std::string, Value>>& constants = file.constants();
  uint64_t bytes = 0;
  for (const auto& constant : constants)
    bytes += constant.second.is_tensor() ? size_of(storage(constant.second.type())) * static_cast<uint64_t>(constant.second.shape().size()) : 0;
  if (bytes == 0 || bytes < std::min(options.weights_beside, kMostInside)) {
    lamina::detail::write_pieces(path, whole_file(proto, initializers(constants, nullptr, "")));
    return;
  }
  const Beside beside(path);
  Pieces data;
  Pieces inside = initializers(constants, &data, beside.name());
  const Pieces content = whole_file(proto, std::move(inside));
  if (content.size() > kMostInside)
    throw Unsupported(fmt::format("the graph alone would take {} bytes, more than the 2 GiB that ONNX allows", content.size()));
  AtomicFile graph(path), weights(beside.path);
  put(graph, content);
  put(weights, data);
  weights.commit();
  graph.commit();
  std::error_code ignored;  // one that stays is in nobody's way
  std::filesystem::remove(beside.older, ignored);
}

}  // namespace
}  // namespace onnx

void export_onnx(const Model& model, const std::string& path, const OnnxOptions& options) {
  onnx::write(model, path, options);
}

}  // namespace lamina
