// lamina predict: what a model says about samples, drawn where they are pictures.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "cli.h"
#include "data_arguments.h"
#include "estimators.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/base/terminal.h"
#include "lamina/data/feature_space.h"
#include "lamina/explain/classification.h"
#include "lamina/formats/npy.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/series/series_info.h"
#include "lamina/zoo/image_folder.h"
#include "lamina/zoo/samples.h"
#include "predict_series.h"
#include "texts.h"

namespace lamina::cli {
namespace {

struct Options {
  std::string model;
  std::vector<std::string> inputs;
  DataArguments arguments;
  std::optional<int> steps;
  bool json = false, no_pictures = false;
  Place place;
};

// Samples of one argument, with what is known about them.
struct Input {
  std::string source;            // "data.csv", whose samples have numbers,
  std::vector<int64_t> numbers;  // from `first` on unless they stand here,
  int64_t first = 0;
  std::vector<std::string> names;  // or names of their own
  Tensors x;                       // as the model takes it
  std::vector<int> expected;       // true classes, -1 where one is not known; empty where none is
  std::vector<std::string> classes;

  int64_t samples() const { return x[0].shape()[0]; }
  std::string name(size_t i) const {
    if (!names.empty()) return names[i];
    return fmt::format("{}[{}]", source, numbers.empty() ? first + static_cast<int64_t>(i) : numbers[i]);
  }
};

// Samples that are asked about at once: what is said about them needs memory, too.
constexpr int64_t kMostAtOnce = 1 << 14;
constexpr int64_t kMostDrawn = 64;

bool is_array(const std::string& path) { return ends_with_any(path, {".npy"}) || is_npy_file(path); }

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

OutputKind kind_of(const Model& model) {
  return model.output_names().size() > 1 ? OutputKind::kValues : output_kind(model);
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

Input input_of(Model& model, const LabelledData& data, const std::string& source,
               const DataArguments& arguments) {
  settle_scale_of(model, data, arguments, source);
  Input input;
  input.source = source;
  input.numbers = data.numbers;
  input.x = model_samples(model, data).all_x();
  input.classes = data.class_names;
  input.names = data.names;
  input.expected = true_classes(model, data, source);
  return input;
}

Input read_array(Model& model, const std::string& path, const DataArguments& arguments) {
  LabelledData data;
  bool one = false;
  data.x = as_samples(read_npy(path), model.input_shape(), path, one);
  if (one) data.names = {path};
  return input_of(model, data, path, arguments);
}

// Arrays for the inputs of one model, as `run` takes them: all with names, or all in the model's order.
Input read_arrays(Model& model, const std::vector<std::string>& arguments, const DataArguments& how) {
  const std::vector<std::string>& known = model.input_names();
  if (arguments.size() != known.size()) {
    throw InvalidArgument(fmt::format("predict: model '{}' takes {} inputs, {}; got {} arrays", model.name(),
                                      known.size(), fmt::join(known, ", "), arguments.size()));
  }
  std::vector<std::pair<std::string, Tensor>> inputs;
  for (const std::string& name : known) inputs.emplace_back(name, Tensor());
  for (size_t i = 0; i < arguments.size(); ++i) {
    const auto [name, file] = name_and_file(arguments[i]);
    size_t place = i;
    if (!name.empty()) {
      place = static_cast<size_t>(std::find(known.begin(), known.end(), name) - known.begin());
      if (place == known.size())
        throw InvalidArgument(
            fmt::format("predict: the model has no input '{}'{}", name, suggest(name, known)));
    }
    if (inputs[place].second.defined())
      throw InvalidArgument("predict: give names to all inputs or to none, and to each another");
    inputs[place].second = read_npy(file);
  }
  LabelledData data;
  data.inputs = Tensors(std::move(inputs));
  for (const Tensor& input : data.inputs) {
    if (input.rank() == 0 || input.shape()[0] != data.inputs[0].shape()[0])
      throw InvalidArgument("predict: the inputs must hold as many samples each, along their first axis");
  }
  return input_of(model, data, fmt::format("{}", fmt::join(arguments, ",")), how);
}

Input read_image(Model& model, const std::string& path, const DataArguments& arguments) {
  LabelledData data;
  data.x = expand_dims(read_image_for(path, model.input_shape()), 0).eval();
  data.names = {path};
  return input_of(model, data, path, arguments);
}

Input read_source(Model& model, const Options& options, const std::string& text) {
  const SourceRange range = parse_source(text);
  DataOptions how = data_options(model_needs(model), options.arguments, "test");
  how.needs.target_optional = true;
  LabelledData data = load_data(range.source, how);
  const int64_t samples = data.samples();
  const int64_t end = range.end < 0 ? samples : range.end;
  if (end > samples) {
    throw InvalidArgument(fmt::format("predict: '{}' asks for samples up to {}; '{}' has {}", text, end,
                                      range.source, samples));
  }
  data = part_of(data, range);
  Input input = input_of(model, data, range.source, options.arguments);
  input.first = range.begin;
  return input;
}

bool is_picture(const std::string& text) { return is_image_file(text) || is_image_name(text); }

Input read_input(Model& model, const Options& options, const std::string& text) {
  if (model.data_info().text && is_text(text))
    return input_of(model, read_texts(text), text, options.arguments);
  if (is_array(text)) return read_array(model, text, options.arguments);
  if (is_picture(text)) return read_image(model, text, options.arguments);
  return read_source(model, options, text);
}

Json numbers(const std::vector<float>& values) {
  Json list = Json::list();
  for (float value : values) list.push_back(finite(value));
  return list;
}

class Speaker {
 public:
  Speaker(const Options& options, const Model& model)
      : options_(options),
        kind_(kind_of(model)),
        labels_(model.data_info().class_names),
        texts_(model.data_info().text || FeatureSpace::of(model.data_info())),
        terminal_(terminal_of(stdout)) {}

  /// Of the samples from number `first` on.
  void tell(const Input& input, size_t first, const Tensors& outputs) {
    if (kind_ == OutputKind::kValues || outputs[0].rank() != 2) {
      tell_values(input, first, outputs);
      return;
    }
    const auto rows = class_probabilities(outputs[0], kind_);
    std::vector<CaptionedPicture> pictures;
    const bool draws = !options_.json && !options_.no_pictures && input.x.size() == 1 &&
                       is_image(input.x[0].shape()) && input.samples() <= kMostDrawn;
    for (size_t i = 0; i < rows.size(); ++i) {
      // No class is the most probable one among numbers that cannot be compared.
      const bool known = std::none_of(rows[i].begin(), rows[i].end(), [](float p) { return std::isnan(p); });
      const auto best = std::max_element(rows[i].begin(), rows[i].end());
      const size_t label = static_cast<size_t>(best - rows[i].begin());
      const int expected = input.expected.empty() ? -1 : input.expected[first + i];
      const std::string name = input.name(first + i);
      ++said_;
      bad_ += !known;
      if (options_.json) {
        Json line = Json::object({{"input", name},
                                  {"class", known ? Json(static_cast<int64_t>(label)) : Json()},
                                  {"label", known ? Json(class_name(input, label)) : Json()},
                                  {"confidence", known ? finite(*best) : Json()},
                                  {"probabilities", numbers(rows[i])}});
        if (expected >= 0) line["expected"] = expected;
        print_json(line);
        continue;
      }
      const std::string said =
          known ? fmt::format("{} {:.1f}%", class_name(input, label), *best * 100) : "NaN: no class";
      std::string truth;
      if (expected >= 0) {
        const bool right = known && static_cast<size_t>(expected) == label;
        truth = right ? (terminal_.utf8 ? "✓" : "right")
                      : "is: " + class_name(input, static_cast<size_t>(expected));
      }
      if (draws) {
        pictures.push_back({picture_of(input.x[0], static_cast<int64_t>(first + i)), {name, said, truth}});
      } else {
        fmt::print("{}  {}{}  {}\n", printable(name), printable(said),
                   known && texts_ ? printable(others(input, rows[i], label)) : "", printable(truth));
      }
    }
    if (draws) fmt::print("{}\n", draw(pictures, terminal_));
  }

  /// Throws Error when outputs were no numbers, once all that could be said is said.
  void finish() const {
    if (bad_ == 0) return;
    std::fflush(stdout);
    throw Error(fmt::format("{} of {} outputs are NaN: look for such values in the input and in the weights",
                            bad_, said_));
  }

 private:
  void tell_values(const Input& input, size_t first, const Tensors& outputs) {
    std::vector<std::vector<float>> all;
    for (const Tensor& output : outputs) all.push_back(output.to_vector<float>());
    const auto samples = static_cast<size_t>(outputs[0].shape()[0]);
    for (size_t i = 0; i < samples; ++i) {
      Json several = Json::object();
      std::string line;
      bool bad = false;
      for (size_t k = 0; k < all.size(); ++k) {
        const size_t width = all[k].size() / samples;
        const auto begin = all[k].begin() + static_cast<std::ptrdiff_t>(i * width);
        const std::vector<float> row(begin, begin + static_cast<std::ptrdiff_t>(width));
        bad = bad || std::any_of(row.begin(), row.end(), [](float value) { return std::isnan(value); });
        const std::string output = outputs.named() ? outputs.names()[k] : "output_" + std::to_string(k);
        several[output] = numbers(row);
        if (all.size() > 1) line += (k > 0 ? "  " : "") + printable(output) + ": ";
        line += fmt::format("{}", fmt::join(row, " "));
      }
      ++said_;
      bad_ += bad;
      const std::string name = input.name(first + i);
      if (!options_.json) {
        fmt::print("{}  {}\n", printable(name), line);
      } else if (all.size() == 1) {
        print_json(Json::object({{"input", name}, {"output", several.as_object()[0].second}}));
      } else {
        print_json(Json::object({{"input", name}, {"outputs", several}}));
      }
    }
  }

  // " (neutral 12.0%, positive 3.1%)": of a few classes, those that are less probable.
  std::string others(const Input& input, const std::vector<float>& row, size_t best) const {
    constexpr size_t kMost = 6;
    if (row.size() < 2 || row.size() > kMost) return "";
    std::string text;
    for (size_t i = 0; i < row.size(); ++i) {
      if (i != best)
        text += fmt::format("{}{} {:.1f}%", text.empty() ? "" : ", ", class_name(input, i), row[i] * 100);
    }
    return " (" + text + ")";
  }

  std::string class_name(const Input& input, size_t label) const {
    const std::vector<std::string>& names = labels_.empty() ? input.classes : labels_;
    return label < names.size() ? names[label] : std::to_string(label);
  }

  const Options& options_;
  OutputKind kind_;
  std::vector<std::string> labels_;
  bool texts_;
  Terminal terminal_;
  int64_t said_ = 0, bad_ = 0;
};

// Pictures named one by one that cannot be read and may be left out.
void tell_bad(const std::vector<std::string>& bad, size_t inputs) {
  if (bad.empty()) return;
  constexpr size_t kMostNamed = 20;
  const std::string list = detail::quoted_list(bad, kMostNamed);
  if (bad.size() == inputs) throw FileError("none of the pictures can be read: " + list);
  warn(fmt::format("{} of {} pictures cannot be read and {} left out: {}", bad.size(), inputs,
                   bad.size() == 1 ? "is" : "are", list));
}

int predict(const Options& options) {
  auto scope = enter(options.place);
  if (is_classic_file(options.model))
    return predict_estimator(options.model, options.inputs, options.arguments, options.json);
  Model model = load_to_ask(options.model);
  tell_model(model, options.arguments);
  if (SeriesInfo::of(model.data_info(), "'" + options.model + "'")) {
    predict_series(model, options.inputs, options.arguments, options.steps.value_or(1), options.json);
    return 0;
  }
  if (options.steps)
    throw InvalidArgument("--steps: the model was not trained on a series and forecasts nothing");
  Speaker speaker(options, model);
  const auto ask = [&](const Input& input) {
    for (int64_t first = 0; first < input.samples(); first += kMostAtOnce) {
      const int64_t end = std::min(first + kMostAtOnce, input.samples());
      std::vector<Tensor> part;
      for (const Tensor& x : input.x)
        part.push_back(end - first < input.samples() ? slice(x, {first}, {end}).eval() : x);
      const Tensors x = input.x.with_values(std::move(part));
      speaker.tell(input, static_cast<size_t>(first), model.predict_outputs(x, {.batch_size = 256}));
    }
  };
  const bool arrays = std::all_of(options.inputs.begin(), options.inputs.end(), is_array);
  if (arrays && model.input_names().size() > 1) {
    with_data_of(fmt::format("{}", fmt::join(options.inputs, ", ")),
                 [&] { ask(read_arrays(model, options.inputs, options.arguments)); });
  } else {
    const bool skip = data_options({}, options.arguments, "test").on_error == OnError::kSkip;
    std::vector<std::string> bad;
    for (const std::string& text : options.inputs) {
      const bool may_fail = skip && exists(text) && is_picture(text);
      with_data_of(parse_source(text).source, [&] {
        std::optional<Input> input;
        try {
          input = read_input(model, options, text);
        } catch (const FileError&) {
          if (!may_fail) throw;
          bad.push_back(text);
          return;
        }
        ask(*input);
      });
    }
    tell_bad(bad, options.inputs.size());
  }
  speaker.finish();
  return 0;
}

}  // namespace

void add_predict(CLI::App& app, Action& action) {
  Command command(app, "predict", "Ask a model about samples; pictures are drawn in the terminal");
  auto options = std::make_shared<Options>();
  command.add(options->model, {.name = "MODEL", .help = "A .keras or .classic file", .required = true});
  command.add(
      options->inputs,
      {.name = "INPUT",
       .help = "An image (PNG, JPEG, GIF, BMP, WebP, PNM) or a folder of them; .npy; or samples of a named "
               "set, .npz or .csv, "
               "with or without targets: SET:test[0:5]. For a model of texts also a text itself, or a .txt "
               "(.txt.gz) with one a line, or - for lines of standard input. For a model of several inputs "
               "an .npz with "
               "their names, or [NAME=]FILE.npy for each",
       .required = true});
  add_data_arguments(command, options->arguments);
  command.add(options->steps, {.name = "--steps",
                               .help = "Of a series: how many values ahead to forecast (default: 1)",
                               .type = "N",
                               .least = 1,
                               .most = 100000});
  command.flag(options->no_pictures, "--no-pictures", "Print one line for each sample instead of drawing it");
  add_place(command, options->place);
  add_json(command, options->json, "one object for each sample");
  command.on_call([options, &action] { action = [options] { return predict(*options); }; });
}

}  // namespace lamina::cli
