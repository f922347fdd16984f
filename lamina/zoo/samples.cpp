// Adapting data to a model.
#include "lamina/zoo/samples.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"

namespace lamina {
namespace {

bool rescales(const Model& model) {
  if (model.layers().empty()) return false;
  const std::string first = model.layers().front()->class_name();
  return first == "Rescaling" || first == "BatchNormalization";
}

Tensor rows(const Tensor& x, int64_t first, int64_t count) {
  return slice(x, {first}, {first + count}).eval();
}

void check_yes_or_no(const Tensor& y) {
  const std::vector<int64_t> labels = y.to_vector<int64_t>();
  const auto wrong =
      std::find_if(labels.begin(), labels.end(), [](int64_t label) { return label != 0 && label != 1; });
  if (wrong == labels.end()) return;
  throw InvalidArgument("label " + std::to_string(*wrong) + " of sample " +
                        std::to_string(wrong - labels.begin()) +
                        " is out of range 0..1: the model has one output, for yes or no");
}

int64_t number(const std::string& text, const std::string& whole) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole_number = error == std::errc() && end == text.data() + text.size();
  if (!whole_number || value < 0 || value == std::numeric_limits<int64_t>::max()) {
    throw InvalidArgument("'" + whole + "': expected a range like [7], [0:5], [:5] or [5:] at the end");
  }
  return value;
}

}  // namespace

LabelledData part_of(const LabelledData& data, int64_t first, int64_t count) {
  const int64_t samples = data.x.shape()[0];
  if (first < 0 || count < 0 || count > samples - first) {
    throw InvalidArgument(std::to_string(count) + " samples from number " + std::to_string(first) +
                          " on were asked for; there are " + std::to_string(samples));
  }
  if (first == 0 && count == samples) return data;
  return {rows(data.x, first, count), data.y.defined() ? rows(data.y, first, count) : Tensor(),
          data.class_names};
}

Tensor model_input(const Model& model, const Tensor& x) {
  Tensor input = x;
  if (model.built()) {
    const Shape& wanted = model.input_shape();
    Shape shape = x.shape();
    if (wanted.rank() == shape.rank() + 1 && wanted[-1] == 1 && shape.rank() >= 2) {
      shape.push_back(1);
      input = reshape(input, shape);
    } else if (wanted.rank() == shape.rank() - 1 && shape[-1] == 1) {
      std::vector<int64_t> dims = shape.dims();
      dims.pop_back();
      input = reshape(input, Shape(dims));
    }
  }
  if (x.dtype() == DType::kUInt8 && x.rank() >= 3 && !rescales(model))
    input = cast(input, DType::kFloat32) / 255.0;
  return input.eval();
}

Tensor model_targets(const Model& model, const Tensor& y) {
  if (!model.compiled()) return y;
  const auto loss = model.compile_options().loss.only().get();
  const bool numbers = is_integer(y.dtype()) && (y.rank() == 1 || (y.rank() == 2 && y.shape()[1] == 1));
  if (!loss || !numbers) return y;
  const std::string name = loss->class_name();
  const int64_t outputs = model.output_shape()[-1];
  if (name == "CategoricalCrossentropy" || (name == "BinaryCrossentropy" && outputs > 1))
    return to_categorical(y, outputs);
  if (name == "BinaryCrossentropy") {
    check_yes_or_no(y);
    return cast(reshape(y, Shape{y.shape()[0], 1}), DType::kFloat32).eval();
  }
  return y;
}

Samples model_samples(const Model& model, const LabelledData& data) {
  return {model_input(model, data.x), model_targets(model, data.y)};
}

SourceRange parse_source(const std::string& text) {
  SourceRange range{.source = text};
  if (text.empty() || text.back() != ']') return range;
  const size_t open = text.rfind('[');
  if (open == std::string::npos) return range;
  range.source = text.substr(0, open);
  range.given = true;
  const std::string inside = text.substr(open + 1, text.size() - open - 2);
  const size_t colon = inside.find(':');
  if (colon == std::string::npos) {
    range.begin = number(inside, text);
    range.end = range.begin + 1;
    return range;
  }
  const std::string first = inside.substr(0, colon), last = inside.substr(colon + 1);
  if (!first.empty()) range.begin = number(first, text);
  if (!last.empty()) range.end = number(last, text);
  if (range.end >= 0 && range.end < range.begin)
    throw InvalidArgument("'" + text + "': the range ends before it begins");
  return range;
}

}  // namespace lamina
