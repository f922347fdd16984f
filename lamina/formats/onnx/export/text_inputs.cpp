// Inputs whose texts become numbers inside of the file, and the reasons why others do not.
#include "lamina/formats/onnx/export/text_inputs.h"

#include <fmt/format.h>

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/text/text_preprocessing.h"

namespace lamina::onnx {
namespace {

std::optional<TextInfo> texts_of(const DataInfo& info, const ModelTraces& traces, size_t input) {
  const Json* const several = info.sections.find(kTextInputs);
  const Json* const encoder = several && several->is_object() ? several->find(traces.input_names[input]) : nullptr;
  if (encoder) return TextInfo{.encoder = *encoder};
  return traces.input_names.size() == 1 ? info.text : std::nullopt;
}

/// "(batch, 400)"
std::string shape_of(const ModelTraces& traces, size_t input) {
  std::string text;
  for (int axis = 0; axis < traces.input_shapes[0][input].rank(); ++axis) {
    const std::string& open = traces.open[input][static_cast<size_t>(axis)];
    text += (axis > 0 ? ", " : "") + (open.empty() ? std::to_string(traces.input_shapes[0][input][axis]) : open);
  }
  return "(" + text + ")";
}

/// Throws Unsupported where what the plan gives is not what the input takes.
void require_fit(const TextPlan& plan, const ModelTraces& traces, size_t input, std::optional<int> opset) {
  const Shape& shape = traces.input_shapes[0][input];
  if (shape.rank() != 2) throw Unsupported("it takes something else than a row of numbers for each text");
  const int64_t width = traces.open[input][1].empty() ? shape[1] : -1;
  const int64_t given = plan.result == TextPlan::Result::kNumbers ? plan.length : plan.columns;
  if (width >= 0 && given == 0)
    throw Unsupported("what texts become is as long as the longest of them, and the shape that the file is written for says another "
                      "length; leave it open");
  if (width >= 0 && given != width) throw Unsupported(fmt::format("what its texts become has {} columns", given));
  if (opset && *opset < plan.oldest_opset())
    throw Unsupported(fmt::format("operators on strings came with operator set {}, and {} was asked for", plan.oldest_opset(), *opset));
}

}  // namespace

int TextInputs::oldest_opset() const {
  int oldest = 0;
  for (const auto& [input, plan] : plans) oldest = std::max(oldest, plan.oldest_opset());
  return oldest;
}

TextInputs text_inputs(const DataInfo& info, const ModelTraces& traces, std::optional<int> opset) {
  TextInputs result;
  for (size_t i = 0; i < traces.input_names.size(); ++i) {
    const std::optional<TextInfo> text = texts_of(info, traces, i);
    if (!text) continue;
    try {
      TextPlan plan = plan_of(*text);
      require_fit(plan, traces, i, opset);
      result.plans.emplace(i, std::move(plan));
    } catch (const Error& error) {
      result.outside.push_back(fmt::format("input '{}' takes numbers, {} {}, not texts: {}", printable(traces.input_names[i]),
                                           name(traces.input_dtypes[i]), shape_of(traces, i), error.what()));
    }
  }
  return result;
}

}  // namespace lamina::onnx
