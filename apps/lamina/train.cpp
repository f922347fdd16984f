// lamina train: a recipe from nothing, or a saved model a little further.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "cli.h"
#include "interrupt.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/explain/run_report.h"
#include "lamina/formats/checkpoint.h"
#include "lamina/nn/callbacks/progress_bar.h"
#include "lamina/zoo/recipes.h"
#include "lamina/zoo/samples.h"
#include "lamina/zoo/tutorial_models.h"
#include "run_folder.h"
#include "train_log.h"

namespace lamina::cli {
namespace {

struct Options {
  std::string what, data, validation_data, label_column, out, run_dir;
  std::optional<int> epochs, batch_size;
  int64_t limit_samples = 0;
  uint64_t seed = 0;
  double validation_split = 0;
  bool resume = false, json = false, quiet = false, stop_on_nan = false;
  Place place;
  std::vector<std::string> words;  // the command line, for the line that resumes
};

std::string without_extension(const std::string& path) {
  return path.ends_with(".keras") ? path.substr(0, path.size() - 6) : path;
}

// What a run needs to know: from a recipe or from a model file.
struct Job {
  std::string name;  // "fashion-mnist", or the file's name
  std::string data;
  std::string out;  // unless the user says otherwise
  int epochs = 1, batch_size = 32;
  Sequential model;
};

Job job_of(const Options& options) {
  if (const Recipe* found = find_recipe(options.what)) {
    return {found->name,
            options.data.empty() ? found->data : options.data,
            found->file,
            options.epochs.value_or(found->epochs),
            options.batch_size.value_or(found->batch_size),
            tutorial_model(found->network).build(options.seed)};
  }
  if (!options.what.ends_with(".keras") && !exists(options.what)) {
    recipe(options.what);  // throws, suggesting the nearest
  }
  if (options.data.empty()) throw UsageError("train: a model file needs --data; see 'lamina train --help'");
  Sequential model = load(options.what);
  if (!model.compiled()) {
    throw InvalidArgument(
        "'" + options.what +
        "' was saved without optimizer and loss: it cannot be trained from the command line");
  }
  std::string name = without_extension(options.what);
  name = name.substr(name.rfind('/') + 1);
  return {name,
          options.data,
          name + "-tuned.keras",
          options.epochs.value_or(1),
          options.batch_size.value_or(32),
          std::move(model)};
}

// What a person reads, unless they asked for silence.
struct Talk {
  std::FILE* stream;
  bool quiet;
  void say(const std::string& text) const {
    if (quiet) return;
    fmt::print(stream, "{}\n", text);
    std::fflush(stream);
  }
};

struct TrainingData {
  Samples training, held_out;
  std::string held_out_name;  // "test"; "" when nothing is held out
  std::vector<std::string> classes;
};

LabelledData load_limited(const std::string& source, const Options& options) {
  LabelledData data = load_data(source, {.label_column = options.label_column});
  const int64_t limit = options.limit_samples;
  return limit > 0 ? part_of(data, 0, std::min(limit, data.x.shape()[0])) : data;
}

// Named sets, and folders with the files of one, have a part "test".
bool has_test_part(const std::string& source) {
  const std::vector<std::string> named = named_data_sets();
  return std::find(named.begin(), named.end(), source) != named.end() ||
         std::filesystem::is_directory(source);
}

TrainingData load_training_data(const Options& options, const Job& job) {
  TrainingData data;
  {
    const LabelledData loaded = load_limited(job.data, options);
    data.classes = loaded.class_names;
    data.training = model_samples(job.model, loaded);
  }
  if (!options.validation_data.empty()) {
    data.held_out = model_samples(job.model, load_limited(options.validation_data, options));
    data.held_out_name = "validation";
  } else if (has_test_part(job.data)) {
    data.held_out = model_samples(job.model, load_limited(job.data + ":test", options));
    data.held_out_name = "test";
  }
  return data;
}

// A resumed run goes on in its old folder, if that is still there.
std::string run_folder_of(const Options& options, const Job& job, const std::optional<Checkpoint>& saved) {
  if (options.run_dir.empty() && saved) {
    const Json* old = saved->info.find("run_folder");
    if (old && old->is_string() && exists(old->as_string())) return old->as_string();
  }
  return make_run_folder(options.run_dir, job.name);
}

void report_bad_loss(const History::BadLoss& where, bool stop) {
  const std::string what =
      fmt::format("the loss is not a number since step {} of epoch {}", where.step + 1, where.epoch + 1);
  if (stop)
    throw Error(what + "; nothing was saved: try a lower learning rate, or look for such values in the data");
  fmt::print(stderr, "lamina: warning: {}\n", what);
}

int interrupted(const Options& options, const std::string& checkpoint) {
  std::vector<std::string> words = options.words;
  if (std::find(words.begin(), words.end(), "--resume") == words.end()) words.push_back("--resume");
  const std::string command = shell_line(words);
  if (options.json) {
    print_json(Json::object(
        {{"done", false}, {"interrupted", true}, {"checkpoint", checkpoint}, {"resume", command}}));
  }
  fmt::print(stderr, "Saved {}. Go on with:\n  {}\n", checkpoint, command);
  throw Error("interrupted before the last step; the training can be resumed");
}

// Of the held-out samples, or else of the last epoch.
std::vector<std::pair<std::string, double>> final_metrics(Model& model, const TrainingData& data,
                                                          const EpochTable& table) {
  if (!data.held_out_name.empty()) {
    return model.evaluate(data.held_out.x, data.held_out.y, {.batch_size = 256, .verbose = 0}).items();
  }
  std::vector<std::pair<std::string, double>> metrics;
  for (const auto& series : table.series()) metrics.emplace_back(series.name, series.values.back());
  return metrics;
}

std::string write_report(const Options& options, Job& job, const TrainingData& data, const TrainLog& log,
                         const std::vector<std::pair<std::string, double>>& metrics,
                         const std::string& folder) {
  RunDescription run;
  run.title = job.name;
  run.data = job.data;
  run.command = shell_line(options.words);
  run.date = today();
  run.history = log.table().series();
  run.epochs = job.epochs;
  run.batch_size = job.batch_size;
  run.seconds = log.seconds();
  run.step_seconds = log.step_seconds();
  run.train_samples = data.training.x.shape()[0];
  run.configuration = {{"epochs", std::to_string(job.epochs)},
                       {"batch size", std::to_string(job.batch_size)},
                       {"seed", std::to_string(options.seed)}};
  if (options.validation_split > 0)
    run.configuration.emplace_back("validation split", fmt::format("{:g}", options.validation_split));
  run.held_out = data.held_out;
  run.held_out_name = data.held_out_name;
  run.metrics = metrics;
  run.classes = data.classes;
  const std::string path = folder + "/report.html";
  write_file(path, to_html(run_report(job.model, run)));
  return path;
}

int train(const Options& options) {
  auto scope = enter(options.place);
  Talk talk{options.json ? stderr : stdout, options.quiet};
  Job job = job_of(options);
  const std::string out = options.out.empty() ? job.out : options.out;
  if (!out.ends_with(".keras")) throw UsageError("train: --out must end in .keras; got '" + out + "'");
  const std::string checkpoint = without_extension(out) + ".checkpoint.keras";
  AtomicFile{out};  // throws now, and not after the training, when the file cannot be written

  std::optional<Checkpoint> saved;
  if (options.resume && exists(checkpoint)) {
    saved = load_checkpoint(checkpoint);
    if (!saved->training) {
      throw FileError("'" + checkpoint +
                      "' holds a model but no state of its training: it cannot be resumed");
    }
  } else if (options.resume) {
    talk.say("There is no " + checkpoint + " yet: starting from the beginning.");
  }
  const TrainingData data = load_training_data(options, job);
  const std::string folder = run_folder_of(options, job, saved);
  const TrainingSnapshot* resume = saved ? &*saved->training : nullptr;
  if (resume) {
    talk.say(fmt::format("Going on after {} epochs and {} steps, from {}.", resume->epoch(), resume->step(),
                         checkpoint));
  }

  TrainLog log(checkpoint, folder, options.json);
  ProgressBar bar({.stream = talk.stream, .verbose = options.quiet ? 0 : 1});
  FitOptions fit{.epochs = job.epochs,
                 .batch_size = job.batch_size,
                 .validation_split = options.validation_split,
                 .callbacks = {&bar, &log},
                 .verbose = 0,
                 .seed = options.seed,
                 .on_nan = options.stop_on_nan ? OnNan::kStop : OnNan::kReport,
                 .resume = resume};
  if (options.validation_split == 0) fit.validation_data = data.held_out;

  History history;
  {
    Interrupt interrupt;
    fit.stop_flag = &interrupt.flag();
    history = job.model.fit(data.training.x, data.training.y, fit);
    if (history.interrupted) log.save();
  }
  log.count_time();
  if (history.bad_loss) report_bad_loss(*history.bad_loss, options.stop_on_nan);
  if (history.interrupted) return interrupted(options, checkpoint);

  job.model.save(out);
  std::vector<std::pair<std::string, double>> metrics = final_metrics(job.model, data, log.table());
  std::string line;
  for (const auto& [name, value] : metrics)
    line += (line.empty() ? "" : " - ") + name + ": " + format_metric(value);
  talk.say(fmt::format("{} {}", data.held_out_name.empty() ? "last epoch:" : data.held_out_name + ":", line));
  talk.say("Saved " + out + "; the training state is in " + checkpoint + ".");
  const std::string report = write_report(options, job, data, log, metrics, folder);
  talk.say("Report: " + report);
  if (options.json) {
    Json values = Json::object();
    for (const auto& [name, value] : metrics) values[name] = finite(value);
    print_json(Json::object({{"done", true},
                             {"model", out},
                             {"metrics", values},
                             {"metrics_of", data.held_out_name.empty() ? "training" : data.held_out_name},
                             {"epochs", job.epochs},
                             {"seconds", log.seconds()},
                             {"report", report}}));
  }
  return 0;
}

}  // namespace

void add_train(CLI::App& app, Action& action, const std::vector<std::string>& words) {
  std::string known;
  for (const Recipe& recipe : recipes()) known += "\n  " + recipe.name + ": " + recipe.description;
  Command command(app, "train", "Train a recipe, or a saved model on data of yours");
  command.footer(
      "Recipes:" + known +
      "\n\nCtrl-C finishes the step and saves; the same command with --resume goes on bit for bit.");
  auto options = std::make_shared<Options>();
  options->words = words;
  command.add(options->what, {.name = "RECIPE",
                              .help = "A recipe (see below), or a compiled .keras file",
                              .type = "RECIPE|MODEL",
                              .required = true});
  command.add(options->data, {.name = "--data",
                              .help = "Named set, folder, .csv/.tsv or .npz (default: the recipe's)",
                              .type = "SRC"});
  command.add(options->validation_data,
              {.name = "--validation-data",
               .help = "Samples to validate with (default: the part test of a named set)",
               .type = "SRC"});
  command.add(options->label_column, {.name = "--label-column",
                                      .help = "Column of a table that holds the target (default: the last)",
                                      .type = "NAME"});
  command.add(
      options->epochs,
      {.name = "--epochs", .help = "Times to go through the data", .type = "N", .least = 1, .most = 1000000});
  command.add(
      options->batch_size,
      {.name = "--batch-size", .help = "Samples of a step", .type = "N", .least = 1, .most = 1 << 24});
  command.add(options->seed, {.name = "--seed",
                              .help = "Of initial weights, shuffling and dropout",
                              .type = "N",
                              .least = 0,
                              .show_default = true});
  command.add(options->validation_split, {.name = "--validation-split",
                                          .help = "Share of the samples, from the end, to validate with",
                                          .type = "X",
                                          .least = 0,
                                          .most = 0.99});
  command.add(options->limit_samples,
              {.name = "--limit-samples", .help = "Take only so many samples", .type = "N", .least = 1});
  command.add(options->out,
              {.name = "--out",
               .help = "Where to save the model (default: the recipe's file, or MODEL-tuned.keras)",
               .type = "FILE.keras"});
  command.add(options->run_dir,
              {.name = "--run-dir",
               .help = "Folder for history.csv and report.html (default: runs/RECIPE-DATE-N)",
               .type = "DIR"});
  command.flag(options->resume, "--resume", "Go on from the checkpoint beside --out");
  command.flag(options->stop_on_nan, "--stop-on-nan", "End when the loss is no number any more");
  command.flag(options->quiet, "--quiet", "Print nothing but errors");
  add_place(command, options->place);
  add_json(command, options->json, "one object an epoch and a last one");
  command.on_call([options, &action] { action = [options] { return train(*options); }; });
}

}  // namespace lamina::cli
