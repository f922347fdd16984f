// Making the tables of TFLite files, with holes for constants, which are written one by one.
#include <algorithm>
#include <set>
#include <string_view>

#include "lamina/base/error.h"
#include "lamina/formats/tflite/export/builder.h"

namespace lamina::tflite {

using lamina::detail::Pieces;

namespace {

// The version of an operator that run times have from the first on; BROADCAST_TO was made one with its second.
int version_of(fb::BuiltinOperator code) { return code == fb::BuiltinOperator_BROADCAST_TO ? 2 : 1; }

// Where a constant goes: so many bytes before the end of the file.
struct Hole {
  size_t from_end;
  TensorType type;
  std::function<Tensor()> read;
};

// The tables, and constants in their holes, which were made from the end of the file on.
Pieces around(std::string_view tables, std::vector<Hole>& holes) {
  Pieces pieces;
  size_t at = 0;
  for (auto hole = holes.rbegin(); hole != holes.rend(); ++hole) {
    const size_t begin = tables.size() - hole->from_end;
    pieces.add(std::string(tables.substr(at, begin - at)));
    pieces.add(hole->type, std::move(hole->read));
    at = begin + hole->type.bytes();
  }
  pieces.add(std::string(tables.substr(at)));
  return pieces;
}

}  // namespace

Pieces Builder::finish(const std::vector<int32_t>& inputs, const std::vector<int32_t>& outputs,
                       const std::map<std::string, std::string>& metadata) {
  uint64_t bytes = 0;
  for (const auto& [key, text] : metadata) bytes += key.size() + text.size() + 256;
  for (const TensorEntry& entry : tensors_)
    bytes += entry.constant.defined() ? entry.constant.type().bytes() + 256 : 256;
  if (bytes > (uint64_t{1} << 31) - (1 << 20))
    throw InvalidArgument("its weights take 2 GB or more, which no such file holds");
  // Tensors that nobody reads any more are left out.
  std::set<int32_t> used(inputs.begin(), inputs.end());
  used.insert(outputs.begin(), outputs.end());
  for (const OperatorEntry& op : operators_) {
    used.insert(op.inputs.begin(), op.inputs.end());
    used.insert(op.outputs.begin(), op.outputs.end());
  }
  used.erase(-1);
  std::map<int32_t, int32_t> place{{-1, -1}};
  // Room for all: what nobody writes into takes no memory, and large constants are left out until they are written.
  constexpr uint64_t kSlack = 1 << 16;
  flatbuffers::FlatBufferBuilder builder(static_cast<size_t>(bytes + kSlack));
  std::vector<Hole> holes;
  std::vector<flatbuffers::Offset<fb::Buffer>> buffers{fb::CreateBuffer(builder)};
  std::vector<flatbuffers::Offset<fb::Tensor>> tensors;
  for (const int32_t id : used) {
    place[id] = static_cast<int32_t>(tensors.size());
    const TensorEntry& entry = tensor(id);
    uint32_t buffer = 0;
    if (entry.constant.defined() && entry.constant.size() > 0) {
      const TensorType type = entry.constant.type();
      buffer = static_cast<uint32_t>(buffers.size());
      builder.ForceVectorAlignment(type.bytes(), 1, 16);
      uint8_t* room = nullptr;
      const auto data = builder.CreateUninitializedVector<uint8_t>(type.bytes(), &room);
      holes.push_back({builder.GetSize() - sizeof(uint32_t), type, [entry] {
                         return entry.arrange ? entry.arrange(entry.source) : entry.constant;
                       }});
      buffers.push_back(fb::CreateBuffer(builder, data));
    }
    const auto shape = builder.CreateVector(std::vector<int32_t>(entry.shape.begin(), entry.shape.end()));
    std::vector<int32_t> open(entry.shape.begin(), entry.shape.end());
    for (const int axis : entry.open) open[static_cast<size_t>(axis)] = -1;
    const auto signature = entry.open.empty() ? 0 : builder.CreateVector(open);
    const auto text = builder.CreateString(entry.name);
    flatbuffers::Offset<fb::Quantization> quantization;
    if (!entry.scales.empty()) {
      const auto scales = builder.CreateVector(entry.scales);
      const auto zeros_of = builder.CreateVector(std::vector<int64_t>(entry.scales.size(), entry.zero));
      fb::QuantizationBuilder details(builder);
      details.add_scale(scales);
      details.add_zero_point(zeros_of);
      details.add_quantized_dimension(entry.axis);
      quantization = details.Finish();
    }
    fb::TensorBuilder made(builder);
    if (!entry.scales.empty()) made.add_quantization(quantization);
    made.add_shape(shape);
    made.add_type(written_type(entry.dtype));
    made.add_buffer(buffer);
    made.add_name(text);
    made.add_has_rank(true);
    if (!entry.open.empty()) made.add_shape_signature(signature);
    tensors.push_back(made.Finish());
  }
  const auto places = [&](const std::vector<int32_t>& ids) {
    std::vector<int32_t> result;
    for (const int32_t id : ids) result.push_back(place.at(id));
    return builder.CreateVector(result);
  };
  std::map<fb::BuiltinOperator, uint32_t> kinds;
  std::vector<flatbuffers::Offset<fb::OperatorCode>> codes;
  std::vector<flatbuffers::Offset<fb::Operator>> nodes;
  for (const OperatorEntry& op : operators_) {
    const auto [kind, is_new] = kinds.emplace(op.code, static_cast<uint32_t>(codes.size()));
    if (is_new)
      codes.push_back(fb::CreateOperatorCode(builder, static_cast<int8_t>(std::min<int>(op.code, 127)), 0,
                                             version_of(op.code), op.code));
    const auto options =
        op.options.make ? op.options.make(builder, op.activation) : flatbuffers::Offset<void>();
    const auto from = places(op.inputs), to = places(op.outputs);
    fb::OperatorBuilder made(builder);
    made.add_opcode_index(kind->second);
    made.add_inputs(from);
    made.add_outputs(to);
    if (op.options.make) {
      made.add_options_type(op.options.kind);
      made.add_options(options);
    }
    nodes.push_back(made.Finish());
  }
  const auto tables = builder.CreateVector(tensors);
  const auto from = places(inputs), to = places(outputs);
  const auto operators = builder.CreateVector(nodes);
  const auto name = builder.CreateString("main");
  const auto graphs =
      builder.CreateVector(std::vector{fb::CreateSubGraph(builder, tables, from, to, operators, name)});
  std::vector<flatbuffers::Offset<fb::Metadata>> said;
  for (const auto& [key, text] : metadata) {
    const auto written = builder.CreateString(key);
    said.push_back(fb::CreateMetadata(builder, written, static_cast<uint32_t>(buffers.size())));
    builder.ForceVectorAlignment(text.size(), 1, 16);
    buffers.push_back(fb::CreateBuffer(
        builder, builder.CreateVector(reinterpret_cast<const uint8_t*>(text.data()), text.size())));
  }
  const auto all_metadata = builder.CreateVector(said);
  const auto all_codes = builder.CreateVector(codes);
  const auto all_buffers = builder.CreateVector(buffers);
  const auto description = builder.CreateString("Lamina");
  fb::ModelBuilder model(builder);
  model.add_version(3);
  model.add_operator_codes(all_codes);
  model.add_subgraphs(graphs);
  model.add_description(description);
  model.add_buffers(all_buffers);
  if (!said.empty()) model.add_metadata(all_metadata);
  fb::FinishModelBuffer(builder, model.Finish());
  return around({reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()}, holes);
}

}  // namespace lamina::tflite
