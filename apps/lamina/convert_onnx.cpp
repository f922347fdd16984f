// lamina convert to ONNX: the operator set, and texts.
#include "convert_onnx.h"

#include <utility>

#include "cli.h"
#include "lamina/base/error.h"
#include "model_file.h"

namespace lamina::cli {

bool is_onnx(const std::string& path) { return ends_with_any(path, {".onnx"}); }

void add_onnx_choices(Command& command, OnnxChoices& choices) {
  command.add(choices.opset, {.name = "--opset",
                               .help = "Of .onnx: the operator set that the file is written in, 13 to 25 (default: 18, or 20 "
                                       "for texts)",
                               .type = "N",
                               .least = 13,
                               .most = 25});
  command.flag(choices.without_texts, "--without-texts",
               "Of .onnx: the inputs of a model of texts take numbers of words, as the model does, and not texts");
}

void check_onnx_choices(const OnnxChoices& choices, const std::string& out) {
  if (!is_onnx(out) && choices.opset)
    throw UsageError("convert: --opset is for files of ONNX, and '" + out + "' is none; call it .onnx");
  if (!is_onnx(out) && choices.without_texts)
    throw UsageError("convert: --without-texts is for files of ONNX, and '" + out + "' is none; call it .onnx");
}

OnnxReport write_onnx(const Model& model, const std::string& out, const OnnxChoices& choices, InputShapes shapes,
                std::vector<std::pair<std::string, std::vector<std::string>>> axes) {
  OnnxOptions options;
  options.opset = choices.opset;
  options.texts = !choices.without_texts;
  options.shapes = std::move(shapes);
  options.axes = std::move(axes);
  return export_onnx(model, out, options);
}

}  // namespace lamina::cli
