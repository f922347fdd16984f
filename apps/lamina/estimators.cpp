// The verbs, for estimators.
#include "estimators.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "cli.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/classic.h"
#include "texts.h"

namespace lamina::cli {
namespace {

void refuse_scale(const DataArguments& arguments) {
  if (!arguments.scale.empty())
    throw UsageError("--scale: an estimator takes the numbers as they are, bytes of pictures, too");
}

// With what the user says of the data over what it knows.
FittedEstimator load_estimator(const std::string& path, const DataArguments& arguments) {
  refuse_scale(arguments);
  FittedEstimator fitted{load_predictor(path), load_classic_data_info(path)};
  tell_info(fitted.info, estimator_needs(fitted), arguments);
  return fitted;
}

const char* score_name(const FittedEstimator& fitted) {
  return fitted.predictor->is_classifier() ? "accuracy" : "r2";
}

double score(const FittedEstimator& fitted, const LabelledData& data) {
  if (!data.y.defined()) throw InvalidArgument("there are no targets to compare with");
  return fitted.predictor->score(estimator_input(fitted, data), data.y);
}

LabelledData load_for(const FittedEstimator& fitted, const std::string& source,
                      const DataArguments& arguments, bool targets) {
  const SourceRange range = parse_source(source);
  DataOptions how = data_options(estimator_needs(fitted), arguments, "test");
  how.needs.target_optional = !targets;
  return part_of(load_data(range.source, how), range);
}

void refuse_options_of_networks(const TrainOptions& options) {
  const auto none = [](bool given, const char* name) {
    if (given) throw UsageError(std::string("train: an estimator has no ") + name);
  };
  none(options.epochs.has_value(), "--epochs");
  none(options.batch_size.has_value(), "--batch-size");
  none(options.validation_split > 0, "--validation-split; give --validation-data");
  none(options.resume, "--resume: it is fitted at once");
  none(options.stop_on_nan, "--stop-on-nan");
  none(options.gradient_norm, "--gradient-norm");
  refuse_scale(options.arguments);
}

}  // namespace

bool is_estimator_file(const std::string& path) { return path.ends_with(".classic"); }

int train_estimator(const EstimatorRecipe& recipe, const TrainOptions& options) {
  refuse_options_of_networks(options);
  if (options.data.empty())
    throw UsageError("train: the recipe '" + recipe.name +
                     "' has no data of its own: name them (--data); see 'lamina train --help'");
  const std::string out = options.out.empty() ? recipe.file : options.out;
  if (!is_estimator_file(out)) throw UsageError("train: --out must end in .classic; got '" + out + "'");
  std::error_code ignored;
  if (std::filesystem::exists(out, ignored) && !options.overwrite)
    throw FileError("'" + out + "' is there already: give another --out, or --overwrite to replace it");
  const WriteOptions how_to_write{.replace_protected = options.overwrite};
  AtomicFile(out, how_to_write);  // refused now rather than when all is done

  DataNeeds needs = recipe.needs;
  tell_info(needs.known, needs, options.arguments);
  needs.learned_from = true;
  LabelledData training = load_data(options.data, data_options(needs, options.arguments, "train"));
  if (options.limit_samples > 0)
    training = part_of(training, 0, std::min(options.limit_samples, training.samples()));
  const auto begin = std::chrono::steady_clock::now();
  const FittedEstimator fitted =
      with_data_of(options.data, [&] { return recipe.fit(training, options.seed); });
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  save_classic(*fitted.predictor, out, fitted.info, how_to_write);

  const bool held_out = !options.validation_data.empty();
  const double result = held_out
                            ? with_data_of(options.validation_data,
                                           [&] {
                                             return score(fitted, load_for(fitted, options.validation_data,
                                                                           options.arguments, true));
                                           })
                            : score(fitted, training);
  const char* of = held_out ? "validation" : "training";
  if (options.json) {
    print_json(Json::object({{"done", true},
                             {"model", out},
                             {"metrics", Json::object({{score_name(fitted), result}})},
                             {"metrics_of", of},
                             {"seconds", seconds}}));
  } else if (!options.quiet) {
    fmt::print("{}: {}: {:.4f} - fitted to {} samples in {:.2f} s\nSaved {}.\n", of, score_name(fitted),
               result, training.samples(), seconds, printable(out));
  }
  return 0;
}

int evaluate_estimator(const std::string& path, const std::string& source, const DataArguments& arguments,
                       bool json, const EstimatorPage& page) {
  const FittedEstimator fitted = load_estimator(path, arguments);
  const LabelledData data = load_for(fitted, source, arguments, true);
  const double result = with_data_of(source, [&] { return score(fitted, data); });
  if (!page.path.empty()) {
    with_data_of(source,
                 [&] { write_estimator_page(page, fitted, estimator_input(fitted, data), data.y, result); });
  }
  if (json) {
    Json all = Json::object(
        {{"metrics", Json::object({{score_name(fitted), result}})}, {"samples", data.samples()}});
    if (!page.path.empty()) all["report"] = page.path;
    print_json(all);
  } else {
    fmt::print("{}: {:.4f} - {} samples\n", score_name(fitted), result, data.samples());
    if (!page.path.empty()) fmt::print("Report: {}\n", printable(page.path));
  }
  return 0;
}

int predict_estimator(const std::string& path, const std::vector<std::string>& inputs,
                      const DataArguments& arguments, bool json) {
  const FittedEstimator fitted = load_estimator(path, arguments);
  const std::vector<std::string>& names = fitted.info.class_names;
  for (const std::string& input : inputs) {
    const bool text = fitted.info.text && is_text(input);
    const LabelledData data = text ? read_texts(input) : load_for(fitted, input, arguments, false);
    const SourceRange range = parse_source(input);
    with_data_of(input, [&] {
      const Tensor x = estimator_input(fitted, data);
      const std::vector<float> said = fitted.predictor->predict(x).to_vector<float>();
      const bool classes = fitted.predictor->is_classifier();
      const std::vector<float> shares =
          classes ? fitted.predictor->predict_proba(x).to_vector<float>() : std::vector<float>();
      const size_t width = classes ? fitted.predictor->classes().size() : 0;
      for (size_t i = 0; i < said.size(); ++i) {
        const int64_t number = data.numbers.empty() ? range.begin + static_cast<int64_t>(i) : data.numbers[i];
        const std::string name =
            !data.names.empty() ? data.names[i] : fmt::format("{}[{}]", range.source, number);
        if (!classes) {
          if (json)
            print_json(Json::object({{"input", name}, {"output", Json::list({said[i]})}}));
          else
            fmt::print("{}  {}\n", printable(name), said[i]);
          continue;
        }
        const auto label = static_cast<size_t>(said[i]);
        const std::string shown = label < names.size() ? names[label] : std::to_string(label);
        const auto row = shares.begin() + static_cast<std::ptrdiff_t>(i * width);
        const float most = *std::max_element(row, row + static_cast<std::ptrdiff_t>(width));
        if (!json) {
          fmt::print("{}  {} {:.1f}%\n", printable(name), printable(shown), most * 100);
          continue;
        }
        Json probabilities = Json::list();
        for (size_t k = 0; k < width; ++k) probabilities.push_back(shares[i * width + k]);
        print_json(Json::object({{"input", name},
                                 {"class", static_cast<int64_t>(label)},
                                 {"label", shown},
                                 {"confidence", most},
                                 {"probabilities", probabilities}}));
      }
    });
  }
  return 0;
}

}  // namespace lamina::cli
