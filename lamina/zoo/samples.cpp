// Adapting data to a model.
#include "lamina/zoo/samples.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <numeric>
#include <type_traits>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/data/feature_space.h"
#include "lamina/data/timeseries_dataset.h"
#include "lamina/nn/detail/input_path.h"
#include "lamina/nn/metrics/metric.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take.h"
#include "lamina/series/series_info.h"
#include "lamina/text/text_preprocessing.h"
#include "lamina/zoo/familiar.h"

namespace lamina {
namespace {

// A section of DataInfo: where the target stands in a table like that of the training.
constexpr char kTable[] = "table";
constexpr char kTargetPlace[] = "target_place";

// The layer that brings pictures to a scale of its own before anything else computes with them: "Rescaling",
// say, wherever it is, behind a padding or in a model inside; empty where there is none.
std::string scaling_layer(const Model& model) {
  for (size_t input = 0; input < model.input_names().size(); ++input) {
    for (const Layer* layer : detail::first_to_compute(model, input)) {
      if (layer->rescales()) return layer->class_name();
    }
  }
  return "";
}

PixelScale usual_scale(const std::string& scaling) {
  return scaling.empty() ? PixelScale::kUnit : PixelScale::kNone;
}

// What the model says of pictures, or else what its layers say.
PixelScale scale_of(const Model& model) {
  const std::optional<PixelScale>& said = model.data_info().scale;
  return said ? *said : usual_scale(scaling_layer(model));
}

// The dtype of an input that takes integers, as models for phones do.
std::optional<DType> integers_of(const Model& model, size_t input = 0) {
  if (!model.built() || model.input_names().empty()) return std::nullopt;  // it does not say
  const Tensors inputs = model.inputs();
  if (input >= inputs.size() || !is_integer(inputs[input].dtype())) return std::nullopt;
  return inputs[input].dtype();
}

// Bytes of pictures: of the dtype uint8, or of wider integers in the shape of colour or grey pictures, where
// NumPy's default has made them wider.
bool are_pictures(const Tensor& x) {
  if (!x.defined() || !is_integer(x.dtype()) || x.rank() < 3 || x.size() == 0) return false;
  if (x.dtype() == DType::kUInt8) return true;
  if (x.rank() != 4 || (x.shape()[3] != 1 && x.shape()[3] != 3)) return false;
  return x.min().item<int64_t>() >= 0 && x.max().item<int64_t>() <= 255;
}

// Floats that look like bytes: nobody can say whether they are.
bool holds_bytes_as_floats(const Tensor& x) {
  const bool image = x.defined() && is_floating(x.dtype()) && x.rank() == 4 && x.size() > 0;
  if (!image) return false;
  const double most = x.max().item<double>();
  return most > 2 && most <= 255 && x.min().item<double>() >= 0;
}

// The model's outputs with open extents; empty before they are known.
std::vector<Shape> output_shapes(const Model& model) {
  if (!model.built()) return {};
  if (model.output_names().size() <= 1) return {model.output_shape()};
  std::vector<Shape> shapes;
  for (const Tensor& output : model.outputs()) shapes.push_back(output.shape());
  return shapes;
}

std::vector<TargetKind> target_kinds(const Model& model, const std::vector<Shape>& outputs) {
  std::vector<TargetKind> kinds(outputs.size(), TargetKind::kUnknown);
  if (!model.compiled()) return kinds;
  const PerOutput<Choice<Loss>>& losses = model.compile_options().loss;
  const std::vector<Choice<Loss>> each = losses.resolve(model.output_names(), "loss");
  for (size_t i = 0; i < outputs.size() && i < each.size(); ++i)
    kinds[i] = target_kind_of(each[i], outputs[i]);
  return kinds;
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

// The data of some samples: `tensor` chooses them of a tensor, `list` of a list, in its place, and `column`
// of a column of a table. What is not there stays so.
template <class OfTensor, class OfList, class OfColumn>
LabelledData chosen(const LabelledData& data, OfTensor tensor, OfList list, OfColumn column) {
  LabelledData part = data;
  const auto of = [&](const Tensor& all) { return all.defined() ? tensor(all) : all; };
  const auto of_each = [&](const Tensors& all) {
    std::vector<Tensor> values;
    for (const Tensor& each : all) values.push_back(of(each));
    return all.with_values(std::move(values));
  };
  const auto cut = [&](auto& all) {
    if (!all.empty()) list(all);
  };
  part.x = of(data.x);
  part.y = of(data.y);
  part.inputs = of_each(data.inputs);
  part.targets = of_each(data.targets);
  for (TextColumn& each : part.columns) each = column(each);
  cut(part.texts);
  cut(part.text_pairs);
  cut(part.names);
  cut(part.numbers);
  return part;
}

}  // namespace

LabelledData part_of(const LabelledData& data, const std::vector<int64_t>& numbers) {
  for (const int64_t number : numbers) {
    if (number < 0 || number >= data.samples())
      throw InvalidArgument("sample " + std::to_string(number) + " was asked for; there are " +
                            std::to_string(data.samples()));
  }
  const Tensor places = Tensor::from(numbers, Shape{static_cast<int64_t>(numbers.size())});
  return chosen(
      data, [&](const Tensor& tensor) { return take(tensor, places, 0).eval(); },
      [&](auto& list) {
        std::remove_reference_t<decltype(list)> some;
        for (const int64_t number : numbers) some.push_back(list[static_cast<size_t>(number)]);
        list = std::move(some);
      },
      [&](const TextColumn& column) { return column.rows(numbers); });
}

LabelledData part_of(const LabelledData& data, int64_t first, int64_t count) {
  const int64_t samples = data.samples();
  if (first < 0 || count < 0 || count > samples - first) {
    throw InvalidArgument(std::to_string(count) + " samples from number " + std::to_string(first) +
                          " on were asked for; there are " + std::to_string(samples));
  }
  if (first == 0 && count == samples) return data;
  return chosen(
      data, [&](const Tensor& tensor) { return rows(tensor, first, count); },
      [&](auto& list) {
        list.erase(list.begin() + static_cast<std::ptrdiff_t>(first + count), list.end());
        list.erase(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(first));
      },
      [&](const TextColumn& column) {
        std::vector<int64_t> numbers(static_cast<size_t>(count));
        std::iota(numbers.begin(), numbers.end(), first);
        return column.rows(numbers);
      });
}

DataNeeds needs_of(const DataInfo& info, const std::string& name) {
  DataNeeds needs;
  needs.known = info;
  if (const Json* table = needs.known.sections.find(kTable)) {
    const Json* place = table->find(kTargetPlace);
    if (place && place->is_int()) needs.target_place = place->as_int();
  }
  if (SeriesInfo::of(needs.known, name)) needs.samples = SampleKind::kSeries;
  if (FeatureSpace::of(needs.known, name)) needs.samples = SampleKind::kRows;
  if (needs.known.text) needs.samples = SampleKind::kTexts;
  return needs;
}

DataNeeds model_needs(const Model& model) {
  DataNeeds needs = needs_of(model.data_info(), "model '" + model.name() + "'");
  needs.outputs = model.output_names();
  const std::vector<std::string>& names = model.input_names();
  for (size_t i = 0; i < names.size(); ++i) {
    const Shape shape = !model.built()      ? Shape()
                        : names.size() == 1 ? model.input_shape()
                                            : model.inputs()[i].shape();
    needs.inputs.push_back({names[i], shape});
  }
  const std::vector<Shape> outputs = output_shapes(model);
  if (outputs.size() != 1) return needs;
  needs.target = target_kinds(model, outputs)[0];
  const Shape& output = outputs[0];
  if (output.rank() > 0 && output[-1] > 0 && needs.target != TargetKind::kValues)
    needs.classes = std::max<int64_t>(2, output[-1]);
  return needs;
}

void learn_data_info(Model& model, const LabelledData& data) {
  DataInfo info = model.data_info();
  learn_data_info(info, data);
  model.set_data_info(std::move(info));
}

void learn_data_info(DataInfo& info, const LabelledData& data) {
  // Folders are names, whatever they are called: a folder that lacks the first would be numbered anew.
  const bool named = !detail::are_numbered(data.class_names) || !data.names.empty();
  if (info.class_names.empty() && named) info.class_names = data.class_names;
  // The place of the target goes with the order of the features: data that came by name have their own.
  const bool other_target = !data.target.empty() && !info.target.empty() && data.target != info.target;
  if (data.target_place && (info.features.empty() || other_target || !info.sections.contains(kTable))) {
    info.sections[kTable] = Json::object({{kTargetPlace, *data.target_place}});
  } else if (other_target && info.sections.contains(kTable)) {
    info.sections[kTable] = Json::object();
  }
  if (info.features.empty()) info.features = data.features;
  if (!data.target.empty()) info.target = data.target;
}

bool holds_pictures(const LabelledData& data) {
  return are_pictures(data.x) || std::any_of(data.inputs.begin(), data.inputs.end(), are_pictures);
}

void settle_scale(Model& model, const LabelledData& data) {
  const bool pictures = holds_pictures(data);
  if (model.data_info().scale == PixelScale::kUnit && holds_bytes_as_floats(data.x)) {
    warn("the model takes pictures of 0..1, and these are numbers up to 255 of the dtype " +
         std::string(lamina::name(data.x.dtype())) + ": they are taken as they are");
  }
  if (!pictures || model.data_info().scale) return;
  DataInfo info = model.data_info();
  if (const std::optional<DType> integers = integers_of(model)) {
    if (*integers == DType::kInt8)
      warn(
          "the model takes pictures as integers of 8 bits with a sign: their bytes less 128, as TensorFlow's "
          "converters make them; if it was made otherwise, give it a .npy");
    info.scale = PixelScale::kNone;
    model.set_data_info(std::move(info));
    return;
  }
  const std::string scaling = scaling_layer(model);
  info.scale = usual_scale(scaling);
  if (*info.scale == PixelScale::kUnit) {
    warn(
        "the model does not say how it takes pictures: their bytes are divided by 255; if it was trained on "
        "0..255, say so (--scale none)");
  } else if (scaling != "Rescaling") {
    warn("the model does not say how it takes pictures: their bytes stay 0..255, since it begins with " +
         scaling + "; if it was trained on 0..1, say so (--scale 0..1)");
  }
  model.set_data_info(std::move(info));
}

namespace {

// `integers`: the dtype of a model that takes integers, where pictures are bytes already, or bytes less 128.
Tensor adapted_input(const Shape& wanted, std::optional<DType> integers, PixelScale scale, const Tensor& x) {
  Tensor input = x;
  if (wanted.rank() > 0) {
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
  if (integers == DType::kInt8 && are_pictures(x))
    return cast(cast(input, DType::kInt32) - 128, DType::kInt8).eval();
  if (!integers && are_pictures(x) && scale == PixelScale::kUnit)
    input = cast(input, DType::kFloat32) / 255.0;
  return input.eval();
}

// Class numbers as a loss of that kind takes them.
Tensor adapted_targets(TargetKind kind, int64_t outputs, const Tensor& y) {
  const bool numbers =
      y.defined() && is_integer(y.dtype()) && (y.rank() == 1 || (y.rank() == 2 && y.shape()[1] == 1));
  if (!numbers) return y;
  if (kind == TargetKind::kClassRows || (kind == TargetKind::kYesNo && outputs > 1))
    return to_categorical(y, outputs);
  if (kind == TargetKind::kYesNo) {
    check_yes_or_no(y);
    return cast(reshape(y, Shape{y.shape()[0], 1}), DType::kFloat32).eval();
  }
  return y;
}

}  // namespace

Tensor model_input(const Model& model, const Tensor& x) {
  return adapted_input(model.built() ? model.input_shape() : Shape(), integers_of(model), scale_of(model), x);
}

Tensor model_targets(const Model& model, const Tensor& y) {
  const std::vector<Shape> outputs = output_shapes(model);
  if (outputs.size() != 1) return y;
  return adapted_targets(target_kinds(model, outputs)[0], outputs[0].rank() > 0 ? outputs[0][-1] : 1, y);
}

namespace {

// Each window with the value behind it.
ModelSamples windows_of(const LabelledData& data, int64_t window) {
  if (data.samples() <= window) {
    throw InvalidArgument("the series has " + std::to_string(data.samples()) + " values; windows of " +
                          std::to_string(window) + " and a value behind need at least " +
                          std::to_string(window + 1));
  }
  ModelSamples samples;
  const int64_t count = data.samples() - window;
  samples.x = slice(sliding_windows(data.x, window), {0}, {count}).eval();
  samples.y = rows(data.x, window, count);
  return samples;
}

}  // namespace

int64_t context_of(const Model& model) {
  const std::optional<SeriesInfo> series = SeriesInfo::of(model.data_info());
  return series ? series->window : 0;
}

LabelledData unseen_part(const Model& model, const LabelledData& data) {
  const std::optional<SeriesInfo> series = SeriesInfo::of(model.data_info());
  if (!series || series->trained_on < series->window || data.samples() <= series->trained_on ||
      series_fingerprint(data.x, series->trained_on) != series->fingerprint)
    return data;
  warn("the series begins with the " + std::to_string(series->trained_on) +
       " values that the model has learned: it is judged by those behind them");
  const int64_t first = series->trained_on - series->window;
  return part_of(data, first, data.samples() - first);
}

Tensors ModelSamples::all_x() const { return inputs.empty() ? Tensors(x) : inputs; }
Tensors ModelSamples::all_y() const { return targets.empty() ? Tensors(y) : targets; }
ModelSamples::operator Batch() const { return {all_x(), all_y(), {}}; }

ModelSamples model_samples(const Model& model, const LabelledData& data) {
  if (const std::optional<SeriesInfo> series = SeriesInfo::of(model.data_info()))
    return windows_of(data, series->window);
  ModelSamples samples;
  if (!data.texts.empty()) {
    const std::optional<TextInfo>& text = model.data_info().text;
    if (!text) {
      throw InvalidArgument("model '" + model.name() +
                            "' does not know how its texts become numbers: it was trained on numbers");
    }
    if (!data.text_pairs.empty())
      throw InvalidArgument("model '" + model.name() + "' takes one text at a time; the data are pairs");
    samples.x = TextPreprocessing(*text)(data.texts);
  } else if (!data.columns.empty()) {
    const std::optional<FeatureSpace> space = FeatureSpace::of(model.data_info());
    if (!space) {
      throw InvalidArgument(
          "model '" + model.name() +
          "' does not know how columns of a table become numbers: it was trained on numbers");
    }
    samples.x = (*space)(data.columns);
  } else if (data.inputs.empty()) {
    tell_unfamiliar(model.data_info(), data.x, data.names);
    samples.x = model_input(model, data.x);
  } else {
    const PixelScale scale = scale_of(model);
    std::vector<Tensor> inputs;
    for (size_t i = 0; i < data.inputs.size(); ++i)
      inputs.push_back(
          adapted_input(model.inputs()[i].shape(), integers_of(model, i), scale, data.inputs[i]));
    samples.inputs = data.inputs.with_values(std::move(inputs));
    samples.x = samples.inputs[0];
  }
  if (data.targets.empty()) {
    samples.y = model_targets(model, data.y);
    return samples;
  }
  const std::vector<Shape> outputs = output_shapes(model);
  const std::vector<TargetKind> kinds = target_kinds(model, outputs);
  std::vector<Tensor> targets;
  for (size_t i = 0; i < data.targets.size(); ++i)
    targets.push_back(adapted_targets(kinds[i], outputs[i][-1], data.targets[i]));
  samples.targets = data.targets.with_values(std::move(targets));
  samples.y = samples.targets[0];
  return samples;
}

LabelledData part_of(const LabelledData& data, const SourceRange& range) {
  if (!range.given) return data;
  const int64_t end = range.end < 0 ? data.samples() : range.end;
  return part_of(data, range.begin, end - range.begin);
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
