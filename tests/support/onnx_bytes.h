// ONNX files written byte by byte, so that tests need no library of messages and can say what no library would.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace lamina::test {

/// A message of protocol buffers: fields in the order in which they are added.
class Message {
 public:
  Message& integer(int field, int64_t value) {
    tag(field, 0);
    varint(static_cast<uint64_t>(value));
    return *this;
  }
  Message& bytes(int field, const std::string& value) {
    tag(field, 2);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  Message& message(int field, const Message& value) { return bytes(field, value.bytes_); }
  Message& number(int field, float value) {
    tag(field, 5);
    bytes_.append(reinterpret_cast<const char*>(&value), 4);
    return *this;
  }
  const std::string& str() const { return bytes_; }

 private:
  void tag(int field, int wire) { varint(static_cast<uint64_t>(field) << 3 | static_cast<uint64_t>(wire)); }
  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<char>(value | 0x80));
    bytes_.push_back(static_cast<char>(value));
  }
  std::string bytes_;
};

/// A float tensor of that name.
inline Message onnx_floats(const std::string& name, const std::vector<int64_t>& shape,
                           const std::vector<float>& values) {
  Message tensor;
  for (const int64_t extent : shape) tensor.integer(1, extent);
  tensor.integer(2, 1).bytes(8, name);
  return tensor.bytes(9, std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)));
}

inline Message onnx_integers(const std::string& name, const std::vector<int64_t>& values) {
  Message tensor;
  tensor.integer(1, static_cast<int64_t>(values.size())).integer(2, 7).bytes(8, name);
  return tensor.bytes(9, std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(int64_t)));
}

inline Message onnx_attribute(const std::string& name, int64_t value) {
  return Message().bytes(1, name).integer(3, value).integer(20, 2);
}
inline Message onnx_attribute(const std::string& name, const std::vector<int64_t>& values) {
  Message attribute;
  attribute.bytes(1, name);
  for (const int64_t value : values) attribute.integer(8, value);
  return attribute.integer(20, 7);
}
inline Message onnx_attribute(const std::string& name, const Message& graph) {
  return Message().bytes(1, name).message(6, graph).integer(20, 5);
}

/// A node, named after its first output.
inline Message onnx_node(const std::string& type, const std::vector<std::string>& inputs,
                         const std::vector<std::string>& outputs, const std::vector<Message>& attributes = {},
                         const std::string& domain = "") {
  Message node;
  for (const std::string& input : inputs) node.bytes(1, input);
  for (const std::string& output : outputs) node.bytes(2, output);
  if (!outputs.empty()) node.bytes(3, outputs[0]);
  node.bytes(4, type);
  for (const Message& attribute : attributes) node.message(5, attribute);
  if (!domain.empty()) node.bytes(7, domain);
  return node;
}

/// A value of `type` (1: float, 7: int64, 9: bool); an extent of -1 is open.
inline Message onnx_value(const std::string& name, const std::vector<int64_t>& shape, int type = 1) {
  Message extents;
  for (const int64_t extent : shape)
    extents.message(1, extent < 0 ? Message().bytes(2, "n") : Message().integer(1, extent));
  return Message().bytes(1, name).message(
      2, Message().message(1, Message().integer(1, type).message(2, extents)));
}

struct OnnxGraphParts {
  std::vector<Message> nodes = {}, initializers = {}, inputs = {}, outputs = {};
};

inline Message onnx_graph(const OnnxGraphParts& parts) {
  Message graph;
  for (const Message& node : parts.nodes) graph.message(1, node);
  graph.bytes(2, "graph");
  for (const Message& initializer : parts.initializers) graph.message(5, initializer);
  for (const Message& input : parts.inputs) graph.message(11, input);
  for (const Message& output : parts.outputs) graph.message(12, output);
  return graph;
}

/// The bytes of a model with that graph.
inline std::string onnx_model(const OnnxGraphParts& parts, int64_t opset = 17) {
  return Message()
      .integer(1, 8)
      .message(7, onnx_graph(parts))
      .message(8, Message().integer(2, opset))
      .str();
}

}  // namespace lamina::test
