// Reading ONNX files into graphs that can be run.
#include "lamina/formats/onnx/imported_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "lamina/base/detail/file_kind.h"
#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/onnx/evaluator.h"
#include "lamina/formats/onnx/node_order.h"
#include "lamina/formats/onnx/text_values.h"
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <onnx.pb.h>

namespace lamina::onnx {
namespace {

using lamina_onnx_file::GraphProto;
using lamina_onnx_file::ModelProto;
using lamina_onnx_file::NodeProto;
using lamina_onnx_file::TypeProto;
using lamina_onnx_file::ValueInfoProto;

Declared declared(const ValueInfoProto& info) {
  Declared result{info.name(), ElementType::kUndefined, std::nullopt};
  const TypeProto* type = &info.type();
  if (type->has_optional_type()) {
    result.kind = Declared::Kind::kOptional;
  } else if (type->has_sequence_type()) {
    result.kind = Declared::Kind::kSequence;
  } else if (!type->has_tensor_type() && type->value_case() != TypeProto::VALUE_NOT_SET) {
    result.kind = Declared::Kind::kOther;
  }
  if (!type->has_tensor_type()) return result;
  if (type->tensor_type().elem_type() != 0) result.type = element_type(type->tensor_type().elem_type());
  if (!type->tensor_type().has_shape()) return result;
  Shape shape;
  for (const auto& dimension : type->tensor_type().shape().dim()) {
    if (shape.rank() == Shape::kMaxRank)
      throw InvalidArgument("value '" + printable(info.name()) + "' has too many axes");
    shape.push_back(dimension.has_dim_value() && dimension.dim_value() >= 0 ? dimension.dim_value() : -1);
  }
  result.shape = shape;
  return result;
}

// Whether a node is computed when the file is read, where its inputs are constants: it, and all that is inside of it.
bool may_be_folded(const NodeProto& node, const Definitions& definitions, const Definitions::Opsets& opsets,
                   int depth = 0) {
  constexpr int kDeepest = 8;
  if (depth > kDeepest) return false;
  const auto all = [&](const auto& nodes, const Definitions::Opsets& versions) {
    return std::all_of(nodes.begin(), nodes.end(), [&](const NodeProto& inner) {
      return may_be_folded(inner, definitions, versions, depth + 1);
    });
  };
  if (const auto* function = definitions.function(node)) {
    if (!all(function->node(), definitions.opsets_of(*function))) return false;
  } else if (const Operator* op = find_operator(node, opsets); op && !op->folds) {
    return false;
  }
  return std::all_of(node.attribute().begin(), node.attribute().end(),
                     [&](const auto& attribute) { return all(attribute.g().node(), opsets); });
}

void collect_unknown(const NodeProto& node, const Definitions& definitions, const Definitions::Opsets& opsets,
                     std::map<std::string, std::vector<std::string>>& unknown) {
  for (const auto& attribute : node.attribute()) {
    for (const NodeProto& inner : attribute.g().node()) collect_unknown(inner, definitions, opsets, unknown);
  }
  if (definitions.function(node)) return;
  if (find_operator(node, opsets)) return;
  const bool standard = node.domain().empty() || node.domain() == "ai.onnx";
  const std::string name = (standard ? "" : printable(node.domain()) + ".") + printable(node.op_type());
  unknown[fmt::format("{} (version {})", name, opset_of(node, opsets))].push_back(
      printable(node.name().empty() && node.output_size() > 0 ? node.output(0) : node.name()));
}

const ExternalData kNowhere("");

Value value_of(lamina_onnx_file::SequenceProto& proto);

Value value_of(lamina_onnx_file::OptionalProto& proto) {
  if (proto.has_tensor_value()) return read_tensor(*proto.mutable_tensor_value(), kNowhere);
  if (proto.has_sequence_value()) return value_of(*proto.mutable_sequence_value());
  if (proto.has_optional_value()) return value_of(*proto.mutable_optional_value());
  return {};
}

Value value_of(lamina_onnx_file::SequenceProto& proto) {
  std::vector<Value> elements;
  for (auto& each : *proto.mutable_tensor_values()) elements.push_back(read_tensor(each, kNowhere));
  for (auto& each : *proto.mutable_sequence_values()) elements.push_back(value_of(each));
  for (auto& each : *proto.mutable_optional_values()) elements.push_back(value_of(each));
  return Value::of_sequence(std::move(elements));
}

template <class Proto>
Proto parsed(std::string_view bytes) {
  Proto proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    throw InvalidArgument("holds no value of ONNX, or a damaged one");
  return proto;
}

}  // namespace

std::optional<Shape> Declared::tensor_shape() const {
  std::optional<Shape> result = shape;
  if (result && texts()) result->push_back(-1);
  return result;
}

DType Declared::dtype() const {
  if (texts()) return DType::kUInt8;
  return type == ElementType::kUndefined ? DType::kFloat32 : storage(type);
}

Value parse_value(std::string_view bytes, Declared::Kind kind, const std::string& name) {
  return lamina::detail::reading(name, [&]() -> Value {
    if (kind == Declared::Kind::kSequence) {
      auto proto = parsed<lamina_onnx_file::SequenceProto>(bytes);
      return value_of(proto);
    }
    if (kind == Declared::Kind::kOptional) {
      auto proto = parsed<lamina_onnx_file::OptionalProto>(bytes);
      return value_of(proto);
    }
    auto proto = parsed<lamina_onnx_file::TensorProto>(bytes);
    return read_tensor(proto, kNowhere);
  });
}

namespace {

// Gives a file to the parser piece by piece, so that it is in memory once, in what is made of it.
class FilePieces final : public google::protobuf::io::CopyingInputStream {
 public:
  explicit FilePieces(const lamina::detail::ByteSource& bytes) : bytes_(bytes) {}
  int Read(void* buffer, int size) override {
    const uint64_t count = std::min<uint64_t>(static_cast<uint64_t>(size), bytes_.size() - at_);
    bytes_.copy(at_, buffer, count);
    at_ += count;
    return static_cast<int>(count);
  }

 private:
  const lamina::detail::ByteSource& bytes_;
  uint64_t at_ = 0;
};

bool parse_model(const lamina::detail::ByteSource& bytes, ModelProto& model) {
  constexpr int kPiece = 1 << 20;
  FilePieces pieces(bytes);
  google::protobuf::io::CopyingInputStreamAdaptor stream(&pieces, kPiece);
  return model.ParseFromZeroCopyStream(&stream);
}

}  // namespace

void ImportedGraph::read(const lamina::detail::ByteSource& bytes) {
  model_ = std::make_shared<ModelProto>();
  constexpr uint64_t kMost = (uint64_t{1} << 31) - 1;
  if (bytes.size() > kMost) throw InvalidArgument("has more than 2 GB, which no ONNX file can");
  const bool parsed = parse_model(bytes, *model_);
  if (parsed && model_->has_graph()) return;
  constexpr uint64_t kTelling = 4096;
  throw InvalidArgument(parsed && model_->ir_version() > 0
                            ? "holds no graph"
                            : "is no ONNX file, or a damaged one; it is " +
                                  lamina::detail::kind_of_bytes(bytes.view(0, std::min(bytes.size(), kTelling))));
}

ImportedGraph ImportedGraph::parse(const lamina::detail::ByteSource& bytes, const std::string& name,
                                   const std::string& folder) {
  return lamina::detail::reading(name, [&] {
    ImportedGraph graph;
    graph.read(bytes);
    begin_behind_texts(*graph.model_);
    graph.prepare(folder);
    graph.choose_weights();
    return graph;
  });
}

ImportedGraph ImportedGraph::translated(std::shared_ptr<ModelProto> model,
                                        std::vector<std::pair<std::string, Value>> constants) {
  ImportedGraph graph;
  graph.model_ = std::move(model);
  graph.of_onnx_ = false;
  for (auto& [name, value] : constants) graph.constants_.emplace(name, std::move(value));
  graph.prepare("");
  graph.choose_weights();
  return graph;
}

ImportedGraph ImportedGraph::restore(std::string_view bytes, std::vector<GraphWeight> weights) {
  ImportedGraph graph;
  graph.read(lamina::detail::ByteSource(bytes));
  graph.weights_ = std::move(weights);
  graph.prepare("");
  return graph;
}

void ImportedGraph::prepare(const std::string& folder) {
  GraphProto& graph = *model_->mutable_graph();
  definitions_ = std::make_shared<Definitions>(*model_, ExternalData(folder));
  require_known_operators();
  const auto add = [&](const std::string& name, Value value) {
    if (!constants_.emplace(name, std::move(value)).second)
      throw InvalidArgument("initializer '" + printable(name) + "' occurs twice");
  };
  for (auto& tensor : *graph.mutable_initializer()) {
    const std::string name = tensor.name();
    add(name, read_tensor(tensor, definitions_->external()));
  }
  for (auto& tensor : *graph.mutable_sparse_initializer()) {
    const std::string name = tensor.values().name();
    add(name, read_tensor(tensor, definitions_->external()));
  }
  graph.clear_initializer();
  graph.clear_sparse_initializer();
  graph.clear_value_info();
  for (const ValueInfoProto& input : graph.input()) {
    // Up to IR version 3 initializers are inputs, too.
    const bool weight = std::any_of(weights_.begin(), weights_.end(),
                                    [&](const GraphWeight& each) { return each.name == input.name(); });
    if (!weight && !constants_.contains(input.name())) inputs_.push_back(declared(input));
  }
  for (const ValueInfoProto& output : graph.output()) outputs_.push_back(declared(output));
  std::vector<std::string> given;
  for (const Declared& input : inputs_) given.push_back(input.name);
  for (const auto& [name, value] : constants_) given.push_back(name);
  for (const GraphWeight& weight : weights_) given.push_back(weight.name);
  sort_nodes(graph, given, *definitions_);
  fold_constants();
}

void ImportedGraph::require_known_operators() const {
  std::map<std::string, std::vector<std::string>> unknown;
  for (const NodeProto& node : model_->graph().node())
    collect_unknown(node, *definitions_, definitions_->opsets(), unknown);
  for (const auto& function : model_->functions()) {
    for (const NodeProto& node : function.node())
      collect_unknown(node, *definitions_, definitions_->opsets_of(function), unknown);
  }
  if (unknown.empty()) return;
  std::string list;
  for (const auto& [name, nodes] : unknown) {
    const size_t shown = std::min<size_t>(nodes.size(), 5);
    list += fmt::format("\n  {}: node{} '{}'{}", name, nodes.size() > 1 ? "s" : "",
                        fmt::join(nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(shown), "', '"),
                        nodes.size() > shown ? fmt::format(" and {} more", nodes.size() - shown) : "");
  }
  throw Unsupported("uses operators that Lamina does not know:" + list);
}

void ImportedGraph::fold_constants() {
  GraphProto& graph = *model_->mutable_graph();
  constexpr int64_t kMostNodes = int64_t{1} << 20;
  Evaluator evaluator(*definitions_, [] { return std::pair<Tensor, int>(); }, kMostNodes);
  google::protobuf::RepeatedPtrField<NodeProto> kept;
  for (NodeProto& node : *graph.mutable_node()) {
    bool constant = may_be_folded(node, *definitions_, definitions_->opsets());
    for_each_read(node, [&](const std::string& name) { constant = constant && constants_.contains(name); });
    std::vector<Value> outputs;
    if (constant) {
      try {
        outputs = evaluator.run_node(node, constants_);
      } catch (const NeedsValues&) {
        constant = false;
      }
    }
    // A small constant may stand for a huge tensor, which is better made when it is needed.
    constexpr int64_t kLargest = int64_t{1} << 24;
    for (const Value& output : outputs) {
      if (!output.is_nothing() && !output.is_sequence() && output.shape().size() > kLargest) constant = false;
    }
    if (!constant) {
      kept.Add()->Swap(&node);
      continue;
    }
    for (int i = 0; i < node.output_size(); ++i) {
      const Value& output = outputs[static_cast<size_t>(i)];
      if (output.is_tensor()) output.tensor().eval();
      if (!node.output(i).empty()) constants_[node.output(i)] = output;
    }
  }
  graph.mutable_node()->Swap(&kept);
}

void ImportedGraph::choose_weights() {
  const GraphProto& graph = model_->graph();
  std::set<std::string> read, taken, barred;
  std::map<std::string, std::set<Order>> orders;  // in which those are read that operators are trained by
  std::vector<std::pair<std::string, bool>> found;
  for (const Declared& output : outputs_) read.insert(output.name);
  for (const NodeProto& node : graph.node()) {
    for_each_read(node, [&](const std::string& name) { read.insert(name); });
    const Operator* op = definitions_->function(node) ? nullptr : find_operator(node, definitions_->opsets());
    for (int i = 0; i < node.input_size(); ++i) {
      const std::string& name = node.input(i);
      const auto constant = constants_.find(name);
      if (constant == constants_.end() || !constant->second.is_tensor() ||
          !is_floating(constant->second.tensor().dtype()) || is_small_float(constant->second.type()))
        continue;
      const auto among = [&](const std::vector<int>& places) {
        return std::find(places.begin(), places.end(), i) != places.end();
      };
      const bool trained = op && among(op->parameters.trained), kept = op && among(op->parameters.kept);
      const int rank = constant->second.rank();
      orders[name].insert(op && among(op->parameters.kernels) ? op->parameters.order(rank) : plain_order(rank));
      if (!trained && !kept) {
        barred.insert(name);
      } else if (constant->second.tensor().size() > 1 && taken.insert(name).second) {
        found.emplace_back(name, trained);
      }
    }
  }
  for (const auto& [name, trained] : found) {
    if (barred.contains(name)) continue;
    const Value& constant = constants_.at(name);
    const bool moved = orders.at(name).size() == 1 && !orders.at(name).contains(plain_order(constant.rank()));
    const Order order = moved ? *orders.at(name).begin() : Order{};
    const Tensor value = moved ? constant.in_order(order).eval() : constant.tensor();
    weights_.push_back({name, value.type(), trained, order, value});
    constants_.erase(name);
  }
  for (auto at = constants_.begin(); at != constants_.end();)
    at = read.contains(at->first) ? std::next(at) : constants_.erase(at);
}

std::string ImportedGraph::metadata(const std::string& key) const {
  for (const lamina_onnx_file::Entry& entry : model_->metadata_props()) {
    if (entry.key() == key) return entry.value();
  }
  return {};
}

void ImportedGraph::forget_weights() {
  for (GraphWeight& weight : weights_) weight.value = {};
}

namespace {

// Puts back what Definitions took from the graphs inside of nodes; `to` is a copy of `from`.
void restore_initializers(const google::protobuf::RepeatedPtrField<NodeProto>& from,
                          google::protobuf::RepeatedPtrField<NodeProto>& to, const Definitions& definitions) {
  for (int i = 0; i < from.size(); ++i) {
    for (int k = 0; k < from[i].attribute_size(); ++k) {
      if (!from[i].attribute(k).has_g()) continue;
      const GraphProto& taken = from[i].attribute(k).g();
      GraphProto& graph = *to[i].mutable_attribute(k)->mutable_g();
      graph.clear_initializer();
      graph.clear_sparse_initializer();
      for (const auto& [name, value] : definitions.initializers(taken)) *graph.add_initializer() = write_tensor(value, name);
      restore_initializers(taken.node(), *graph.mutable_node(), definitions);
    }
  }
}

}  // namespace

std::string ImportedGraph::bytes_without_weights() const {
  ModelProto copy = *model_;
  GraphProto& graph = *copy.mutable_graph();
  restore_initializers(model_->graph().node(), *graph.mutable_node(), *definitions_);
  for (int i = 0; i < model_->functions_size(); ++i)
    restore_initializers(model_->functions(i).node(), *copy.mutable_functions(i)->mutable_node(), *definitions_);
  // By name, so that the same graph gives the same bytes.
  const std::map<std::string, Value> constants(constants_.begin(), constants_.end());
  for (const auto& [name, value] : constants) {
    if (!value.is_sequence() && !value.is_nothing()) *graph.add_initializer() = write_tensor(value, name);
  }
  // Old files list initializers among the inputs.
  google::protobuf::RepeatedPtrField<ValueInfoProto> inputs;
  for (ValueInfoProto& input : *graph.mutable_input()) {
    const bool taken = std::any_of(inputs_.begin(), inputs_.end(),
                                   [&](const Declared& each) { return each.name == input.name(); });
    if (taken) inputs.Add(std::move(input));
  }
  graph.mutable_input()->Swap(&inputs);
  return copy.SerializeAsString();
}

std::vector<Value> ImportedGraph::run(const std::vector<Value>& inputs, const std::vector<Tensor>& weights,
                                      const Random& random, int64_t most) const {
  if (inputs.size() != inputs_.size() || weights.size() != weights_.size())
    throw InternalError("a graph of ONNX got another number of values than it takes");
  Values values = constants_;
  for (size_t i = 0; i < inputs.size(); ++i) values[inputs_[i].name] = inputs[i];
  for (size_t i = 0; i < weights.size(); ++i) {
    values[weights_[i].name] = weights_[i].order.empty() ? weights[i] : Value::lying(weights[i], weights_[i].order);
  }
  return Evaluator(*definitions_, random, most).run(model_->graph(), std::move(values));
}

}  // namespace lamina::onnx
