// TFLite files built table by table, for tests that say what no converter would.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include <tflite_generated.h>

namespace lamina::test {

namespace tfl = lamina_tflite_file;

/// Types of elements by the format's numbers.
enum TfliteType : int8_t { kTfFloat = 0, kTfInt32 = 2, kTfString = 5, kTfInt8 = 9 };

struct TfliteTensor {
  std::string name;
  std::vector<int32_t> shape;
  int8_t type = kTfFloat;
  std::string data = {};  ///< bytes of a constant
  std::vector<float> scales = {};
  std::vector<int64_t> zeros = {};
  std::vector<int32_t> signature = {};
  int32_t axis = 0;     ///< of several scales
  uint32_t buffer = 0;  ///< a number of a buffer instead of data
};

template <class T>
std::string tflite_bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

struct TfliteOperator {
  tfl::BuiltinOperator code;
  std::vector<int32_t> inputs, outputs;
  tfl::Options kind = tfl::Options_NONE;
  std::function<flatbuffers::Offset<void>(flatbuffers::FlatBufferBuilder&)> options = {};
  std::string custom = {};
};

struct TfliteGraph {
  std::vector<TfliteTensor> tensors;
  std::vector<TfliteOperator> operators;
  std::vector<int32_t> inputs, outputs;
};

/// The bytes of a model with these graphs. `behind`: where data begin that lie behind the tables, 0 for
/// inside.
inline std::string tflite_model(const std::vector<TfliteGraph>& graphs, uint32_t version = 3,
                                uint64_t behind = 0) {
  flatbuffers::FlatBufferBuilder builder;
  std::string data_behind;
  std::vector<flatbuffers::Offset<tfl::Buffer>> buffers{tfl::CreateBuffer(builder)};
  std::vector<flatbuffers::Offset<tfl::OperatorCode>> codes;
  std::vector<flatbuffers::Offset<tfl::SubGraph>> written;
  for (const TfliteGraph& graph : graphs) {
    std::vector<flatbuffers::Offset<tfl::Tensor>> tensors;
    for (const TfliteTensor& tensor : graph.tensors) {
      uint32_t buffer = tensor.buffer;
      if (!tensor.data.empty()) {
        buffer = static_cast<uint32_t>(buffers.size());
        if (behind > 0) {
          buffers.push_back(tfl::CreateBuffer(builder, 0, behind + data_behind.size(), tensor.data.size()));
          data_behind += tensor.data;
        } else {
          builder.ForceVectorAlignment(tensor.data.size(), 1, 16);
          const auto data =
              builder.CreateVector(reinterpret_cast<const uint8_t*>(tensor.data.data()), tensor.data.size());
          buffers.push_back(tfl::CreateBuffer(builder, data));
        }
      }
      flatbuffers::Offset<tfl::Quantization> quantization;
      if (!tensor.scales.empty()) {
        const auto scales = builder.CreateVector(tensor.scales);
        const auto zeros = builder.CreateVector(tensor.zeros);
        tfl::QuantizationBuilder made(builder);
        made.add_scale(scales);
        made.add_zero_point(zeros);
        made.add_quantized_dimension(tensor.axis);
        quantization = made.Finish();
      }
      const auto shape = builder.CreateVector(tensor.shape),
                 signature = builder.CreateVector(tensor.signature);
      const auto name = builder.CreateString(tensor.name);
      tfl::TensorBuilder made(builder);
      made.add_shape(shape);
      made.add_type(tensor.type);
      made.add_buffer(buffer);
      made.add_name(name);
      if (!tensor.scales.empty()) made.add_quantization(quantization);
      if (!tensor.signature.empty()) made.add_shape_signature(signature);
      tensors.push_back(made.Finish());
    }
    std::vector<flatbuffers::Offset<tfl::Operator>> operators;
    for (const TfliteOperator& op : graph.operators) {
      const auto custom = builder.CreateString(op.custom);
      tfl::OperatorCodeBuilder code(builder);
      code.add_builtin_code(op.code);
      code.add_short_code(static_cast<int8_t>(std::min<int>(op.code, 127)));
      if (!op.custom.empty()) code.add_custom_code(custom);
      codes.push_back(code.Finish());
      const auto options = op.options ? op.options(builder) : flatbuffers::Offset<void>();
      const auto inputs = builder.CreateVector(op.inputs), outputs = builder.CreateVector(op.outputs);
      tfl::OperatorBuilder made(builder);
      made.add_opcode_index(static_cast<uint32_t>(codes.size() - 1));
      made.add_inputs(inputs);
      made.add_outputs(outputs);
      if (op.options) {
        made.add_options_type(op.kind);
        made.add_options(options);
      }
      operators.push_back(made.Finish());
    }
    const auto tables = builder.CreateVector(tensors);
    const auto inputs = builder.CreateVector(graph.inputs), outputs = builder.CreateVector(graph.outputs);
    const auto nodes = builder.CreateVector(operators);
    written.push_back(tfl::CreateSubGraph(builder, tables, inputs, outputs, nodes));
  }
  const auto all_codes = builder.CreateVector(codes);
  const auto all_graphs = builder.CreateVector(written);
  const auto all_buffers = builder.CreateVector(buffers);
  tfl::ModelBuilder model(builder);
  model.add_version(version);
  model.add_operator_codes(all_codes);
  model.add_subgraphs(all_graphs);
  model.add_buffers(all_buffers);
  tfl::FinishModelBuffer(builder, model.Finish());
  std::string bytes(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
  if (behind > 0) {
    bytes.resize(behind, '\0');
    bytes += data_behind;
  }
  return bytes;
}

}  // namespace lamina::test
