// Making the tables of TFLite files.
#include "lamina/formats/tflite/export/builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"

namespace lamina::tflite {

int8_t written_type(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return 0;
    case DType::kFloat16:
      return 1;
    case DType::kInt32:
      return 2;
    case DType::kUInt8:
      return 3;
    case DType::kInt64:
      return 4;
    case DType::kBool:
      return 6;
    case DType::kInt16:
      return 7;
    case DType::kInt8:
      return 9;
    case DType::kFloat64:
      return 10;
    default:
      throw Unsupported(
          fmt::format("elements of {} are not written: no interpreter computes with them", name(dtype)));
  }
}

int32_t Builder::add(const std::string& name, DType dtype, const Shape& shape) {
  written_type(dtype);
  std::string unique = name;
  if (const int number = taken_[name]++; number > 0) unique += fmt::format("_{}", number);
  tensors_.push_back({unique, dtype, shape});
  return static_cast<int32_t>(tensors_.size() - 1);
}

int32_t Builder::constant(const Tensor& value, const std::string& name) {
  const int32_t id = add(name, value.dtype(), value.shape());
  tensor(id).constant = value;
  return id;
}

int32_t Builder::integers(const std::vector<int64_t>& values) {
  std::string key;
  for (const int64_t value : values) key += fmt::format("{},", value);
  const auto found = small_.find(key);
  if (found != small_.end()) return found->second;
  const std::vector<int32_t> narrow(values.begin(), values.end());
  return small_[key] = constant(Tensor::from(narrow, {static_cast<int64_t>(narrow.size())}), "integers");
}

int32_t Builder::number(double value, DType dtype) {
  const std::string key = fmt::format("{}:{}", value, name(dtype));
  const auto found = small_.find(key);
  if (found != small_.end()) return found->second;
  return small_[key] = constant(cast(Tensor::from<double>({value}, Shape{}), dtype), "number");
}

std::vector<int32_t> Builder::ops(fb::BuiltinOperator code, const std::vector<int32_t>& inputs,
                                  const std::vector<TensorType>& outputs, WrittenOptions options) {
  std::vector<int32_t> made;
  const std::string stem =
      place_.empty() ? fb::EnumNameBuiltinOperator(code) : place_ + "/" + fb::EnumNameBuiltinOperator(code);
  for (const TensorType& type : outputs) made.push_back(add(stem, type.dtype, type.shape));
  operators_.push_back({code, inputs, made, std::move(options), 0});
  return made;
}

int32_t Builder::op(fb::BuiltinOperator code, const std::vector<int32_t>& inputs, DType dtype,
                    const Shape& shape, WrittenOptions options) {
  return ops(code, inputs, {{dtype, shape}}, std::move(options))[0];
}

Builder::Uses Builder::uses(const std::vector<int32_t>& outputs) const {
  Uses result;
  for (const int32_t output : outputs) ++result.readers[output];
  for (size_t i = 0; i < operators_.size(); ++i) {
    for (const int32_t output : operators_[i].outputs) result.maker[output] = i;
    for (const int32_t input : operators_[i].inputs) ++result.readers[input];
  }
  return result;
}

void Builder::drop(const std::vector<bool>& gone) {
  std::vector<OperatorEntry> kept;
  for (size_t i = 0; i < operators_.size(); ++i) {
    if (!gone[i]) kept.push_back(std::move(operators_[i]));
  }
  operators_ = std::move(kept);
}

namespace {

bool has_bias_and_activation(const Builder::OperatorEntry& op) {
  return op.code == fb::BuiltinOperator_CONV_2D || op.code == fb::BuiltinOperator_DEPTHWISE_CONV_2D ||
         op.code == fb::BuiltinOperator_FULLY_CONNECTED;
}

}  // namespace

void Builder::fuse_biases(const std::vector<int32_t>& outputs) {
  Uses use = uses(outputs);
  std::vector<bool> gone(operators_.size(), false);
  for (size_t i = 0; i < operators_.size(); ++i) {
    OperatorEntry& op = operators_[i];
    if (op.code != fb::BuiltinOperator_ADD || op.inputs.size() != 2) continue;
    for (const size_t side : {0, 1}) {
      const int32_t product = op.inputs[side], bias = op.inputs[1 - side];
      const auto made = use.maker.find(product);
      const TensorEntry& vector = tensor(bias);
      if (made == use.maker.end() || use.readers[product] != 1 || gone[made->second] ||
          !vector.constant.defined())
        continue;
      OperatorEntry& before = operators_[made->second];
      const Shape& shape = tensor(product).shape;
      if (!has_bias_and_activation(before) || before.inputs.size() != 2 || vector.shape.rank() != 1 ||
          shape.rank() < 1 || vector.shape[0] != shape[-1] || tensor(op.outputs[0]).shape != shape)
        continue;
      before.inputs.push_back(bias);
      before.outputs = op.outputs;
      use.maker[op.outputs[0]] = made->second;
      gone[i] = true;
      break;
    }
  }
  drop(gone);
}

// max(x, 0), and min(that, 6).
void Builder::fuse_activations(const std::vector<int32_t>& outputs) {
  Uses use = uses(outputs);
  std::vector<bool> gone(operators_.size(), false);
  const auto is_number = [&](int32_t id, float value) {
    const TensorEntry& entry = tensor(id);
    return entry.constant.defined() && entry.dtype == DType::kFloat32 && entry.constant.size() == 1 &&
           entry.shape.rank() == 0 && entry.constant.to_vector<float>()[0] == value;
  };
  // The operand beside that number, or -1.
  const auto beside = [&](const OperatorEntry& op, float value) {
    return is_number(op.inputs[1], value) ? 0 : is_number(op.inputs[0], value) ? 1 : -1;
  };
  for (size_t i = 0; i < operators_.size(); ++i) {
    OperatorEntry& op = operators_[i];
    const bool second = op.code == fb::BuiltinOperator_MINIMUM;
    int from = -1;
    if (op.code == fb::BuiltinOperator_RELU) from = 0;
    if (op.code == fb::BuiltinOperator_MAXIMUM) from = beside(op, 0);
    if (second) from = beside(op, 6);
    if (from < 0) continue;
    const bool first = !second;
    const int32_t limited = op.inputs[static_cast<size_t>(from)];
    const auto made = use.maker.find(limited);
    if (made == use.maker.end() || use.readers[limited] != 1) continue;
    OperatorEntry& before = operators_[made->second];
    if (gone[made->second] || !has_bias_and_activation(before) || before.activation != (first ? 0 : 1))
      continue;
    before.activation = first ? 1 : 3;
    before.outputs = op.outputs;
    use.maker[op.outputs[0]] = made->second;
    gone[i] = true;
  }
  drop(gone);
}

void Builder::fuse(const std::vector<int32_t>& outputs) {
  fuse_biases(outputs);
  fuse_activations(outputs);
  // Convolutions have a bias in any case.
  for (OperatorEntry& op : operators_) {
    const bool convolution =
        op.code == fb::BuiltinOperator_CONV_2D || op.code == fb::BuiltinOperator_DEPTHWISE_CONV_2D;
    if (!convolution || op.inputs.size() != 2) continue;
    const TensorEntry entry = tensor(op.outputs[0]);
    op.inputs.push_back(constant(zeros(Shape{entry.shape[-1]}, entry.dtype), "no_bias"));
  }
}

namespace {

// The version of an operator that run times have from the first on; BROADCAST_TO was made one with its second.
int version_of(fb::BuiltinOperator code) { return code == fb::BuiltinOperator_BROADCAST_TO ? 2 : 1; }

}  // namespace

std::string Builder::finish(const std::vector<int32_t>& inputs, const std::vector<int32_t>& outputs,
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
  flatbuffers::FlatBufferBuilder builder(static_cast<size_t>(std::min<uint64_t>(bytes, 1 << 20)));
  std::vector<flatbuffers::Offset<fb::Buffer>> buffers{fb::CreateBuffer(builder)};
  std::vector<flatbuffers::Offset<fb::Tensor>> tensors;
  for (const int32_t id : used) {
    place[id] = static_cast<int32_t>(tensors.size());
    const TensorEntry& entry = tensor(id);
    uint32_t buffer = 0;
    if (entry.constant.defined() && entry.constant.size() > 0) {
      const Tensor value = entry.constant.to(Device{});
      value.eval();
      const size_t size = value.type().bytes();
      buffer = static_cast<uint32_t>(buffers.size());
      builder.ForceVectorAlignment(size, 1, 16);
      buffers.push_back(fb::CreateBuffer(
          builder, builder.CreateVector(static_cast<const uint8_t*>(value.buffer()->data()), size)));
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
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

}  // namespace lamina::tflite
