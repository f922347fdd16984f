// Tensors and operators of a graph that is written, and operators that become part of others.
#include "lamina/formats/tflite/export/builder.h"

#include <fmt/format.h>

#include <algorithm>

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

int32_t Builder::arranged(int32_t id, const std::string& how, std::function<Tensor(const Tensor&)> arrange) {
  constexpr size_t kLarge = 1 << 16;  // smaller ones are looked at by many
  const TensorEntry from = tensor(id);
  const Tensor value = arrange(from.constant);
  if (value.type().bytes() < kLarge) return constant(value.eval(), from.name);
  const int32_t result = constant(value, from.name);
  TensorEntry& entry = tensor(result);
  entry.source = from.source.defined() ? from.source : from.constant;
  entry.arrangement = from.arrangement + how + ";";
  entry.arrange = from.arrange ? [first = from.arrange, then = std::move(arrange)](const Tensor& x) { return then(first(x)); }
                               : std::move(arrange);
  return result;
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

}  // namespace lamina::tflite
