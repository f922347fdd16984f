// Finding out what an argument of `lamina predict` is, and bringing it into the form that the model takes.
#include "predict_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/formats/npy.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/transpose.h"
#include "lamina/text/text_preprocessing.h"
#include "lamina/zoo/image_folder.h"
#include "lamina/zoo/samples.h"
#include "texts.h"

namespace lamina::cli {
namespace {

// `x` for the input of that shape; whether it was one sample, whose batch axis is then added.
Tensor as_samples(const Tensor& x, const Shape& wanted, const std::string& path, bool& one) {
  if (x.rank() == 0) throw InvalidArgument("predict: '" + path + "' holds a single number, not samples");
  const bool fits_one = x.rank() == wanted.rank() - 1 &&
                        std::equal(x.shape().begin(), x.shape().end(), wanted.begin() + 1,
                                   [](int64_t is, int64_t want) { return want < 0 || is == want; });
  const bool grey = wanted.rank() == 4 && wanted[-1] == 1 && x.rank() == 2 && x.shape()[0] == wanted[1] &&
                    x.shape()[1] == wanted[2];
  one = fits_one || grey;
  if (!one) return x;
  std::vector<int64_t> dims = x.shape().dims();
  dims.insert(dims.begin(), 1);
  return reshape(x, Shape(dims)).eval();
}

// What the source says of the samples' classes, where it says it of all that have any, and the model has such
// classes.
std::vector<int> true_classes(const Model& model, const LabelledData& data, const std::string& source) {
  const Tensor& y = data.y;
  const OutputKind kind = kind_of(model);
  const bool column = y.defined() && (y.rank() == 1 || (y.rank() == 2 && y.shape()[1] == 1));
  const Shape output = model.built() ? model.output_shape() : Shape();
  if (!column || kind == OutputKind::kValues || output.rank() != 2) return {};
  const bool binary = kind == OutputKind::kBinary || kind == OutputKind::kBinaryLogits;
  const double classes = binary ? 2 : static_cast<double>(output[1]);
  std::vector<int> expected;
  for (const double number : y.to_vector<double>()) {
    const bool unknown = std::isnan(number) || (number == -1 && is_integer(y.dtype()));
    const bool possible = number >= 0 && number < classes && number == std::floor(number);
    if (!unknown && !possible) {
      warn(fmt::format(
          "'{}': the true classes are not used: that of sample {} is {}, and the model's are 0 to {}", source,
          data.numbers.empty() ? expected.size() : static_cast<size_t>(data.numbers[expected.size()]), number,
          classes - 1));
      return {};
    }
    expected.push_back(unknown ? -1 : static_cast<int>(number));
  }
  return expected;
}

PredictInput input_of(Model& model, LabelledData data, const std::string& source,
                      const DataArguments& arguments) {
  settle_scale_of(model, data, arguments, source);
  PredictInput input;
  input.source = source;
  input.numbers = data.numbers;
  input.expected = true_classes(model, data, source);
  data.y = Tensor();  // what a loss would say of targets that are not known is no matter here
  data.targets = Tensors();
  input.x = model_samples(model, data).all_x();
  input.classes = data.class_names;
  input.names = data.names;
  return input;
}

PredictInput read_array(Model& model, const std::string& path, const DataArguments& arguments) {
  LabelledData data;
  bool one = false;
  data.x = as_samples(read_npy(path), model.input_shape(), path, one);
  if (one) data.names = {path};
  return input_of(model, data, path, arguments);
}

// Whether pictures of that shape have their colours in front, (batch, channels, height, width), as ONNX has them.
bool colours_first(const Shape& shape) {
  const auto colours = [](int64_t extent) { return extent == 1 || extent == 3 || extent == 4; };
  return shape.rank() == 4 && colours(shape[1]) && !colours(shape[3]);
}

PredictInput read_image(Model& model, const std::string& path, const DataArguments& arguments) {
  LabelledData data;
  const Shape wanted = model.input_shape();
  if (colours_first(wanted)) {
    const Tensor picture = read_image_for(path, {wanted[0], wanted[2], wanted[3], wanted[1]});
    data.x = transpose(expand_dims(picture, 0), {0, 3, 1, 2}).eval();
  } else {
    data.x = expand_dims(read_image_for(path, wanted), 0).eval();
  }
  data.names = {path};
  return input_of(model, data, path, arguments);
}

PredictInput read_source(Model& model, const DataArguments& arguments, const std::string& text) {
  const SourceRange range = parse_source(text);
  DataOptions how = data_options(model_needs(model), arguments, "test");
  how.needs.target_optional = true;
  LabelledData data = load_data(range.source, how);
  const int64_t samples = data.samples();
  const int64_t end = range.end < 0 ? samples : range.end;
  if (end > samples) {
    throw InvalidArgument(fmt::format("predict: '{}' asks for samples up to {}; '{}' has {}", text, end,
                                      range.source, samples));
  }
  data = part_of(data, range);
  PredictInput input = input_of(model, std::move(data), range.source, arguments);
  input.first = range.begin;
  return input;
}

}  // namespace

OutputKind kind_of(const Model& model) {
  return model.output_names().size() > 1 ? OutputKind::kValues : output_kind(model);
}

bool is_array(const std::string& path) { return ends_with_any(path, {".npy"}) || is_npy_file(path); }

bool is_picture(const std::string& text) { return is_image_file(text) || is_image_name(text); }

PredictInput read_input(Model& model, const DataArguments& arguments, const std::string& text) {
  if (model.data_info().text && is_text(text)) return input_of(model, read_texts(text), text, arguments);
  if (is_array(text)) return read_array(model, text, arguments);
  if (is_picture(text)) return read_image(model, text, arguments);
  return read_source(model, arguments, text);
}

PredictInput read_arrays(Model& model, const std::vector<std::string>& texts,
                         const DataArguments& arguments) {
  const std::vector<std::string>& known = model.input_names();
  if (texts.size() != known.size()) {
    throw InvalidArgument(fmt::format("predict: model '{}' takes {} inputs, {}; got {}", model.name(),
                                      known.size(), fmt::join(known, ", "), texts.size()));
  }
  std::vector<std::pair<std::string, Tensor>> inputs;
  for (const std::string& name : known) inputs.emplace_back(name, Tensor());
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto [name, file] = name_and_file(texts[i], known);
    size_t place = i;
    if (!name.empty()) {
      place = static_cast<size_t>(std::find(known.begin(), known.end(), name) - known.begin());
      if (place == known.size())
        throw InvalidArgument(
            fmt::format("predict: the model has no input '{}'{}", name, suggest(name, known)));
    }
    if (inputs[place].second.defined())
      throw InvalidArgument("predict: give names to all inputs or to none, and to each another");
    const std::optional<TextPreprocessing> text = TextPreprocessing::of_input(model.data_info(), known[place]);
    if (text && !is_text(file))
      throw InvalidArgument("predict: input '" + known[place] + "' takes texts: one, or a .txt file with one a line, was expected, not '" +
                            file + "'");
    inputs[place].second = text ? (*text)(read_texts(file).texts) : read_npy(file);
  }
  LabelledData data;
  data.inputs = Tensors(std::move(inputs));
  for (const Tensor& input : data.inputs) {
    if (input.rank() == 0 || input.shape()[0] != data.inputs[0].shape()[0])
      throw InvalidArgument("predict: the inputs must hold as many samples each, along their first axis");
  }
  return input_of(model, data, fmt::format("{}", fmt::join(texts, ",")), arguments);
}

}  // namespace lamina::cli
