// lamina convert: shapes of inputs, as --shape gives them.
#include "convert_shapes.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "cli.h"

namespace lamina::cli {
namespace {

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

void add_shape_choices(Command& command, std::vector<std::string>& shapes) {
  command.add(shapes, {.name = "--shape",
                       .help = "Of .onnx and .tflite: the shape of an input, batch first, where it is to be another than "
                               "the model's: images=None,28,28,1. What the model leaves open stays open in .onnx; of "
                               ".tflite a batch is 1, and others must be said. Can be given several times",
                       .type = "INPUT=SHAPE"});
}

InputShapes input_shapes(const std::vector<std::string>& words) {
  InputShapes shapes;
  for (const std::string& word : words) shapes.push_back(shape_from(word));
  return shapes;
}

}  // namespace lamina::cli
