// From a training to its page and its note.
#include "train_report.h"

#include <fmt/format.h>

#include "cli.h"
#include "lamina/base/utf8.h"
#include "lamina/explain/forecast_plots.h"
#include "lamina/explain/run_report.h"
#include "lamina/nn/validation_split.h"
#include "lamina/series/series_info.h"
#include "metrics.h"
#include "run_folder.h"

namespace lamina::cli {
namespace {

const char* task_of(const Model& model) {
  if (SeriesInfo::of(model.data_info())) return "forecasts";
  return output_kind(model) != OutputKind::kValues ? "classification" : "values";
}

}  // namespace

RunDescription description_of(const std::string& title, const std::string& data, const TrainOptions& options,
                              const TrainLog& log) {
  RunDescription run;
  run.title = title;
  run.data = data;
  run.command = shell_line(options.words);
  run.date = today();
  for (const std::string& name : log.names()) run.history.push_back({name, log[name]});
  run.epochs = static_cast<int>(log.epochs().size());
  run.seconds = log.seconds();
  return run;
}

Json table_of(const TrainingReport& report, const Model& model) {
  Json table = Json::object();
  for (const auto& [name, value] : report.sections.at(0).rows) table[name] = valid_utf8(value);
  table["parameters"] = std::to_string(model.count_params());
  return table;
}

Json about(const std::string& name, const std::string& task, const Json& table, const RunDescription& run) {
  return Json::object({{"name", name},
                       {"task", task},
                       {"options", table},
                       {"metrics", metrics_json(run.metrics)},
                       {"metrics_of", run.held_out_name.empty() ? "training" : run.held_out_name}});
}

std::string write_page(const TrainingReport& report, const Json& about, const TrainLog& log,
                       const TrainFiles& files) {
  const std::string path = files.folder() + "/report.html";
  write_file(path, to_html(report), files.write_options());
  write_run_note(files.folder(), {checkpoint_name(files.checkpoint(), files.folder()), log.seconds(), about},
                 files.write_options());
  return path;
}

std::string write_training_report(const TrainOptions& options, const TrainJob& job, Model& model,
                                  const TrainingData& data, const TrainLog& log,
                                  const std::vector<std::pair<std::string, double>>& metrics,
                                  const Comparison& comparison, const TrainFiles& files) {
  RunDescription run = description_of(job.name, job.data, options, log);
  if (!log.contains("learning_rate")) {
    const std::vector<double> rates(log.epochs().size(), model.learning_rate());
    run.history.push_back({"learning_rate", rates});
  }
  run.batch_size = job.batch_size;
  run.step_seconds = log.step_seconds();
  const int64_t samples = data.training.x.shape()[0];
  run.train_samples = training_samples(samples, options.validation_split);
  run.validation_samples = samples - run.train_samples;
  run.configuration = {{"epochs", std::to_string(job.epochs)},
                       {"batch size", std::to_string(job.batch_size)},
                       {"seed", std::to_string(options.seed)}};
  if (options.validation_split > 0)
    run.configuration.emplace_back("validation split", fmt::format("{:g}", options.validation_split));
  run.held_out = data.held_out;
  run.held_out_name = data.held_out_name;
  run.metrics = metrics;
  run.classes = data.classes;
  run.compared_with = comparison;
  if (data.raw_held_out.x.defined()) run.plots = forecast_plots(model, data.raw_held_out);
  const TrainingReport report = run_report(model, run);
  Json note = about(job.name, task_of(model), table_of(report, model), run);
  note["learning_rate"] = finite(model.learning_rate());
  return write_page(report, note, log, files);
}

}  // namespace lamina::cli
