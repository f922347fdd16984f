// lamina evaluate: loss and metrics of a model on labelled data.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "cli.h"
#include "data_arguments.h"
#include "dialogues.h"
#include "estimators.h"
#include "face_metrics.h"
#include "fine_tuning.h"
#include "lamina/base/log.h"
#include "lamina/base/terminal.h"
#include "lamina/chat/dialogue_tracker.h"
#include "lamina/chat/reply_generator.h"
#include "lamina/explain/run_report.h"
#include "lamina/nn/callbacks/progress_bar.h"
#include "lamina/nn/compile_for_evaluation.h"
#include "lamina/zoo/samples.h"
#include "metrics.h"
#include "model_folder.h"
#include "pages.h"
#include "replies.h"
#include "run_folder.h"
#include "scope.h"
#include "subgroups.h"
#include "train_detector.h"
#include "train_language.h"
#include "translation.h"
#include "unknown.h"

namespace lamina::cli {
namespace {

struct Options {
  std::string model, data;
  DataArguments arguments;
  int batch_size = 256;
  bool json = false, quiet = false, overwrite = false;
  std::string report, loss, metrics, classes, unknown, by;
  std::vector<std::string> words;
  Place place;
  Given given;
};

// Of folders of models, only what says where their texts are and how they are read is taken.
void take_only_texts(const Options& options, const std::string& who, std::vector<std::string> columns) {
  columns.insert(columns.end(), {"MODEL", "--data", "--device", "--threads", "--json", "--quiet"});
  take_only("evaluate: " + who, options.given, columns);
}

// What the model said of the samples, as a page.
void write_report(const Options& options, Model& model, const ModelSamples& samples,
                  const std::vector<std::pair<std::string, double>>& metrics,
                  const std::vector<classic::Subgroup>& subgroups) {
  RunDescription run;
  run.title = std::filesystem::path(options.model).stem().string();
  run.data = options.data;
  run.command = shell_line(options.words);
  run.date = today();
  run.held_out = samples;
  run.metrics = metrics;
  run.classes = model.data_info().class_names;
  TrainingReport report = run_report(model, run);
  if (!subgroups.empty()) report.sections.push_back({"By " + options.by, subgroup_rows(subgroups)});
  write_page(options.report, to_html(report), options.overwrite);
}

// Samples with an output that is no number.
int64_t nan_outputs(Model& model, const ModelSamples& samples) {
  std::vector<bool> bad(static_cast<size_t>(samples.x.shape()[0]));
  for (const Tensor& output : model.predict_outputs(samples.all_x(), {.batch_size = 256})) {
    const std::vector<float> values = output.to_vector<float>();
    const size_t width = values.size() / std::max<size_t>(bad.size(), 1);
    for (size_t i = 0; i < values.size(); ++i) {
      if (std::isnan(values[i])) bad[i / width] = true;
    }
  }
  return std::count(bad.begin(), bad.end(), true);
}

// JSON has no word for infinity, and null may be anything.
void tell_infinite(const std::vector<std::pair<std::string, double>>& metrics) {
  std::string list;
  for (const auto& [name, value] : metrics) {
    if (std::isinf(value)) list += (list.empty() ? "" : ", ") + name;
  }
  if (!list.empty())
    warn("infinite: " + list + ": an output, or how far it is from its target, is beyond float32");
}

// As predict says it, when all else is said.
void refuse_nans(int64_t nans, int64_t samples) {
  if (nans == 0) return;
  std::fflush(stdout);
  throw Error(
      fmt::format("{} of {} outputs are NaN, and metrics of them say nothing: look for such values in "
                  "the input and in the weights",
                  nans, samples));
}

// By what the user says, or else what the file says.
void compile_as_said(Model& model, const Options& options) {
  if (options.loss.empty()) compile_for_evaluation(model);
  if (options.loss.empty() && options.metrics.empty()) return;
  CompileOptions how;
  how.loss = options.loss.empty() ? model.compile_options().loss : PerOutput<Choice<Loss>>(Choice<Loss>(options.loss));
  MetricChoices::List metrics;
  for (const std::string& name : names_between_commas(options.metrics)) metrics.emplace_back(name);
  how.metrics = MetricChoices(metrics);
  model.compile(std::move(how));
}

int evaluate(const Options& options) {
  auto scope = enter(options.place);
  if (!options.report.empty()) refuse_to_lose_page(options.report, options.overwrite);
  if (const FineTuningTask* const task = task_of_folder(options.model)) {
    take_only_texts(options, "a model that was fine-tuned to " + task->name, task->columns);
    return evaluate_fine_tuning(*task, options.model, options.data, options.arguments, options.json);
  }
  refuse_options_of_checkpoints("evaluate", options.arguments);
  check_folder("evaluate", options.model, true);
  if (is_model_folder(options.model)) {
    const std::vector<std::string> columns{"--text-column", "--label-column"};
    if (ReplyGenerator::is_in(options.model)) {
      take_only_texts(options, "a model that writes replies", columns);
      return evaluate_replies(options.model, options.data, options.arguments, options.json);
    }
    if (translates(options.model)) {
      take_only_texts(options, "a model that translates", columns);
      return evaluate_translation(options.model, options.data, options.arguments, options.json);
    }
    take_only_texts(options, "a language model", {});
    return evaluate_language(options.model, options.data, options.json, options.quiet);
  }
  if (options.data.empty())
    throw UsageError("evaluate: --data is missing; only language models know which texts they are of");
  if (is_classic_file(options.model) && !options.by.empty())
    throw UsageError("evaluate: --by is of networks; a .classic file is no network");
  if (is_classic_file(options.model) && !(options.loss.empty() && options.metrics.empty()))
    throw UsageError("evaluate: --loss and --metrics are of networks; a .classic file is no network");
  if (is_classic_file(options.model))
    return evaluate_estimator(options.model, options.data, options.arguments, options.json,
                              {options.report, options.overwrite, options.words});
  Model model = load(options.model);
  if (vision::recognised_detector(model, "'" + options.model + "'")) {
    take_only("evaluate: a model that finds things in pictures", options.given,
              {"MODEL", "--data", "--classes", "--device", "--threads", "--json", "--quiet"});
    return evaluate_detector(model, options.model, options.data, options.classes, options.json, options.quiet);
  }
  if (!options.classes.empty()) throw UsageError("evaluate: --classes is of models that find things in pictures");
  if (DialogueTracker::is_in(model)) take_only_texts(options, "a tracker of dialogues", {});
  if (DialogueTracker::is_in(model)) return evaluate_dialogue(model, options.data, options.json);
  compile_as_said(model, options);
  tell_model(model, options.arguments);
  const SourceRange range = parse_source(options.data);
  std::vector<std::string> groups;
  const ModelSamples samples = with_data_of(range.source, [&] {
    LabelledData data = load_data(range.source, data_options(model_needs(model), options.arguments, "test"));
    data = range.given ? part_of(data, range) : unseen_part(model, data);
    settle_scale_of(model, data, options.arguments, range.source);
    if (!options.by.empty()) groups = groups_by(data, model.data_info().features, options.by);
    return model_samples(model, data);
  });
  ProgressBar bar({.stream = options.json ? stderr : stdout, .verbose = options.quiet ? 0 : 1});
  const Logs logs = with_data_of(range.source, [&] {
    return model.evaluate(samples.all_x(), samples.all_y(),
                          {.batch_size = options.batch_size, .callbacks = {&bar}, .verbose = 0});
  });
  auto metrics = logs.items();
  // An accuracy of such outputs looks like any other. They are looked for where the loss shows them.
  const bool suspect = std::any_of(metrics.begin(), metrics.end(),
                                   [](const auto& metric) { return std::isnan(metric.second); });
  const int64_t nans = suspect ? nan_outputs(model, samples) : 0;
  if (nans == 0) {
    const auto beside = metrics_beside(model, samples);
    metrics.insert(metrics.end(), beside.begin(), beside.end());
    const auto faces = face_metrics_of(model, range.source);
    metrics.insert(metrics.end(), faces.begin(), faces.end());
  }
  if (!options.unknown.empty() && nans == 0) {
    const auto unknown = unknown_metrics(model, samples, options.unknown, options.arguments);
    metrics.insert(metrics.end(), unknown.begin(), unknown.end());
  }
  std::vector<classic::Subgroup> subgroups;
  if (!groups.empty() && nans == 0) subgroups = subgroups_of(model, samples, groups);
  tell_infinite(metrics);
  if (!options.quiet) tell_notice(model);
  if (!options.report.empty() && nans == 0) write_report(options, model, samples, metrics, subgroups);
  if (options.json) {
    Json all = metrics_json(metrics);
    for (size_t i = 0; i < logs.size(); ++i) all[logs.name(i)] = log_json(logs, i);
    Json result = Json::object({{"metrics", all}, {"samples", samples.x.shape()[0]}});
    if (!subgroups.empty()) result["subgroups"] = subgroups_json(subgroups);
    if (nans > 0) result["nan_outputs"] = nans;
    if (!options.report.empty() && nans == 0) result["report"] = options.report;
    print_json(result);
    refuse_nans(nans, samples.x.shape()[0]);
    return 0;
  }
  std::string line;
  for (size_t i = 0; i < metrics.size(); ++i) {  // those of the logs come first
    line += fmt::format("{}: {} - ", printable(metrics[i].first),
                        i < logs.size() ? log_text(logs, i) : format_metric(metrics[i].second));
  }
  const int64_t count = samples.x.shape()[0];
  fmt::print("{}{} {}\n", line, count, count == 1 ? "sample" : "samples");
  for (const auto& [group, figures] : subgroup_rows(subgroups)) fmt::print("  {} = {}: {}\n", printable(options.by), printable(group), figures);
  if (!options.report.empty() && nans == 0) fmt::print("Report: {}\n", printable(options.report));
  refuse_nans(nans, samples.x.shape()[0]);
  return 0;
}

}  // namespace

void add_evaluate(CLI::App& app, Action& action, const std::vector<std::string>& words) {
  Command command(app, "evaluate", "Compute loss and metrics of a model on labelled data");
  auto options = std::make_shared<Options>();
  options->words = words;
  command.add(options->model,
              {.name = "MODEL",
               .help = "A compiled .keras file, another network (with --loss), a .classic file, or the folder of a language model",
               .required = true});
  command.add(options->data,
              {.name = "--data",
               .help = "Named set (its part test unless SET:train), folder of images, "
                       ".csv/.tsv/.parquet or .npz, or - for a table from standard input; "
                       "of language models a text, of those that translate pairs of texts (default: the "
                       "test part of their recipe's)",
               .type = "SRC"});
  command.add(options->batch_size, {.name = "--batch-size",
                                    .help = "Samples at a time",
                                    .type = "N",
                                    .least = 1,
                                    .most = 1 << 24,
                                    .show_default = true});
  command.add(options->loss,
              {.name = "--loss",
               .help = "Of networks: what to judge by, in place of what the file says; an ONNX file says nothing",
               .type = "NAME"});
  command.add(options->metrics,
              {.name = "--metrics", .help = "Of networks: metrics beside the loss, in place of the file's", .type = "A,B"});
  command.add(options->classes,
              {.name = "--classes",
               .help = "Of models that find things in pictures: which of their classes are which of the data, where names "
                       "differ: vehicle=car+bus,pedestrian=person",
               .type = "D=M+M,..."});
  command.add(options->unknown,
              {.name = "--unknown",
               .help = "Of classifiers: samples of no class that the model knows; prints how far it is less sure of them",
               .type = "SRC"});
  command.add(options->by,
              {.name = "--by",
               .help = "Of classifiers of two classes over a table: a column, by whose values the figures are given, too; "
                       "of more than ten numbers by quarters",
               .type = "COLUMN"});
  add_data_arguments(command, options->arguments);
  command.add(
      options->report,
      {.name = "--report",
       .help = "Write a page with confusion matrix, ROC, precision-recall and calibration curves, and "
               "the worst mistakes",
       .type = "FILE.html"});
  command.flag(options->overwrite, "--overwrite", "Replace what is at --report though it is no report");
  command.flag(options->quiet, "--quiet", "Print only the result, and warnings on standard error");
  add_place(command, options->place);
  add_json(command, options->json, "metrics, the number of samples and, where there are any, of NaN outputs");
  command.on_call([options, command, &action] {
    options->given = command.given();
    action = [options] { return evaluate(*options); };
  });
}

}  // namespace lamina::cli
