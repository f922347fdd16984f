// Nothing is lost unasked: neither the folder, nor a training that is not at its end, nor the last good
// state.
#include "folder_training.h"

#include <fmt/format.h>

#include <utility>

#include "cli.h"
#include "fingerprint.h"
#include "interrupt.h"
#include "lamina/base/error.h"
#include "lamina/formats/checkpoint.h"
#include "lamina/nn/callbacks/progress_bar.h"
#include "lamina/nn/finite.h"

namespace lamina::cli {
namespace {

std::string made(const std::string& folder, bool resume, bool overwrite) {
  const std::string checkpoint = folder + ".checkpoint.keras";
  // A folder whose training is resumed is of that training, which the checkpoint proves.
  if (exists(folder + "/config.json") && !overwrite && !(resume && exists(checkpoint)))
    throw FileError("'" + folder + "' holds a model already: choose another --out, " +
                    (resume ? "" : "go on with its training by --resume, ") + "or replace it by --overwrite");
  make_folder(folder);
  return folder + "/model.safetensors";
}

}  // namespace

std::string out_folder(const TrainOptions& options, const std::string& otherwise) {
  std::string out = options.out.empty() ? otherwise : options.out;
  while (out.size() > 1 && out.back() == '/') out.pop_back();
  for (const char* ending : {".keras", ".classic"}) {
    if (out.ends_with(ending))
      throw UsageError("train: a language model is saved as a folder; --out must not end in " +
                       std::string(ending) + ", got '" + out + "'");
  }
  return out;
}

FolderTraining::FolderTraining(const TrainOptions& options, const std::string& name,
                               const std::string& folder)
    : options_(options),
      name_(name),
      folder_(folder),
      talk_{options.json ? stderr : stdout, options.quiet},
      files_(made(folder, options.resume, options.overwrite), folder + ".checkpoint.keras",
             options.overwrite) {}

void FolderTraining::open(const Json& fingerprint) {
  epochs_ = static_cast<int>(fingerprint.at("epochs").as_int());
  info_ = Json::object({{"fingerprint", fingerprint}, {"epochs", epochs_}});
  if (options_.resume && exists(files_.checkpoint())) {
    saved_ = load_training_state(files_.checkpoint());
    if (!saved_)
      throw FileError("'" + files_.checkpoint() + "' holds no state of a training: it cannot be resumed");
    changes_since(saved_->info, files_.checkpoint(), fingerprint, OtherWay::kAnotherOut);
  } else {
    files_.refuse_to_lose_training();
    if (options_.resume)
      talk_.say("There is no " + files_.checkpoint() + " yet: starting from the beginning.");
  }
  const TrainingSnapshot* const resume = saved_ ? &saved_->training : nullptr;
  files_.open_folder(options_.run_dir, name_, resume);
  if (resume)
    talk_.say(fmt::format("Going on after {} epochs and {} steps, from {}.", resume->epoch(), resume->step(),
                          files_.checkpoint()));
}

void FolderTraining::try_to_save(PretrainedModel& model, int64_t length) const {
  files_.try_to_save(model, info_, Shape({-1, length}));
}

void FolderTraining::fit(PretrainedModel& model, BatchSource& training, BatchSource* validation,
                         const std::string& best, std::vector<AnyCallback> more, const std::string& data) {
  const TrainingSnapshot* const resume = saved_ ? &saved_->training : nullptr;
  log_ = std::make_unique<TrainLog>(TrainLogOptions{.checkpoint = files_.checkpoint(),
                                                    .folder = files_.folder(),
                                                    .info = info_,
                                                    .write_options = files_.write_options(),
                                                    .json = options_.json,
                                                    .only_good = options_.stop_on_nan,
                                                    .saved = resume != nullptr});
  ProgressBar bar({.stream = talk_.stream, .verbose = options_.quiet ? 0 : 1});
  // It goes on to the end, and the best weights are kept.
  EarlyStopping stopping({.monitor = best,
                          .patience = epochs_,
                          .mode = best.ends_with("loss") ? "min" : "max",
                          .restore_best_weights = true});
  std::vector<AnyCallback> callbacks{&bar};
  callbacks.insert(callbacks.end(), more.begin(), more.end());
  const bool keeps_best = !best.empty() && validation;
  // Before the checkpoint is written, which holds the best weights so far.
  if (keeps_best) callbacks.emplace_back(&stopping);
  callbacks.emplace_back(log_.get());
  FitOptions fit{.epochs = epochs_,
                 .callbacks = std::move(callbacks),
                 .verbose = 0,
                 .seed = options_.seed,
                 .on_nan = options_.stop_on_nan ? OnNan::kStop : OnNan::kReport,
                 .log_gradient_norm = options_.gradient_norm,
                 .resume = resume};
  if (validation) fit.validation_source = validation;
  History history;
  {
    Interrupt interrupt;
    fit.stop_flag = &interrupt.flag();
    history = with_data_of(data, [&] { return model.fit(training, fit); });
    if (history.interrupted) log_->save();
  }
  log_->count_time();
  if (history.bad_loss) tell(stderr, fmt::format("lamina: warning: {}\n", describe(*history.bad_loss)));
  if (history.interrupted) tell_interrupted(options_, files_.checkpoint(), log_->saved(), log_->good());
  bad_loss_ = history.bad_loss;
  if (keeps_best) best_epoch_ = stopping.best_epoch() + 1;
  if (log_->good()) return;
  // A training that has gone wrong leaves its last good state.
  if (!log_->saved())
    throw Error(
        "no epoch ended with losses and weights that are numbers: nothing is saved; try a lower learning "
        "rate");
  model.restore(load_training_state(files_.checkpoint()).value().training);
  tell(stderr, "lamina: warning: the model is the last good one, of " + files_.checkpoint() + "\n");
}

void FolderTraining::refuse_bad_loss() const {
  if (bad_loss_ && options_.stop_on_nan)
    throw Error(describe(*bad_loss_) + "; " + folder_ + " holds the state before that");
}

void FolderTraining::finish(const Metrics& metrics, const std::string& metrics_of, const std::string& report,
                            const Json& more) const {
  talk_.say(
      fmt::format("{}: {}", metrics_of == "training" ? "last epoch" : metrics_of, metrics_line(metrics)));
  talk_.say("Saved " + folder_ + "; the training state is in " + files_.checkpoint() + ".");
  talk_.say("Report: " + report);
  if (options_.json) {
    Json last = Json::object({{"done", true},
                              {"model", folder_},
                              {"metrics", metrics_json(metrics)},
                              {"metrics_of", metrics_of},
                              {"epochs", epochs_},
                              {"seconds", log_->seconds()},
                              {"report", report}});
    for (const auto& [name, value] : more.as_object()) last[name] = value;
    print_json(last);
  }
  std::fflush(stdout);
  forget_gone_reader(stdout);
}

}  // namespace lamina::cli
