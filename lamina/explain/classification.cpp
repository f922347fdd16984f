// Classification: plain loops over outputs that are in memory.
#include "lamina/explain/classification.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lamina/base/error.h"
#include "lamina/classic/detail/confusion.h"
#include "lamina/formats/detail/model_trace.h"
#include "lamina/formats/onnx/graph_layer.h"
#include "lamina/nn/metrics/metric.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/slice.h"

namespace lamina {
namespace {

// The op that gives the model's numbers, where no layer names it: an imported graph's last one, or a function's. "" where
// nobody can say without the numbers that come.
std::string last_op(const Model& model) {
  try {
    std::vector<TensorType> types;
    for (const TensorSpec& spec : detail::signature_of(model).specs) {
      constexpr int64_t kSome = 32;
      Shape shape = spec.shape;
      for (int axis = 0; axis < shape.rank(); ++axis) {
        if (shape[axis] < 0) shape.set(axis, axis == 0 ? 1 : kSome);
      }
      types.push_back(TensorType{.dtype = spec.dtype, .shape = shape});
    }
    const detail::Trace trace = detail::trace_of(model, types).trace;
    ValueId value = trace.results.at(0);
    for (auto node = trace.graph.nodes.rbegin(); node != trace.graph.nodes.rend(); ++node) {
      if (std::find(node->outputs.begin(), node->outputs.end(), value) == node->outputs.end()) continue;
      if (!node->op->view && !node->op->same_if_type_stays) return node->op->name;
      value = node->inputs.at(0);
    }
  } catch (const Error&) {  // what it computes follows from its numbers, or from extents that are open
  }
  return "";
}

// What an imported graph says of its output.
onnx::OutputMeaning meaning_of(const Model& model) {
  if (model.layers().empty()) return {};
  const auto* const graph = dynamic_cast<const onnx::OnnxGraph*>(model.layers().back().get());
  return graph ? graph->graph().meaning(0) : onnx::OutputMeaning{};
}

OutputKind kind_by_activation(const Model& model, bool& from_logits) {
  const int64_t outputs = model.output_shape()[-1];
  std::string activation;
  if (!model.layers().empty()) {
    const Layer& last = *model.layers().back();
    Json config = last.config();
    if (const Json* found = config.find("activation"); found && found->is_string())
      activation = found->as_string();
    if (last.class_name() == "Softmax") activation = "softmax";
    if (activation.empty()) activation = meaning_of(model).activation;
    if (activation.empty()) activation = last_op(model);
  }
  from_logits = activation != "softmax" && activation != "sigmoid";
  if (activation == "softmax") return OutputKind::kClasses;
  if (activation == "sigmoid") return outputs == 1 ? OutputKind::kBinary : OutputKind::kClasses;
  return OutputKind::kValues;
}

float sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }

void softmax(std::vector<float>& row) {
  const float top = *std::max_element(row.begin(), row.end());
  double sum = 0;
  for (float& value : row) sum += value = std::exp(value - top);
  for (float& value : row) value = static_cast<float>(value / sum);
}

}  // namespace

OutputKind output_kind(const Model& model) {
  bool logits = false;
  const OutputKind kind = kind_by_activation(model, logits);
  const int64_t outputs = model.output_shape()[-1];
  TargetKind target = TargetKind::kUnknown;
  if (model.compiled() && model.output_names().size() <= 1)
    target = target_kind_of(model.compile_options().loss.only(), model.output_shape());
  if (target == TargetKind::kYesNo) {
    if (outputs != 1) return kind;
    return logits ? OutputKind::kBinaryLogits : OutputKind::kBinary;
  }
  // Without such a loss, that the classes have names says as much.
  const auto named = static_cast<int64_t>(model.data_info().class_names.size());
  if (target == TargetKind::kClassNumbers || target == TargetKind::kClassRows ||
      (named == outputs && outputs > 1))
    return logits ? OutputKind::kClassLogits : OutputKind::kClasses;
  if (named == 2 && outputs == 1) return logits ? OutputKind::kBinaryLogits : OutputKind::kBinary;
  return kind;
}

Tensor real_outputs(const Model& model, const Tensor& outputs) {
  if (!is_integer(outputs.dtype())) return outputs;
  const onnx::OutputMeaning meaning = meaning_of(model);
  if (meaning.scale == 0) return outputs;
  return multiply(subtract(cast(outputs, DType::kFloat32), static_cast<double>(meaning.zero)), meaning.scale);
}

std::vector<std::vector<float>> class_probabilities(const Tensor& outputs, OutputKind kind) {
  if (kind == OutputKind::kValues) {
    throw InvalidArgument("class_probabilities: the model's outputs " + outputs.shape().str() +
                          " are plain numbers: its last activation is neither softmax nor sigmoid");
  }
  const size_t width =
      static_cast<size_t>(std::max<int64_t>(1, outputs.rank() > 1 ? outputs.shape()[-1] : 1));
  const std::vector<float> values = outputs.to_vector<float>();
  std::vector<std::vector<float>> rows;
  for (size_t at = 0; at + width <= values.size(); at += width) {
    std::vector<float> row(values.begin() + static_cast<std::ptrdiff_t>(at),
                           values.begin() + static_cast<std::ptrdiff_t>(at + width));
    if (kind == OutputKind::kClassLogits) softmax(row);
    if (kind == OutputKind::kBinary || kind == OutputKind::kBinaryLogits) {
      const float p = kind == OutputKind::kBinaryLogits ? sigmoid(row[0]) : row[0];
      row = {1 - p, p};
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<std::vector<int64_t>> Classification::confusion() const {
  return classic::detail::count_pairs(expected, predicted, static_cast<size_t>(classes));
}

std::vector<size_t> Classification::worst_mistakes(size_t most) const {
  std::vector<size_t> wrong;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (expected[i] != predicted[i]) wrong.push_back(i);
  }
  std::stable_sort(wrong.begin(), wrong.end(),
                   [this](size_t a, size_t b) { return confidence[a] > confidence[b]; });
  wrong.resize(std::min(wrong.size(), most));
  return wrong;
}

Classification classify(const Tensor& outputs, const Tensor& y, OutputKind kind) {
  Classification result;
  result.probabilities = class_probabilities(outputs, kind);
  const auto& rows = result.probabilities;
  const std::vector<float> targets = y.to_vector<float>();
  result.classes = rows.empty() ? 0 : static_cast<int>(rows[0].size());
  const bool one_hot = y.rank() > 1 && y.shape()[-1] > 1;
  const size_t width = one_hot ? static_cast<size_t>(y.shape()[-1]) : 1;
  if (targets.size() != rows.size() * width || (one_hot && static_cast<int>(width) != result.classes)) {
    throw InvalidArgument("classify: targets " + y.shape().str() + " do not fit outputs " +
                          outputs.shape().str());
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    if (std::any_of(rows[i].begin(), rows[i].end(), [](float p) { return std::isnan(p); }))
      throw InvalidArgument("classify: the outputs for sample " + std::to_string(i) +
                            " are NaN, which is no class");
    auto best = std::max_element(rows[i].begin(), rows[i].end());
    auto target = targets.begin() + static_cast<std::ptrdiff_t>(i * width);
    const float label =
        one_hot ? static_cast<float>(std::max_element(target, target + result.classes) - target) : *target;
    if (!(label >= 0 && label < static_cast<float>(result.classes))) {
      throw InvalidArgument("classify: sample " + std::to_string(i) + " has class " + std::to_string(label) +
                            "; expected 0.." + std::to_string(result.classes - 1));
    }
    result.expected.push_back(static_cast<int>(label));
    result.predicted.push_back(static_cast<int>(best - rows[i].begin()));
    result.confidence.push_back(*best);
  }
  return result;
}

bool is_image(const Shape& samples) {
  return samples.rank() == 3 || (samples.rank() == 4 && (samples[-1] == 1 || samples[-1] == 3));
}

Picture picture_of(const Tensor& x, int64_t index) {
  const Shape& shape = x.shape();
  if (!is_image(shape) || index < 0 || index >= shape[0]) {
    throw InvalidArgument("picture_of: no picture at " + std::to_string(index) + " in " + name(x.dtype()) +
                          shape.str() +
                          "; expected the shape (n, height, width) or (n, height, width, 1 or 3)");
  }
  if (x.dtype() != DType::kFloat32 && x.dtype() != DType::kUInt8) {
    const Tensor one = cast(slice(x, {index}, {index + 1}), DType::kFloat32);
    return picture_of(is_integer(x.dtype()) ? one / 255.0 : one, 0);
  }
  const int height = static_cast<int>(shape[1]), width = static_cast<int>(shape[2]);
  const int channels = shape.rank() == 4 ? static_cast<int>(shape[3]) : 1;
  const size_t size =
      static_cast<size_t>(height) * static_cast<size_t>(width) * static_cast<size_t>(channels);
  const size_t offset = static_cast<size_t>(index) * size;
  const Tensor host = x.to(Device{});
  if (x.dtype() == DType::kFloat32)
    return Picture::from_unit(host.data<float>() + offset, height, width, channels);
  const uint8_t* pixels = host.data<uint8_t>() + offset;
  return Picture{height, width, channels, {pixels, pixels + size}};
}

}  // namespace lamina
