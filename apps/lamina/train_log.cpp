// TrainLog: files and lines of a training run.
#include "train_log.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include "cli.h"
#include "lamina/base/files.h"
#include "lamina/formats/checkpoint.h"

namespace lamina::cli {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

TrainLog::TrainLog(TrainLogOptions options) : options_(std::move(options)), counted_(now()) {}

void TrainLog::count_time() {
  seconds_ += now() - counted_;
  counted_ = now();
}

void TrainLog::on_epoch_begin(int, const Logs&) { epoch_began_ = now(); }

void TrainLog::on_batch_begin(int64_t, const Logs&) { step_began_ = now(); }

void TrainLog::on_batch_end(int64_t, const Logs&) {
  if (steps_++ > 0) step_seconds_ += now() - step_began_;
}

void TrainLog::on_epoch_end(int epoch, const Logs& logs) {
  History::on_epoch_end(epoch, logs);
  const auto good = [&](const char* name) { return std::isfinite(logs.find(name).value_or(0)); };
  // The checkpoint comes first: whatever happens to the run folder, the epoch is not lost.
  if (!options_.only_good || (good("loss") && good("val_loss"))) save();
  write_file(options_.folder + "/history.csv", csv());
  if (!options_.json) return;
  Json line = Json::object({{"epoch", epoch + 1}, {"epochs", run().epochs}});
  for (const auto& [name, value] : logs.items()) line[name] = finite(value);
  line["seconds"] = now() - epoch_began_;
  print_json(line);
}

void TrainLog::save() {
  count_time();
  save_checkpoint(model(), model().snapshot(), Json::object({{"run_folder", options_.folder}}),
                  options_.checkpoint);
  options_.saved = true;
}

// "epoch,loss,accuracy\n0,0.51,0.82\n": logs in their order, numbers that read back as the same doubles.
std::string TrainLog::csv() const {
  std::string text = "epoch";
  for (const std::string& name : names()) text += "," + name;
  text += "\n";
  for (size_t row = 0; row < epochs().size(); ++row) {
    text += std::to_string(epochs()[row]);
    for (const std::string& name : names()) {
      const std::vector<double>& values = (*this)[name];
      text += "," + fmt::format("{}", row < values.size() ? values[row] : NAN);
    }
    text += "\n";
  }
  return text;
}

double TrainLog::step_seconds() const {
  return steps_ > 1 ? step_seconds_ / static_cast<double>(steps_ - 1) : 0;
}

std::vector<NamedTensor> TrainLog::state() const {
  std::vector<NamedTensor> all = History::state();
  all.push_back({"seconds", Tensor::from(std::vector<double>{seconds_}, Shape{1})});
  return all;
}

void TrainLog::set_state(const std::vector<NamedTensor>& state) {
  History::set_state(state);
  for (const NamedTensor& entry : state) {
    if (entry.name != "seconds") continue;
    const double then = entry.value.item<double>();
    if (then >= 0 && then < 1e12) seconds_ = then;  // a file may hold anything
  }
}

}  // namespace lamina::cli
