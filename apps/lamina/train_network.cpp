// lamina train, for networks: a recipe from nothing, or a saved model a little further.
#include "train_network.h"

#include <fmt/format.h>

#include <algorithm>

#include "fingerprint.h"
#include "interrupt.h"
#include "lamina/base/error.h"
#include "lamina/data/feature_space.h"
#include "lamina/formats/keras/keras.h"
#include "lamina/nn/callbacks/early_stopping.h"
#include "lamina/nn/callbacks/progress_bar.h"
#include "lamina/nn/finite.h"
#include "lamina/zoo/recipes.h"
#include "metrics.h"
#include "run_folder.h"
#include "scope.h"
#include "train_files.h"
#include "train_folds.h"
#include "train_log.h"
#include "train_start.h"
#include "train_report.h"
#include "train_result.h"
#include "train_talk.h"

namespace lamina::cli {
namespace {

// A training that --stop-on-nan has ended leaves its last good model, as one that went on would, and fails.
int stopped(const History::BadLoss& where, TrainJob& job, const TrainLog& log, const TrainFiles& files) {
  const std::string what = describe(where) + "; ",
                    advice = ": try a lower learning rate, or look for such values in the data";
  if (!log.saved()) throw Error(what + "nothing was saved" + advice);
  save_keras(result_of(job.model, log, files, true).model, job.out, files.write_options());
  throw Error(what + log.checkpoint() + " holds the state before that" + advice);
}

// Of the held-out samples, or else of the last epoch, or of the last good one, number `kept`.
std::vector<std::pair<std::string, double>> final_metrics(Model& model, const TrainingData& data,
                                                          const History& log, std::optional<int> kept) {
  if (!data.held_out_name.empty()) {
    auto metrics =
        model.evaluate(data.held_out.all_x(), data.held_out.all_y(), {.batch_size = 256, .verbose = 0})
            .items();
    const auto beside = metrics_beside(model, data.held_out);
    metrics.insert(metrics.end(), beside.begin(), beside.end());
    return metrics;
  }
  std::vector<std::pair<std::string, double>> metrics;
  for (const std::string& name : log.names()) {
    if (name == "learning_rate" || name == "gradient_norm") continue;  // how it learned, not how well
    const std::vector<double>& values = log[name];
    const size_t count = kept ? std::min(values.size(), static_cast<size_t>(*kept)) : values.size();
    if (count > 0) metrics.emplace_back(name, values[count - 1]);
  }
  return metrics;
}

// Of one batch of such samples, of any size.
Shape batch_shape(const Tensor& x) {
  std::vector<int64_t> extents(x.shape().begin(), x.shape().end());
  extents.at(0) = -1;
  return Shape(extents);
}

}  // namespace

int train_network(const TrainOptions& options) {
  Talk talk{options.json ? stderr : stdout, options.quiet};
  TrainJob job = train_job(options);
  TrainFiles files(job.out, options.overwrite);
  const std::string& checkpoint = files.checkpoint();

  std::optional<Checkpoint> saved;
  if (options.resume && exists(checkpoint)) {
    saved = load_checkpoint(checkpoint);
    if (!saved->training) {
      throw FileError("'" + checkpoint +
                      "' holds a model but no state of its training: it cannot be resumed");
    }
  } else {
    files.refuse_to_lose_training();
    files.refuse_to_lose_model(Likeness::kSameWeights);
  }
  if (options.resume && !saved) {
    talk.say("There is no " + checkpoint + " yet: starting from the beginning.");
  }
  TrainingData data = load_training_data(options, job, saved ? saved->model.data_info() : DataInfo());
  if (const auto space = FeatureSpace::of(job.model.data_info())) talk.say(space->summary());
  const Json info =
      Json::object({{"fingerprint", fingerprint_of(options, job, data)}, {"epochs", job.epochs}});
  if (saved) {
    check_changes(*saved, checkpoint, info.at("fingerprint"), options, job, data);
    // What is there is of earlier epochs, and of those before a change.
    files.refuse_to_lose_model(options.allow_changes ? Likeness::kOther : Likeness::kSameLayers);
  }
  files.try_to_save(job.model, info, batch_shape(data.training.x));
  const TrainingSnapshot* resume = saved ? &*saved->training : nullptr;
  files.open_folder(options.run_dir, job.name, resume);
  if (resume) {
    talk.say(fmt::format("Going on after {} epochs and {} steps, from {}.", resume->epoch(), resume->step(),
                         checkpoint));
  }

  TrainLog log({.checkpoint = checkpoint,
                .folder = files.folder(),
                .info = info,
                .write_options = files.write_options(),
                .json = options.json,
                .only_good = options.stop_on_nan,
                .saved = resume != nullptr});
  ProgressBar bar({.stream = talk.stream, .verbose = options.quiet ? 0 : 1});
  FitOptions fit{.epochs = job.epochs,
                 .batch_size = job.batch_size,
                 .validation_split = options.validation_split,
                 .callbacks = {&bar},
                 .verbose = 0,
                 .seed = options.seed,
                 .on_nan = options.stop_on_nan ? OnNan::kStop : OnNan::kReport,
                 .log_gradient_norm = options.gradient_norm,
                 .resume = resume};
  if (options.validation_split == 0)
    fit.validation_data = data.stops.x.defined() ? data.stops : data.held_out;
  const int patience = job.recipe && data.stops.x.defined() ? job.recipe->patience : 0;
  EarlyStopping stopping({.patience = patience, .restore_best_weights = true});
  if (patience > 0) fit.callbacks.push_back(&stopping);
  fit.callbacks.push_back(&log);  // the last: a checkpoint holds the best weights so far

  History history;
  {
    Interrupt interrupt;
    fit.stop_flag = &interrupt.flag();
    if (!resume) prepare(options, job, data, talk, interrupt.flag());
    const auto run = [&] { return job.model.fit(data.training.all_x(), data.training.all_y(), fit); };
    // Of a resumed training the checkpoint may be at fault, too.
    history = with_data_of(resume ? checkpoint + "' or '" + job.data : job.data, run);
    if (history.interrupted) log.save();
  }
  log.count_time();
  if (history.bad_loss && options.stop_on_nan) return stopped(*history.bad_loss, job, log, files);
  if (history.bad_loss) tell(stderr, fmt::format("lamina: warning: {}\n", describe(*history.bad_loss)));
  if (history.interrupted) tell_interrupted(options, checkpoint, log.saved(), log.good());

  if (patience > 0) {
    talk.say(fmt::format(
        "Of {} epochs the weights after epoch {} are kept: the least loss on {} samples held back.",
        log.epochs().size(), stopping.best_epoch() + 1, data.stops.x.shape()[0]));
  }
  TrainResult result = result_of(job.model, log, files, false);
  Comparison comparison;
  if (job.recipe && job.recipe->finish)
    comparison = job.recipe->finish(result.model, data.raw, data.raw_held_out);
  if (!data.calibration.texts.empty()) job.recipe->calibrate(result.model, data.calibration);
  if (!job.recipe) renew_intervals(result.model, data);
  save_keras(result.model, job.out, files.write_options());
  std::vector<std::pair<std::string, double>> metrics = final_metrics(result.model, data, log, result.kept);
  if (judged_by_folds(job, data, options)) {
    Interrupt interrupt;  // the model is saved: what is interrupted is its judgement
    const auto folded = with_data_of(job.data, [&] { return fold_metrics(options, job, data, talk, interrupt.flag()); });
    if (!folded.empty()) {
      metrics = folded;
      data.held_out_name = folds_name(job);
    }
  }
  talk.say(fmt::format("{} {}", data.held_out_name.empty() ? "last epoch:" : data.held_out_name + ":",
                       metrics_line(metrics)));
  for (const auto& [name, value] : comparison)
    talk.say(fmt::format("  to compare: {} {}", name, format_metric(value)));
  if (!options.quiet) tell_notice(result.model);
  talk.say("Saved " + job.out + "; the training state is in " + checkpoint + ".");
  const std::string report =
      write_training_report(options, job, result.model, data, log, metrics, comparison, files);
  talk.say("Report: " + report);
  if (options.json) {
    Json last = Json::object({{"done", true},
                              {"model", job.out},
                              {"metrics", metrics_json(metrics)},
                              {"metrics_of", data.held_out_name.empty() ? "training" : data.held_out_name},
                              {"epochs", job.epochs},
                              {"seconds", log.seconds()},
                              {"report", report}});
    if (result.kept) last["kept_epoch"] = *result.kept;
    if (!comparison.empty()) last["compared_with"] = metrics_json(comparison);
    print_json(last);
  }
  std::fflush(stdout);
  forget_gone_reader(stdout);
  return 0;
}

}  // namespace lamina::cli
