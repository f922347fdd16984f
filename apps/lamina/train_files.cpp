// Locks, refusals and attempts, all before the first step.
#include "train_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "run_folder.h"
#include "train_job.h"

namespace lamina::cli {
namespace {

constexpr char kReplaced[] = "; it would be replaced: choose another --out, or give --overwrite";
constexpr char kGoOn[] = "go on with it by --resume, choose another name, or replace it by --overwrite";

// Epochs in a history.csv; 0 when there is none.
int64_t epochs_in(const std::string& path) {
  if (!exists(path)) return 0;
  const std::string text = read_file(path);
  return std::count(text.begin(), text.end(), '\n') - 1;  // the first line names the columns
}

std::string epochs_text(int64_t count) { return count == 1 ? "one epoch" : fmt::format("{} epochs", count); }

}  // namespace

TrainFiles::TrainFiles(const std::string& out, bool overwrite)
    : TrainFiles(out, without_extension(out) + ".checkpoint.keras", overwrite) {}

TrainFiles::TrainFiles(const std::string& out, const std::string& checkpoint, bool overwrite)
    : out_(out),
      checkpoint_(checkpoint),
      overwrite_(overwrite),
      write_options_{.replace_protected = overwrite} {
  if (std::filesystem::path(out_).filename() == ".keras")
    throw FileError("cannot write '" + out_ + "': there is no name before .keras");
  if (link_target(out_) == link_target(checkpoint_)) {
    throw FileError("'" + out_ + "' and '" + checkpoint_ +
                    "', where the training state goes, are links to one file");
  }
  try_to_write(out_);
  try_to_write(checkpoint_);
  locks_.emplace_back(out_);
  locks_.emplace_back(checkpoint_);
}

void TrainFiles::try_to_write(const std::string& path) const {
  try {
    AtomicFile(path, write_options_);
  } catch (const FileError& error) {
    if (overwrite_) throw;
    try {
      AtomicFile(path, {.replace_protected = true});
    } catch (const FileError&) {
      throw error;
    }
    throw FileError(std::string(error.what()) + ", or replace it by --overwrite");
  }
}

void TrainFiles::refuse_to_lose_training() const {
  if (overwrite_ || !exists(checkpoint_)) return;
  std::optional<CheckpointInfo> old;
  int64_t epochs = 0, step = 0, wanted = 0;
  try {
    old = read_checkpoint_info(checkpoint_);
    if (!old) throw FileError("'" + checkpoint_ + "' is a model and not the state of a training");
    epochs = old->training.at("epoch").as_int();
    step = old->training.at("step").as_int();
    if (const Json* all = old->info.find("epochs")) wanted = all->as_int();
  } catch (const Error& error) {
    throw FileError(error.what() + std::string(kReplaced));
  }
  const bool amid = step > 0 || (epochs > 0 && epochs < wanted);
  if (epochs <= 1 && !amid) return;
  throw Error(fmt::format("'{}' belongs to a training of {}{}{} ({}), which a new one would replace: {}",
                          out_, epochs_text(epochs), step > 0 ? fmt::format(" and {} steps", step) : "",
                          amid ? ", not yet at its end" : "", checkpoint_, kGoOn));
}

void TrainFiles::refuse_to_lose_model(Likeness least) const {
  if (overwrite_ || !exists(out_)) return;
  if (!exists(checkpoint_)) {
    throw FileError("'" + out_ + "' is there already, without the state of its training (" + checkpoint_ +
                    ")" + kReplaced);
  }
  if (model_likeness(out_, checkpoint_) >= least) return;
  throw FileError("'" + out_ + "' is there already, and is not the model of the training in " + checkpoint_ +
                  kReplaced);
}

void TrainFiles::open_folder(const std::string& wanted, const std::string& name,
                             const TrainingSnapshot* resume) {
  folder_ = wanted.empty() && resume ? find_run_folder(checkpoint_) : "";
  if (folder_.empty()) folder_ = make_run_folder(wanted, name);
  locks_.emplace_back(folder_);
  const RunNote note = read_run_note(folder_);
  if (!note.problem.empty()) warn(note.problem + "; whose run '" + folder_ + "' is, is not known");
  const bool own = resume && note.checkpoint == checkpoint_name(checkpoint_, folder_);
  const int64_t epochs = own ? 0 : epochs_in(folder_ + "/history.csv");
  if (epochs > 1 + (resume ? resume->epoch() : 0) && !overwrite_) {
    throw Error(fmt::format("'{}/history.csv' is of a training of {}, which this one would replace: {}",
                            folder_, epochs_text(epochs), kGoOn));
  }
  for (const char* file : {"/history.csv", "/report.html", "/run.json"}) try_to_write(folder_ + file);
}

void TrainFiles::try_to_save(Model& model, const Json& info, const Shape& input) const {
  if (!model.built()) model.build(input);
  model.build_optimizer();  // its state is part of the size
  const size_t size = checkpoint_bytes(model, model.snapshot(), info).size();
  AtomicFile state(checkpoint_, write_options_);
  state.reserve(size);
  AtomicFile copy(out_, write_options_);
  if (!exists(checkpoint_)) copy.reserve(size);
}

}  // namespace lamina::cli
