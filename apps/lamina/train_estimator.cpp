// lamina train, for estimators: read, fit, judge, save, report.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "cli.h"
#include "estimators.h"
#include "lamina/base/error.h"
#include "lamina/base/file_lock.h"
#include "lamina/base/terminal.h"
#include "lamina/base/utf8.h"
#include "lamina/data/read_lines.h"
#include "run_folder.h"

namespace lamina::cli {
namespace {

std::vector<std::string> stop_words_of(const EstimatorRecipe& recipe, const TrainOptions& options) {
  if (options.stop_words.empty()) return {};
  if (recipe.needs.samples != SampleKind::kTexts)
    throw UsageError("train: --stop-words is of the recipe imdb-forest");
  if (exists(options.stop_words)) return read_lines(options.stop_words);
  if (options.stop_words == "english")
    throw UsageError(
        "--stop-words: scikit-learn's list \"english\" is not built in; give a,b,c or a file with one word "
        "a line");
  return names_between_commas(options.stop_words);
}

// What is learned, and what judges it.
struct Parts {
  LabelledData training;
  Samples judged;
  std::string name;  // "validation"; "" where the samples that were learned judge
};

RunDescription description_of(const EstimatorRecipe& recipe, const TrainOptions& options, const Parts& parts,
                              const Metrics& metrics, double seconds) {
  RunDescription run;
  run.title = recipe.name;
  run.data = options.data;
  run.command = shell_line(options.words);
  run.date = today();
  run.seconds = seconds;
  run.train_samples = parts.training.samples();
  run.configuration = {{"seed", std::to_string(options.seed)}};
  if (options.validation_split > 0)
    run.configuration.emplace_back("validation split", fmt::format("{:g}", options.validation_split));
  run.held_out = {parts.judged.x, parts.judged.y};
  run.held_out_name = parts.name.empty() ? "training" : parts.name;
  run.metrics = metrics;
  return run;
}

RunNote note_of(const FittedEstimator& fitted, const RunDescription& run, const TrainingReport& report) {
  Json options = Json::object();
  for (const auto& [name, value] : report.sections.at(0).rows) options[name] = valid_utf8(value);
  return {"", run.seconds,
          Json::object({{"name", run.title},
                        {"task", fitted.predictor->is_classifier() ? "classification" : "values"},
                        {"options", options},
                        {"metrics", metrics_json(run.metrics)},
                        {"metrics_of", run.held_out_name}})};
}

}  // namespace

int train_estimator(const EstimatorRecipe& recipe, const TrainOptions& options) {
  refuse_scale(options.arguments);
  if (options.data.empty())
    throw UsageError("train: the recipe '" + recipe.name +
                     "' has no data of its own: name them (--data); see 'lamina train --help'");
  if (!options.validation_data.empty() && options.validation_split > 0)
    throw UsageError("train: --validation-data and --validation-split exclude each other");
  const std::string out = options.out.empty() ? recipe.file : options.out;
  if (!out.ends_with(".classic")) throw UsageError("train: --out must end in .classic; got '" + out + "'");
  if (exists(out) && !options.overwrite)
    throw FileError("'" + out + "' is there already: give another --out, or --overwrite to replace it");
  const WriteOptions how_to_write{.replace_protected = options.overwrite};
  AtomicFile(out, how_to_write);  // refused now rather than when all is done
  const FileLock lock(out);

  const std::vector<std::string> stop_words = stop_words_of(recipe, options);
  DataNeeds needs = recipe.needs;
  tell_info(needs.known, needs, options.arguments);
  needs.learned_from = true;
  tell_task(needs, options);
  Parts parts;
  parts.training = load_limited(options.data, data_options(needs, options.arguments, "train"), options);
  LabelledData held_out;
  if (options.validation_split > 0) {
    const int64_t samples = parts.training.samples();
    const auto kept = samples - static_cast<int64_t>(options.validation_split * static_cast<double>(samples));
    warn_of_lost_classes(parts.training, 0, kept, "the samples before --validation-split");
    held_out = part_of(parts.training, kept, samples - kept);
    parts.training = part_of(parts.training, 0, kept);
  }
  const auto begin = std::chrono::steady_clock::now();
  FittedEstimator fitted = with_data_of(options.data, [&] {
    const std::string learner = options.model.empty() ? EstimatorRun().learner : options.model;
    return recipe.fit(parts.training, {options.seed, learner, features_of(options), stop_words});
  });
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  learn_data_info(fitted.info, parts.training);
  tell_info(fitted.info, estimator_needs(fitted), options.arguments);

  if (!options.validation_data.empty())
    held_out = load_for(fitted, options.validation_data, options.arguments, true);
  const bool judged = held_out.y.defined() && held_out.samples() > 0;
  Metrics metrics;
  with_data_of(judged && !options.validation_data.empty() ? options.validation_data : options.data, [&] {
    const LabelledData& data = judged ? held_out : parts.training;
    parts.judged = {estimator_input(fitted, data), estimator_targets(fitted, data)};
    metrics = estimator_metrics(*fitted.predictor, parts.judged.x, parts.judged.y);
  });
  if (judged) parts.name = "validation";
  const std::string folder = make_run_folder(options.run_dir, recipe.name);
  const FileLock folder_lock(folder);
  if (exists(folder + "/history.csv") && !options.overwrite)
    throw FileError("'" + folder +
                    "' belongs to a training of a network, which this one would replace: "
                    "choose another --run-dir, or give --overwrite");
  const std::string page = folder + "/report.html";
  save_classic(*fitted.predictor, out, fitted.info, how_to_write);
  const RunDescription run = description_of(recipe, options, parts, metrics, seconds);
  const TrainingReport report = run_report(fitted, run);
  write_file(page, to_html(report), how_to_write);
  write_run_note(folder, note_of(fitted, run, report), how_to_write);

  if (options.json) {
    print_json(Json::object({{"done", true},
                             {"model", out},
                             {"metrics", metrics_json(metrics)},
                             {"metrics_of", run.held_out_name},
                             {"seconds", seconds},
                             {"report", page}}));
  } else if (!options.quiet) {
    if (const auto space = FeatureSpace::of(fitted.info)) fmt::print("{}\n", space->summary());
    fmt::print("{}: {} - fitted to {} samples in {:.2f} s\n", run.held_out_name, metrics_line(metrics),
               parts.training.samples(), seconds);
    if (!judged)
      fmt::print(
          "These samples were learned: --validation-data or --validation-split says how good it is.\n");
    fmt::print("Saved {}.\nReport: {}\n", printable(out), printable(page));
  }
  return 0;
}

}  // namespace lamina::cli
