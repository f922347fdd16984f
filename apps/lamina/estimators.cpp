// The verbs, for estimators.
#include "estimators.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/npy.h"
#include "lamina/nn/callbacks/progress_bar.h"
#include "pages.h"
#include "run_folder.h"
#include "summary_lines.h"
#include "texts.h"

namespace lamina::cli {

void refuse_scale(const DataArguments& arguments) {
  if (!arguments.scale.empty())
    throw UsageError("--scale: an estimator takes the numbers as they are, bytes of pictures, too");
}

FittedEstimator load_estimator(const std::string& path) {
  if (!exists(path))
    throw FileError("there is no file '" + path + "'; 'lamina train' makes one of an estimator");
  return load_fitted(path);
}

namespace {

// With what the user says of the data over what it knows.
FittedEstimator told_estimator(const std::string& path, const DataArguments& arguments) {
  refuse_scale(arguments);
  FittedEstimator fitted = load_estimator(path);
  tell_info(fitted.info, estimator_needs(fitted), arguments);
  return fitted;
}

}  // namespace

LabelledData load_for(const FittedEstimator& fitted, const std::string& source,
                      const DataArguments& arguments, bool targets) {
  const SourceRange range = parse_source(source);
  DataOptions how = data_options(estimator_needs(fitted), arguments, "test");
  how.needs.target_optional = !targets;
  return part_of(load_data(range.source, how), range);
}

int evaluate_estimator(const std::string& path, const std::string& source, const DataArguments& arguments,
                       bool json, const EstimatorPage& page) {
  const FittedEstimator fitted = told_estimator(path, arguments);
  const LabelledData data = load_for(fitted, source, arguments, true);
  Metrics metrics;
  with_data_of(source, [&] {
    const Samples samples{estimator_input(fitted, data), estimator_targets(fitted, data)};
    metrics = estimator_metrics(*fitted.predictor, samples.x, samples.y);
    if (page.path.empty()) return;
    RunDescription run;
    run.title = std::filesystem::path(path).stem().string();
    run.data = source;
    run.command = shell_line(page.words);
    run.date = today();
    run.held_out = {samples.x, samples.y};
    run.metrics = metrics;
    write_page(page.path, to_html(run_report(fitted, run)), page.overwrite);
  });
  if (json) {
    Json all = Json::object({{"metrics", metrics_json(metrics)}, {"samples", data.samples()}});
    if (!page.path.empty()) all["report"] = page.path;
    print_json(all);
  } else {
    const int64_t count = data.samples();
    fmt::print("{} - {} {}\n", metrics_line(metrics), count, count == 1 ? "sample" : "samples");
    if (!page.path.empty()) fmt::print("Report: {}\n", printable(page.path));
  }
  return 0;
}

namespace {

// Empty where it has none.
std::vector<float> probabilities_of(const classic::Predictor& predictor, const Tensor& x) {
  try {
    return predictor.predict_proba(x).to_vector<float>();
  } catch (const Unsupported&) {
    return {};
  }
}

}  // namespace

int predict_estimator(const std::string& path, const std::vector<std::string>& inputs,
                      const DataArguments& arguments, bool json) {
  const FittedEstimator fitted = told_estimator(path, arguments);
  for (const std::string& input : inputs) {
    const bool text = fitted.info.text && is_text(input);
    const SourceRange range = text ? SourceRange{input} : parse_source(input);
    const LabelledData data = text ? read_texts(input) : load_for(fitted, input, arguments, false);
    with_data_of(input, [&] {
      const Tensor x = estimator_input(fitted, data);
      const std::vector<float> said = fitted.predictor->predict(x).to_vector<float>();
      const bool classes = fitted.predictor->is_classifier();
      const std::vector<float> shares =
          classes ? probabilities_of(*fitted.predictor, x) : std::vector<float>();
      const size_t width = classes ? fitted.predictor->classes().size() : 0;
      for (size_t i = 0; i < said.size(); ++i) {
        const int64_t at = data.numbers.empty() ? range.begin + static_cast<int64_t>(i) : data.numbers[i];
        const std::string name =
            !data.names.empty() ? data.names[i] : fmt::format("{}[{}]", range.source, at);
        if (!classes) {
          if (json)
            print_json(Json::object({{"input", name}, {"output", Json::list({said[i]})}}));
          else
            fmt::print("{}  {}\n", printable(name), said[i]);
          continue;
        }
        const auto label = static_cast<int32_t>(said[i]);
        const std::string shown = class_name_of(fitted, label);
        if (shares.empty()) {
          if (json)
            print_json(Json::object({{"input", name}, {"class", int64_t{label}}, {"label", shown}}));
          else
            fmt::print("{}  {}\n", printable(name), printable(shown));
          continue;
        }
        const auto row = shares.begin() + static_cast<std::ptrdiff_t>(i * width);
        const float most = *std::max_element(row, row + static_cast<std::ptrdiff_t>(width));
        if (!json) {
          fmt::print("{}  {} {:.1f}%\n", printable(name), printable(shown), most * 100);
          continue;
        }
        Json probabilities = Json::list();
        for (size_t k = 0; k < width; ++k) probabilities.push_back(shares[i * width + k]);
        print_json(Json::object({{"input", name},
                                 {"class", int64_t{label}},
                                 {"label", shown},
                                 {"confidence", most},
                                 {"probabilities", probabilities}}));
      }
    });
  }
  return 0;
}

int run_estimator(const std::string& path, const std::vector<std::string>& inputs, const std::string& output,
                  bool json) {
  const FittedEstimator fitted = load_estimator(path);
  if (inputs.size() != 1) {
    throw InvalidArgument(
        fmt::format("run: an estimator takes one input, (samples, features); got {}", inputs.size()));
  }
  const Tensor x = read_npy(name_and_file(inputs[0]).second);
  make_folder(output);
  std::vector<std::pair<std::string, Tensor>> outputs;
  with_data_of(inputs[0], [&] {
    outputs.emplace_back("predict", fitted.predictor->predict(x));
    const std::vector<float> shares =
        fitted.predictor->is_classifier() ? probabilities_of(*fitted.predictor, x) : std::vector<float>();
    if (!shares.empty())
      outputs.emplace_back(
          "predict_proba",
          Tensor::from(shares, {x.shape()[0], static_cast<int64_t>(fitted.predictor->classes().size())}));
  });
  write_outputs(output, outputs, json);
  return 0;
}

namespace {

void tell_parts(const classic::Estimator& estimator, const std::string& indent) {
  const Json params = estimator.params();
  for (const auto& [name, part] : estimator.parts()) {
    fmt::print("{}{}: {}\n", indent, printable(name), part->class_name());
    tell_parts(*part, indent + "  ");
  }
  if (!estimator.parts().empty()) return;
  std::string line;
  for (const auto& [name, value] : params.as_object())
    line += (line.empty() ? "" : ", ") + name + " = " + value.dump();
  if (!line.empty()) fmt::print("{}{}\n", indent, printable(line));
}

Json parts_json(const classic::Estimator& estimator) {
  Json parts = Json::list();
  for (const auto& [name, part] : estimator.parts()) {
    parts.push_back(Json::object({{"name", name},
                                  {"class", part->class_name()},
                                  {"params", part->params()},
                                  {"extent", part->extent()},
                                  {"steps", parts_json(*part)}}));
  }
  return parts;
}

}  // namespace

int summarize_estimator(const std::string& path, bool json) {
  const FittedEstimator fitted = load_estimator(path);
  const classic::Predictor& predictor = *fitted.predictor;
  const auto size = static_cast<int64_t>(std::filesystem::file_size(path));
  const auto classes = static_cast<int64_t>(predictor.classes().size());
  if (json) {
    print_json(Json::object({{"estimator", predictor.class_name()},
                             {"params", predictor.params()},
                             {"features", predictor.n_features_in()},
                             {"classes", classes},
                             {"extent", predictor.extent()},
                             {"steps", parts_json(predictor)},
                             {"bytes", size},
                             {"data", fitted.info.to_json()}}));
    return 0;
  }
  fmt::print("{}, fitted to {} features and {}\n", predictor.class_name(),
             fmt::group_digits(predictor.n_features_in()),
             predictor.is_classifier() ? fmt::format("{} classes", classes) : "values");
  tell_parts(predictor, " ");
  for (const auto& [name, value] : extent_rows(predictor)) fmt::print(" {}: {}\n", printable(name), value);
  fmt::print(" bytes of the file: {}\n{}", fmt::group_digits(size), known_data(fitted.info));
  return 0;
}

}  // namespace lamina::cli
