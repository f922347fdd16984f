// GraphWriter: the walk, bodies of ops that have no writer, and what cannot be written.
#include "lamina/formats/onnx/export/graph_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "lamina/core/tensor_node.h"
#include "lamina/core/trace.h"
#include "lamina/formats/onnx/tensor_data.h"

namespace lamina::onnx {
namespace {

constexpr const char* kOtherOps =
    "other ops are computed for other extents of the open axes; write the model for fixed shapes";

bool same_walk(const Node& a, const Node& b) { return a.op == b.op && a.inputs == b.inputs && a.outputs == b.outputs; }

// In step: whether the graphs have the same nodes.
bool in_step(const std::vector<const Graph*>& graphs) {
  return std::all_of(graphs.begin(), graphs.end(), [&](const Graph* graph) {
    return graph->nodes.size() == graphs[0]->nodes.size() && graph->inputs == graphs[0]->inputs &&
           std::equal(graph->nodes.begin(), graph->nodes.end(), graphs[0]->nodes.begin(), same_walk);
  });
}

bool same_elements(const Tensor& a, const Tensor& b) {
  if (a.node() == b.node()) return true;
  if (a.type() != b.type()) return false;
  const Tensor x = a.to(Device{}), y = b.to(Device{});
  eval(std::vector<Tensor>{x, y});
  return x.type().bytes() == 0 || std::memcmp(x.buffer()->data(), y.buffer()->data(), x.type().bytes()) == 0;
}

// Whether an op only moves elements: then it may be applied to constants when the file is written.
bool only_moves(const Op& op) { return op.view || op.flops == no_flops; }

// The outputs of an op that only moves constants, and makes no more of them; nothing for others.
std::vector<Tensor> moved_constants(std::span<const Node* const> nodes, const std::vector<WrittenPtr>& inputs,
                                    const std::vector<WrittenPtr>& outputs) {
  if (inputs.empty() || !only_moves(*nodes[0]->op)) return {};
  std::vector<Tensor> given;
  size_t bytes = 0;
  for (const WrittenPtr& input : inputs) {
    if (!input->constant.defined()) return {};
    given.push_back(input->constant);
    bytes += input->constant.type().bytes();
  }
  for (const Node* node : nodes) {
    if (!(node->attrs == nodes[0]->attrs)) return {};
  }
  for (const WrittenPtr& output : outputs) {
    const size_t more = TensorType{output->dtype, output->shapes[0]}.bytes();
    if (more > bytes) return {};
    bytes -= more;
  }
  std::vector<Tensor> results = apply(*nodes[0]->op, nodes[0]->attrs, given);
  eval(results);
  return results;
}

}  // namespace

WrittenPtr written_constant(const Tensor& tensor, const std::string& name, size_t traces) {
  auto value = std::make_shared<Written>();
  value->dtype = tensor.dtype();
  value->shapes.assign(traces, tensor.shape());
  value->constant = tensor;
  value->wish = name;
  return value;
}

WrittenPtr written_capture(const std::vector<Tensor>& captured, const std::string& name) {
  for (const Tensor& tensor : captured) {
    if (!same_elements(tensor, captured[0]))
      throw Unsupported("a tensor that the model computes by itself (" + captured[0].type().str() +
                        ") follows from open extents of the inputs; write the model for fixed shapes");
  }
  return written_constant(captured[0], name, captured.size());
}

std::vector<WrittenPtr> GraphWriter::write(const std::vector<const Graph*>& graphs,
                                           const std::vector<WrittenPtr>& inputs, const std::vector<ValueId>& outputs,
                                           const std::vector<std::string>& places) {
  if (!in_step(graphs)) throw Unsupported(kOtherOps);
  const Graph& first = *graphs[0];
  std::vector<WrittenPtr> values(first.values.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    values[static_cast<size_t>(first.inputs.at(i))] = inputs[i];
    extents_.add(inputs[i]);
  }
  std::vector<bool> used(first.values.size());
  for (const ValueId output : outputs) used[static_cast<size_t>(output)] = true;
  for (const Node& node : first.nodes) {
    for (const ValueId input : node.inputs) used[static_cast<size_t>(input)] = true;
  }
  for (size_t at = 0; at < first.nodes.size(); ++at) {
    std::vector<const Node*> nodes;
    for (const Graph* graph : graphs) nodes.push_back(&graph->nodes[at]);
    std::vector<WrittenPtr> given, made;
    std::vector<bool> wanted;
    for (const ValueId input : nodes[0]->inputs) given.push_back(values[static_cast<size_t>(input)]);
    for (const ValueId output : nodes[0]->outputs) {
      made.push_back(Writing::value_like(graphs, output, ""));
      values[static_cast<size_t>(output)] = made.back();
      wanted.push_back(used[static_cast<size_t>(output)]);
    }
    if (!places.empty()) builder_.set_place(places[at]);
    try {
      write_node(nodes, given, made, wanted);
    } catch (const Unsupported& error) {
      const std::string where = places.empty() || places[at].empty() ? "" : " in '" + places[at] + "'";
      refusals_.add("op '" + nodes[0]->op->name + "'" + where + ": " + error.what());
    }
    const auto how = std::make_shared<const Written::Made>(Written::Made{nodes[0]->op, nodes[0]->attrs, given});
    for (size_t i = 0; i < made.size(); ++i) {
      made[i]->made = how;
      if (made[i]->plain.empty() && made[i]->channels_first.empty() && !made[i]->constant.defined()) made[i]->plain = "nothing";
      extents_.add(made[i]);
    }
  }
  std::vector<WrittenPtr> results;
  for (const ValueId output : outputs) results.push_back(values[static_cast<size_t>(output)]);
  return results;
}

void GraphWriter::write_node(std::span<const Node* const> nodes, const std::vector<WrittenPtr>& inputs,
                             const std::vector<WrittenPtr>& outputs, const std::vector<bool>& used) {
  const Op& op = *nodes[0]->op;
  if (const std::vector<Tensor> known = moved_constants(nodes, inputs, outputs); !known.empty()) {
    for (size_t i = 0; i < outputs.size(); ++i) *outputs[i] = *written_constant(known[i], inputs[0]->wish, nodes.size());
    return;
  }
  const Writer* writer = find_writer(op.name);
  if (writer && !writer->write) throw Unsupported(writer->reason);
  if (!writer) {
    if (!op.body) throw Unsupported("it has no counterpart in ONNX");
    write_body(nodes, inputs, outputs);
  } else {
    Writing writing(*this, nodes, inputs, outputs, used);
    writer->write(writing);
  }
  for (const WrittenPtr& output : outputs) {
    if (output->dtype != DType::kBFloat16 || output->constant.defined()) continue;
    for (std::string* name : {&output->plain, &output->channels_first}) {
      if (name->empty()) continue;
      const std::string half =
          builder_.node("Cast", {*name}, {{"to", static_cast<int64_t>(ElementType::kBFloat16)}});
      *name = builder_.cast(half, DType::kFloat32);
    }
  }
}

void GraphWriter::write_body(std::span<const Node* const> nodes, const std::vector<WrittenPtr>& inputs,
                             const std::vector<WrittenPtr>& outputs) {
  std::vector<detail::Trace> traces;
  for (size_t trace = 0; trace < nodes.size(); ++trace) {
    std::vector<Tensor> arguments;
    for (const WrittenPtr& input : inputs)
      arguments.push_back(detail::placeholder({input->dtype, input->shapes[trace]}, current_device()));
    const detail::TracedFunction scope;
    traces.push_back(detail::trace(nodes[trace]->op->body(nodes[trace]->attrs, arguments), arguments));
  }
  std::vector<const Graph*> graphs;
  for (const detail::Trace& trace : traces) {
    graphs.push_back(&trace.graph);
    if (trace.captured.size() != traces[0].captured.size()) throw Unsupported(kOtherOps);
  }
  std::vector<WrittenPtr> given = inputs;
  for (size_t i = 0; i < traces[0].captured.size(); ++i) {
    std::vector<Tensor> captured;
    for (const detail::Trace& trace : traces) captured.push_back(trace.captured[i]);
    given.push_back(written_capture(captured, "constant"));
  }
  const std::vector<WrittenPtr> results = write(graphs, given, traces[0].results);
  for (size_t i = 0; i < outputs.size(); ++i) {
    *outputs[i] = *results[i];
  }
}

}  // namespace lamina::onnx
