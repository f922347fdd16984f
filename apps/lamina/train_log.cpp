// TrainLog: files and lines of a training run.
#include "train_log.h"

#include <fmt/format.h>

#include <chrono>

#include "cli.h"
#include "lamina/base/files.h"
#include "lamina/formats/checkpoint.h"

namespace lamina::cli {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

TrainLog::TrainLog(std::string checkpoint, std::string folder, bool json)
    : checkpoint_(std::move(checkpoint)), folder_(std::move(folder)), json_(json), counted_(now()) {}

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
  const auto values = logs.items();
  table_.add(epoch, values);
  write_file(folder_ + "/history.csv", table_.csv());
  save();
  if (!json_) return;
  Json line = Json::object({{"epoch", epoch + 1}, {"epochs", run().epochs}});
  for (const auto& [name, value] : values) line[name] = finite(value);
  line["seconds"] = now() - epoch_began_;
  print_json(line);
}

void TrainLog::save() {
  count_time();
  save_checkpoint(model(), model().snapshot(), Json::object({{"run_folder", folder_}}), checkpoint_);
}

double TrainLog::step_seconds() const {
  return steps_ > 1 ? step_seconds_ / static_cast<double>(steps_ - 1) : 0;
}

std::vector<NamedTensor> TrainLog::state() const {
  std::vector<NamedTensor> all{{"seconds", Tensor::from(std::vector<double>{seconds_}, Shape{1})}};
  int index = 0;
  for (const auto& column : table_.series()) {  // numbers keep the order whatever becomes of it on disk
    all.push_back({fmt::format("{:04}.{}", index++, column.name),
                   Tensor::from(column.values, Shape{static_cast<int64_t>(column.values.size())})});
  }
  return all;
}

void TrainLog::set_state(const std::vector<NamedTensor>& state) {
  std::vector<std::pair<std::string, const Tensor*>> columns;
  for (const NamedTensor& entry : state) {
    if (entry.name == "seconds") {
      seconds_ = entry.value.item<double>();
    } else if (entry.name.size() > 5) {
      columns.emplace_back(entry.name, &entry.value);
    }
  }
  std::sort(columns.begin(), columns.end());
  std::vector<TrainingReport::Series> series;
  for (const auto& [name, values] : columns) series.push_back({name.substr(5), values->to_vector<double>()});
  table_.restore(std::move(series));
}

}  // namespace lamina::cli
