// lamina convert to ONNX: the operator set and the shapes of inputs.
#include "convert_onnx.h"

#include <charconv>
#include <utility>

#include "cli.h"
#include "lamina/base/error.h"
#include "lamina/formats/onnx/onnx_export.h"
#include "model_file.h"

namespace lamina::cli {
namespace {

// "images=None,28,28,1"
std::pair<std::string, Shape> shape_from(const std::string& text) {
  const auto fail = [&] {
    throw UsageError("convert: --shape " + text +
                     " was given; an input's name and its extents were expected, the batch's first and None for what "
                     "stays open: --shape images=None,28,28,1");
  };
  const size_t sign = text.rfind('=');
  if (sign == std::string::npos || sign == 0 || sign + 1 == text.size()) fail();
  std::vector<int64_t> extents;
  for (size_t at = sign + 1; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    const std::string word = text.substr(at, comma - at);
    int64_t extent = -1;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), extent);
    if (word != "None" && (error != std::errc() || end != word.data() + word.size() || extent < 1)) fail();
    extents.push_back(word == "None" ? -1 : extent);
    at = comma + 1;
  }
  if (extents.size() > Shape::kMaxRank) fail();
  return {text.substr(0, sign), Shape(extents)};
}

}  // namespace

bool is_onnx(const std::string& path) { return ends_with_any(path, {".onnx"}); }

void add_onnx_choices(Command& command, OnnxChoices& choices) {
  command.add(choices.opset, {.name = "--opset",
                               .help = "Of .onnx: the operator set that the file is written in, 13 to 25 (default: 18)",
                               .type = "N",
                               .least = 13,
                               .most = 25});
  command.add(choices.shapes,
              {.name = "--shape",
               .help = "Of .onnx: the shape of an input, batch first, where it is to be another than the model's, "
                       "whose open axes stay open: images=None,28,28,1; can be given several times",
               .type = "INPUT=SHAPE"});
}

void check_onnx_choices(const OnnxChoices& choices, const std::string& out) {
  if (!is_onnx(out) && (choices.opset || !choices.shapes.empty()))
    throw UsageError("convert: --opset and --shape are for files of ONNX, and '" + out +
                     "' is none; call it .onnx");
  for (const std::string& shape : choices.shapes) shape_from(shape);
}

void write_onnx(const Model& model, const std::string& out, const OnnxChoices& choices) {
  OnnxOptions options;
  options.opset = choices.opset.value_or(options.opset);
  for (const std::string& shape : choices.shapes) options.shapes.push_back(shape_from(shape));
  export_onnx(model, out, options);
}

}  // namespace lamina::cli
