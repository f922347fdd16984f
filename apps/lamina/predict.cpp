// lamina predict: what a model says about samples, drawn where they are pictures.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "cli.h"
#include "data_arguments.h"
#include "estimators.h"
#include "fine_tuning.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/base/terminal.h"
#include "lamina/data/feature_space.h"
#include "lamina/explain/classification.h"
#include "lamina/ops/slice.h"
#include "lamina/series/series_info.h"
#include "lamina/text/text_preprocessing.h"
#include "lamina/vision/detector_info.h"
#include "lamina/zoo/image_folder.h"
#include "lamina/zoo/out_of_scope.h"
#include "lamina/zoo/samples.h"
#include "model_folder.h"
#include "predict_input.h"
#include "predict_series.h"

namespace lamina::cli {
namespace {

struct Options {
  std::string model;
  std::vector<std::string> inputs;
  DataArguments arguments;
  std::optional<int> steps;
  std::optional<double> unknown_below;
  bool json = false, no_pictures = false, pairs = false;
  Place place;
};

// Samples that are asked about at once: what is said about them needs memory, too.
constexpr int64_t kMostAtOnce = 1 << 14;
constexpr int64_t kMostDrawn = 64;

Json numbers(const std::vector<float>& values) {
  Json list = Json::list();
  for (float value : values) list.push_back(finite(value));
  return list;
}

class Speaker {
 public:
  Speaker(const Options& options, const Model& model)
      : options_(options),
        model_(model),
        kind_(kind_of(model)),
        labels_(model.data_info().class_names),
        scope_(OutOfScope::of(model.data_info(), "'" + options.model + "'")),
        texts_(model.data_info().text || FeatureSpace::of(model.data_info())),
        text_tensors_(text_tensors(model)),
        terminal_(terminal_of(stdout)) {}

  /// Of the samples from number `first` on.
  void tell(const PredictInput& input, size_t first, const Tensors& outputs) {
    if (kind_ == OutputKind::kValues || outputs[0].rank() != 2) {
      if (options_.unknown_below)
        throw InvalidArgument("--unknown-below: the model tells no classes apart, so that nothing could be of none of them");
      tell_values(input, first, outputs);
      return;
    }
    const auto rows = class_probabilities(real_outputs(model_, outputs[0]), kind_);
    std::vector<CaptionedPicture> pictures;
    const bool draws = !options_.json && !options_.no_pictures && input.x.size() == 1 &&
                       is_image(input.x[0].shape()) && input.samples() <= kMostDrawn;
    for (size_t i = 0; i < rows.size(); ++i) {
      // No class is the most probable one among numbers that cannot be compared.
      const bool known = std::none_of(rows[i].begin(), rows[i].end(), [](float p) { return std::isnan(p); });
      const size_t label = decided_class(rows[i], scope_);
      const float confidence = rows[i][label];
      const bool sure = !known || confidence >= options_.unknown_below.value_or(0);
      const int expected = input.expected.empty() ? -1 : input.expected[first + i];
      const std::string name = input.name(first + i);
      ++said_;
      bad_ += !known;
      if (options_.json) {
        Json line = Json::object({{"input", name},
                                  {"class", known && sure ? Json(static_cast<int64_t>(label)) : Json()},
                                  {"label", !sure ? Json("unknown") : known ? Json(class_name(input, label)) : Json()},
                                  {"confidence", known ? finite(confidence) : Json()},
                                  {"probabilities", numbers(rows[i])}});
        if (expected >= 0) line["expected"] = expected;
        print_json(line);
        continue;
      }
      const std::string said =
          !known ? "NaN: no class"
                 : fmt::format(fmt::runtime(sure ? "{} {:.1f}%" : "unknown ({} {:.1f}%)"), class_name(input, label), confidence * 100);
      std::string truth;
      if (expected >= 0) {
        const bool right = known && sure && static_cast<size_t>(expected) == label;
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

  /// Throws Error when outputs were no numbers, once all that could be said is said. Infinite ones are told.
  void finish() const {
    if (infinite_ > 0) {
      warn(fmt::format("{} of {} outputs are infinite: beyond float32, or made from what is", infinite_,
                       said_));
    }
    if (bad_ == 0) return;
    std::fflush(stdout);
    throw Error(fmt::format("{} of {} outputs are NaN: look for such values in the input and in the weights",
                            bad_, said_));
  }

 private:
  void tell_values(const PredictInput& input, size_t first, const Tensors& outputs) {
    std::vector<std::vector<float>> all;
    std::vector<std::vector<std::string>> words(outputs.size());  // of those that are texts
    for (size_t k = 0; k < outputs.size(); ++k) {
      const bool texts = outputs.named() && text_tensors_.gives(outputs.names()[k]);
      if (texts) words[k] = texts_of(outputs[k]).values;
      all.push_back(texts ? std::vector<float>() : outputs[k].to_vector<float>());
    }
    const auto samples = static_cast<size_t>(outputs[0].shape()[0]);
    for (size_t i = 0; i < samples; ++i) {
      Json several = Json::object();
      std::string line;
      bool bad = false, infinite = false;
      for (size_t k = 0; k < all.size(); ++k) {
        const size_t width = all[k].size() / samples;
        const auto begin = all[k].begin() + static_cast<std::ptrdiff_t>(i * width);
        const std::vector<float> row(begin, begin + static_cast<std::ptrdiff_t>(width));
        bad = bad || std::any_of(row.begin(), row.end(), [](float value) { return std::isnan(value); });
        infinite = infinite || std::any_of(row.begin(), row.end(), [](float v) { return std::isinf(v); });
        const std::string output = outputs.named() ? outputs.names()[k] : "output_" + std::to_string(k);
        if (all.size() > 1) line += (k > 0 ? "  " : "") + printable(output) + ": ";
        if (words[k].empty()) {
          several[output] = numbers(row);
          line += fmt::format("{}", fmt::join(row, " "));
          continue;
        }
        Json list = Json::list();
        for (size_t j = i * words[k].size() / samples; j < (i + 1) * words[k].size() / samples; ++j) {
          list.push_back(words[k][j]);
          line += (list.as_list().size() > 1 ? " " : "") + printable(words[k][j]);
        }
        several[output] = list;
      }
      ++said_;
      bad_ += bad;
      infinite_ += infinite && !bad;
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
  std::string others(const PredictInput& input, const std::vector<float>& row, size_t best) const {
    constexpr size_t kMost = 6;
    if (row.size() < 2 || row.size() > kMost) return "";
    std::string text;
    for (size_t i = 0; i < row.size(); ++i) {
      if (i != best)
        text += fmt::format("{}{} {:.1f}%", text.empty() ? "" : ", ", class_name(input, i), row[i] * 100);
    }
    return " (" + text + ")";
  }

  std::string class_name(const PredictInput& input, size_t label) const {
    const std::vector<std::string>& names = labels_.empty() ? input.classes : labels_;
    return label < names.size() ? names[label] : std::to_string(label);
  }

  const Options& options_;
  const Model& model_;
  OutputKind kind_;
  std::vector<std::string> labels_;
  std::optional<OutOfScope> scope_;
  bool texts_;
  const TextTensors text_tensors_;
  Terminal terminal_;
  int64_t said_ = 0, bad_ = 0, infinite_ = 0;
};

// Pictures named one by one that cannot be read and may be left out.
void tell_bad(const std::vector<std::string>& bad, size_t inputs) {
  if (bad.empty()) return;
  const std::string text = detail::left_out_images(bad, static_cast<int64_t>(inputs));
  if (bad.size() == inputs) throw FileError(text + "; nothing is left");
  warn(text);
}

int predict(const Options& options) {
  auto scope = enter(options.place);
  const FineTuningTask* const task = task_of_folder(options.model);
  if (options.unknown_below && (task || is_classic_file(options.model)))
    throw UsageError("predict: --unknown-below is of networks in .keras files that tell classes apart");
  if (task)
    return predict_fine_tuning(*task, options.model, options.inputs, options.pairs, options.json);
  if (options.pairs)
    throw UsageError("predict: --pairs is of folders that were fine-tuned to classify, label or regress");
  refuse_options_of_checkpoints("predict", options.arguments);
  check_folder("predict", options.model, false);
  if (is_classic_file(options.model))
    return predict_estimator(options.model, options.inputs, options.arguments, options.json);
  Model model = load_to_ask(options.model);
  if (vision::detector_info(model, "'" + options.model + "'"))
    throw UsageError("predict: '" + options.model + "' finds things in pictures: ask it by lamina detect");
  tell_model(model, options.arguments);
  if (SeriesInfo::of(model.data_info(), "'" + options.model + "'")) {
    if (options.unknown_below) throw UsageError("predict: --unknown-below is of models that tell classes apart, not of forecasts");
    predict_series(model, options.inputs, options.arguments, options.steps.value_or(1), options.json);
    return 0;
  }
  if (options.steps)
    throw InvalidArgument("--steps: the model was not trained on a series and forecasts nothing");
  Speaker speaker(options, model);
  const auto ask = [&](const PredictInput& input) {
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
  const bool texts = model.data_info().sections.contains(kTextInputs);
  if ((arrays || texts) && model.input_names().size() > 1) {
    with_data_of(fmt::format("{}", fmt::join(options.inputs, ", ")),
                 [&] { ask(read_arrays(model, options.inputs, options.arguments)); });
  } else {
    const bool skip = data_options({}, options.arguments, "test").on_error == OnError::kSkip;
    std::vector<std::string> bad;
    for (const std::string& text : options.inputs) {
      const bool may_fail = skip && exists(text) && is_picture(text);
      with_data_of(parse_source(text).source, [&] {
        std::optional<PredictInput> input;
        try {
          input = read_input(model, options.arguments, text);
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
  command.add(options->model, {.name = "MODEL",
                               .help = "A .keras or .classic file, or the folder of a model that was "
                                       "fine-tuned to classify, label, regress, tag or answer",
                               .required = true});
  command.add(
      options->inputs,
      {.name = "INPUT",
       .help = "An image (PNG, JPEG, GIF, BMP, WebP, PNM) or a folder of them; .npy; or samples of a named "
               "set, .npz, .csv or .parquet, or - for a table from standard input, "
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
  command.add(options->unknown_below, {.name = "--unknown-below",
                                       .help = "Of classes: what no class has this probability of is called unknown; "
                                               "lamina evaluate --unknown prints one that fits (default: the most "
                                               "probable class is said)",
                                       .type = "0..1",
                                       .least = 0,
                                       .most = 1});
  command.flag(options->pairs, "--pairs",
               "Each text, or line of texts, is a pair with a tab in between, for a folder that was "
               "fine-tuned with --pair-column");
  command.flag(options->no_pictures, "--no-pictures", "Print one line for each sample instead of drawing it");
  add_place(command, options->place);
  add_json(command, options->json, "one object for each sample");
  command.on_call([options, &action] { action = [options] { return predict(*options); }; });
}

}  // namespace lamina::cli
