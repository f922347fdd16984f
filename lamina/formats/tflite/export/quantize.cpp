// Integers in place of floats.
#include "lamina/formats/tflite/export/quantize.h"

#include <algorithm>
#include <cmath>

namespace lamina::tflite {
namespace {

// What TFLite's int8 operators ask of their output.
enum class Scale {
  kSeen,       // any
  kInput,      // that of the first input, which constants beside it share
  kUnit,       // 1/256 from 0 on
  kSymmetric,  // 1/128 about 0
};

struct IntegerOperator {
  Scale scale = Scale::kSeen;
  bool weights = false;  // input 1 is a kernel, input 2 a bias
  int axis = -1;         // of the kernel, along which each place has a scale; -1: one for all
  int data = -1;         // how many inputs hold numbers; the others are places and extents. -1: all
};

const std::map<fb::BuiltinOperator, IntegerOperator>& integer_operators() {
  static const std::map<fb::BuiltinOperator, IntegerOperator> all{
      {fb::BuiltinOperator_CONV_2D, {.weights = true, .axis = 0}},
      {fb::BuiltinOperator_DEPTHWISE_CONV_2D, {.weights = true, .axis = 3}},
      {fb::BuiltinOperator_FULLY_CONNECTED, {.weights = true}},
      {fb::BuiltinOperator_ADD, {}},
      {fb::BuiltinOperator_SUB, {}},
      {fb::BuiltinOperator_MUL, {}},
      {fb::BuiltinOperator_RELU, {}},
      {fb::BuiltinOperator_MEAN, {.data = 1}},
      {fb::BuiltinOperator_AVERAGE_POOL_2D, {.scale = Scale::kInput}},
      {fb::BuiltinOperator_MAX_POOL_2D, {.scale = Scale::kInput}},
      {fb::BuiltinOperator_RESHAPE, {.scale = Scale::kInput, .data = 1}},
      {fb::BuiltinOperator_EXPAND_DIMS, {.scale = Scale::kInput, .data = 1}},
      {fb::BuiltinOperator_SQUEEZE, {.scale = Scale::kInput, .data = 1}},
      {fb::BuiltinOperator_TRANSPOSE, {.scale = Scale::kInput, .data = 1}},
      {fb::BuiltinOperator_SLICE, {.scale = Scale::kInput, .data = 1}},
      {fb::BuiltinOperator_STRIDED_SLICE, {.scale = Scale::kInput, .data = 1}},
      {fb::BuiltinOperator_RESIZE_NEAREST_NEIGHBOR, {.scale = Scale::kInput, .data = 1}},
      {fb::BuiltinOperator_RESIZE_BILINEAR, {.scale = Scale::kInput, .data = 1}},
      {fb::BuiltinOperator_SOFTMAX, {.scale = Scale::kUnit}},
      {fb::BuiltinOperator_LOGISTIC, {.scale = Scale::kUnit}},
      {fb::BuiltinOperator_TANH, {.scale = Scale::kSymmetric}}};
  return all;
}

// Numbers from here on stand for something else, "not this word" in attention: 255 steps up to them would leave
// nothing of the others.
constexpr float kBeyond = 1e6F;

struct Steps {
  float scale = 1;
  int64_t zero = 0;
  bool operator==(const Steps&) const = default;
};

// 255 steps over the range, with 0 on one of them.
Steps steps_of(const Seen& seen) {
  const float low = std::min(seen.lowest, 0.0F), high = std::max(seen.highest, 0.0F);
  if (high == low) return {1.0F / 127, 0};
  const float scale = (high - low) / 255;
  return {scale, std::clamp<int64_t>(std::lround(-128 - low / scale), -128, 127)};
}

class Quantizer {
 public:
  Quantizer(Builder& builder, const std::map<int32_t, Seen>& seen) : builder_(builder), seen_(seen) {}

  void run(std::vector<int32_t>& outputs) {
    const std::vector<Builder::OperatorEntry> given = std::move(builder_.operators());
    builder_.operators().clear();
    for (const Builder::OperatorEntry& op : given) {
      const auto known = integer_operators().find(op.code);
      if (known != integer_operators().end() && fits(op, known->second)) {
        write_integers(op, known->second);
      } else {
        Builder::OperatorEntry floats = op;
        for (int32_t& input : floats.inputs) input = as_float(input);
        builder_.operators().push_back(floats);
        for (const int32_t output : floats.outputs) floats_[output] = output;
      }
    }
    for (int32_t& output : outputs) output = as_float(output);
  }

 private:
  // Whether 255 steps tell its numbers apart.
  bool countable(int32_t id) {
    if (const Tensor constant = builder_.tensor(id).constant; constant.defined()) {
      const std::vector<float> values = constant.to_vector<float>();
      return std::all_of(values.begin(), values.end(), [](float value) { return std::fabs(value) < kBeyond; });
    }
    const auto found = seen_.find(id);
    return found != seen_.end() && found->second.lowest > -kBeyond && found->second.highest < kBeyond;
  }

  bool fits(const Builder::OperatorEntry& op, const IntegerOperator& known) {
    if (op.outputs.size() != 1 || builder_.tensor(op.outputs[0]).dtype != DType::kFloat32 ||
        !countable(op.outputs[0]))
      return false;
    const size_t data = known.data < 0 ? op.inputs.size() : static_cast<size_t>(known.data);
    for (size_t i = 0; i < data; ++i) {
      const Builder::TensorEntry& entry = builder_.tensor(op.inputs[i]);
      if (entry.dtype != DType::kFloat32 || !countable(op.inputs[i])) return false;
      if (known.weights && i > 0 && !entry.constant.defined()) return false;
      if (i == 0 && entry.constant.defined()) return false;
    }
    return true;
  }

  void write_integers(const Builder::OperatorEntry& op, const IntegerOperator& known) {
    Builder::OperatorEntry integers = op;
    const size_t data = known.data < 0 ? op.inputs.size() : static_cast<size_t>(known.data);
    integers.inputs[0] = as_integer(op.inputs[0]);
    if (known.weights) {
      integers.inputs[1] = weights(op.inputs[1], known.axis);
      if (op.inputs.size() > 2)
        integers.inputs[2] = bias(op.inputs[2], integers.inputs[0], integers.inputs[1]);
    } else {
      for (size_t i = 1; i < data; ++i) integers.inputs[i] = as_integer(op.inputs[i]);
    }
    const Builder::TensorEntry& input = builder_.tensor(integers.inputs[0]);
    Steps steps{input.scales.at(0), input.zero};
    if (known.scale == Scale::kSeen) steps = steps_of(seen_.at(op.outputs[0]));
    if (known.scale == Scale::kUnit) steps = {1.0F / 256, -128};
    if (known.scale == Scale::kSymmetric) steps = {1.0F / 128, 0};
    const int32_t output = integer_tensor(op.outputs[0], steps);
    integers.outputs = {output};
    integers_[op.outputs[0]] = output;
    builder_.operators().push_back(std::move(integers));
  }

  int32_t integer_tensor(int32_t like, const Steps& steps) {
    const Builder::TensorEntry entry = builder_.tensor(like);
    const int32_t id = builder_.add(entry.name + "_int8", DType::kInt8, entry.shape);
    builder_.tensor(id).scales = {steps.scale};
    builder_.tensor(id).zero = steps.zero;
    return id;
  }

  int32_t as_integer(int32_t id) {
    if (const auto found = integers_.find(id); found != integers_.end()) return found->second;
    const Builder::TensorEntry entry = builder_.tensor(id);
    Steps steps;
    if (entry.constant.defined()) {
      Seen range;
      for (const float value : entry.constant.to_vector<float>()) {
        range.lowest = std::min(range.lowest, value);
        range.highest = std::max(range.highest, value);
      }
      steps = steps_of(range);
    } else {
      steps = steps_of(seen_.at(id));
    }
    const int32_t result = integer_tensor(id, steps);
    if (entry.constant.defined()) {
      std::vector<int8_t> values;
      for (const float value : entry.constant.to_vector<float>())
        values.push_back(static_cast<int8_t>(
            std::clamp<int64_t>(std::lround(value / steps.scale) + steps.zero, -128, 127)));
      builder_.tensor(result).constant = Tensor::from(values, entry.shape);
    } else {
      builder_.operators().push_back({fb::BuiltinOperator_QUANTIZE, {id}, {result}, {}, 0});
    }
    return integers_[id] = result;
  }

  int32_t as_float(int32_t id) {
    const auto found = integers_.find(id);
    if (id < 0 || found == integers_.end() || floats_.contains(id) ||
        builder_.tensor(id).constant.defined() || quantised_from_float(found->second))
      return id;
    builder_.operators().push_back({fb::BuiltinOperator_DEQUANTIZE, {found->second}, {id}, {}, 0});
    floats_[id] = id;
    return id;
  }

  // Whether the integers were made of floats, which are there then.
  bool quantised_from_float(int32_t integer) {
    return std::any_of(builder_.operators().begin(), builder_.operators().end(),
                       [&](const Builder::OperatorEntry& op) {
                         return op.code == fb::BuiltinOperator_QUANTIZE && op.outputs[0] == integer;
                       });
  }

  int32_t weights(int32_t id, int axis) {
    const auto key = std::pair(id, axis);
    if (const auto found = weights_.find(key); found != weights_.end()) return found->second;
    const Builder::TensorEntry entry = builder_.tensor(id);
    const std::vector<float> values = entry.constant.to_vector<float>();
    const int64_t channels = axis < 0 ? 1 : entry.shape[axis];
    int64_t inner = 1;
    for (int i = axis + 1; axis >= 0 && i < entry.shape.rank(); ++i) inner *= entry.shape[i];
    const auto channel = [&](size_t i) {
      return axis < 0 ? 0 : static_cast<size_t>(static_cast<int64_t>(i) / inner % channels);
    };
    std::vector<float> scales(static_cast<size_t>(channels), 0);
    for (size_t i = 0; i < values.size(); ++i)
      scales[channel(i)] = std::max(scales[channel(i)], std::fabs(values[i]));
    for (float& scale : scales) scale = scale > 0 ? scale / 127 : 1.0F / 127;
    std::vector<int8_t> integers;
    for (size_t i = 0; i < values.size(); ++i)
      integers.push_back(
          static_cast<int8_t>(std::clamp<int64_t>(std::lround(values[i] / scales[channel(i)]), -127, 127)));
    const int32_t result = builder_.constant(Tensor::from(integers, entry.shape), entry.name + "_int8");
    builder_.tensor(result).scales = scales;
    builder_.tensor(result).axis = std::max(axis, 0);
    return weights_[key] = result;
  }

  // In units of a product of input and weights.
  int32_t bias(int32_t id, int32_t input, int32_t weights) {
    const Builder::TensorEntry entry = builder_.tensor(id);
    const float scale = builder_.tensor(input).scales.at(0);
    std::vector<float> scales = builder_.tensor(weights).scales;
    for (float& each : scales) each *= scale;
    const std::vector<float> values = entry.constant.to_vector<float>();
    std::vector<int32_t> integers;
    for (size_t i = 0; i < values.size(); ++i) {
      const double steps =
          static_cast<double>(values[i]) / static_cast<double>(scales[scales.size() == 1 ? 0 : i]);
      integers.push_back(static_cast<int32_t>(std::clamp(std::round(steps), -2147483648.0, 2147483647.0)));
    }
    const int32_t result = builder_.constant(Tensor::from(integers, entry.shape), entry.name + "_int32");
    builder_.tensor(result).scales = scales;
    return result;
  }

  Builder& builder_;
  const std::map<int32_t, Seen>& seen_;
  std::map<int32_t, int32_t> integers_, floats_;  // of each float tensor
  std::map<std::pair<int32_t, int>, int32_t> weights_;
};

}  // namespace

void quantize(Builder& builder, std::vector<int32_t>& outputs, const std::map<int32_t, Seen>& seen) {
  Quantizer(builder, seen).run(outputs);
}

}  // namespace lamina::tflite
