// TrainLog: files and lines of a training run.
#include "train_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "cli.h"
#include "lamina/formats/checkpoint.h"
#include "lamina/nn/finite.h"
#include "metrics.h"
#include "run_folder.h"

namespace lamina::cli {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

TrainLog::TrainLog(TrainLogOptions options) : options_(std::move(options)), counted_(now()) {
  const RunNote note = read_run_note(options_.folder);
  if (saved() && note.checkpoint == checkpoint_name(options_.checkpoint, options_.folder)) {
    seconds_ = note.seconds;
  }
  count_time();  // from here on the folder is known to be of this training
}

void TrainLog::add_time() {
  seconds_ += now() - counted_;
  counted_ = now();
}

void TrainLog::on_train_begin(const Logs& logs) {
  History::on_train_begin(logs);
  began_finite_ = all_finite(model());
}

void TrainLog::on_epoch_begin(int, const Logs&) { epoch_began_ = now(); }

void TrainLog::on_batch_begin(int64_t, const Logs&) { step_began_ = now(); }

void TrainLog::on_batch_end(int64_t, const Logs&) {
  if (steps_++ > 0) step_seconds_ += now() - step_began_;
}

bool TrainLog::good() const { return !bad_epoch_ && (!began_finite_ || all_finite(model())); }

// Whether a log was a number in an earlier epoch and is none now. One that never was says nothing: a NaN
// among the samples to validate with must not bar all saving.
bool TrainLog::turned_bad(const Logs& logs, const char* name) const {
  const std::optional<double> value = logs.find(name);
  if (!value || std::isfinite(*value)) return false;
  const std::vector<double>& all = (*this)[name];
  return options_.only_good ||
         std::any_of(all.begin(), all.end(), [](double old) { return std::isfinite(old); });
}

void TrainLog::on_epoch_end(int epoch, const Logs& logs) {
  Logs all = logs;
  // A rate that stays is said once, in the report.
  if (model().compile_options().optimizer.get()->schedule())
    all.set("learning_rate", model().learning_rate());
  History::on_epoch_end(epoch, all);
  bad_epoch_ = turned_bad(logs, "loss") || turned_bad(logs, "val_loss");
  // The checkpoint comes first: whatever happens to the run folder, the epoch is not lost.
  if (good()) {
    write_checkpoint();
  } else if (!std::exchange(told_, true)) {
    tell(stderr,
         fmt::format("lamina: warning: after epoch {} the {} no numbers any more: {}\n", epoch + 1,
                     bad_epoch_ ? "losses are" : "weights are",
                     saved() ? options_.checkpoint + " stays as it was before" : "no state is saved"));
  }
  write_history();
  if (!options_.json) return;
  Json line = Json::object({{"epoch", epoch + 1}, {"epochs", run().epochs}});
  for (size_t i = 0; i < logs.size(); ++i) line[logs.name(i)] = log_json(logs, i);
  line["seconds"] = now() - epoch_began_;
  print_json(line);
}

void TrainLog::on_train_end(const Logs& logs) {
  History::on_train_end(logs);
  written_.wait();
}

void TrainLog::save() {
  if (good()) write_checkpoint();
  written_.wait();
}

void TrainLog::write_checkpoint() {
  // Whoever sees an epoch's line finds its state on the disk; only what takes long is written while the next one trains.
  constexpr size_t kLarge = size_t{32} << 20;
  written_.wait();  // one at a time: memory for one file
  std::string bytes = checkpoint_bytes(model(), model().snapshot(), options_.info);
  const bool waits = bytes.size() < kLarge || !saved();
  written_.write(options_.checkpoint, std::move(bytes), options_.write_options);
  if (waits) written_.wait();
  options_.saved = true;
  constexpr double kOften = 1;  // seconds: a small epoch takes less than a file
  add_time();
  if (seconds_ - noted_ >= kOften) count_time();
}

// The time goes into a file of its own: checkpoints of equal trainings are equal.
void TrainLog::count_time() {
  add_time();
  noted_ = seconds_;
  RunNote note;
  note.checkpoint = checkpoint_name(options_.checkpoint, options_.folder);
  note.seconds = seconds_;
  write_run_note(options_.folder, note, options_.write_options);
}

void TrainLog::write_history() const {
  write_file(options_.folder + "/history.csv", csv(), options_.write_options);
}

// "epoch,loss,accuracy\n0,0.51,0.82\n": logs in their order, numbers that read back as the same doubles. A log that
// is a row has a column for each place, "f1_score[0]".
std::string TrainLog::csv() const {
  const auto width = [&](const std::string& name) {
    size_t most = 0;
    for (const std::vector<double>& row : rows(name)) most = std::max(most, row.size());
    return most;
  };
  std::string text = "epoch";
  for (const std::string& name : names()) {
    if (rows(name).empty()) text += "," + name;
    for (size_t i = 0; i < width(name); ++i) text += fmt::format(",{}[{}]", name, i);
  }
  text += "\n";
  for (size_t row = 0; row < epochs().size(); ++row) {
    text += std::to_string(epochs()[row]);
    for (const std::string& name : names()) {
      const std::vector<double>& values = (*this)[name];
      if (rows(name).empty()) text += "," + fmt::format("{}", row < values.size() ? values[row] : NAN);
      for (size_t i = 0; i < width(name); ++i)
        text += fmt::format(",{}", i < rows(name)[row].size() ? rows(name)[row][i] : NAN);
    }
    text += "\n";
  }
  return text;
}

double TrainLog::step_seconds() const {
  return steps_ > 1 ? step_seconds_ / static_cast<double>(steps_ - 1) : 0;
}

void TrainLog::set_state(const std::vector<NamedTensor>& state) {
  History::set_state(state);
  // A kill between checkpoint and history has cost the last row, and left a temporary, which goes with this.
  write_history();
}

}  // namespace lamina::cli
