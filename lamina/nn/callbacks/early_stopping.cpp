// EarlyStopping.
#include "lamina/nn/callbacks/early_stopping.h"

#include <cstdio>

#include "lamina/base/log.h"
#include "lamina/nn/model.h"

namespace lamina {

EarlyStopping::EarlyStopping(EarlyStoppingOptions options)
    : options_(std::move(options)), monitor_(options_.monitor, options_.mode, options_.min_delta) {}

void EarlyStopping::on_train_begin(const Logs&) {
  wait_ = stopped_epoch_ = best_epoch_ = 0;
  best_.reset();
  best_weights_.clear();
}

void EarlyStopping::on_epoch_end(int epoch, const Logs& logs) {
  const std::optional<double> current = logs.find_number(options_.monitor, "EarlyStopping");
  if (!current) {
    warn("EarlyStopping watches '" + options_.monitor +
         "', which this training does not log; it logs: " + logs.names());
    return;
  }
  if (epoch < options_.start_from_epoch) return;
  const auto keep = [&] {
    best_epoch_ = epoch;
    if (options_.restore_best_weights) best_weights_ = model().get_weights();
  };
  if (options_.restore_best_weights && best_weights_.empty()) keep();
  ++wait_;
  if (monitor_.improved(*current, best_, model())) {
    best_ = *current;
    keep();
    if (!options_.baseline || monitor_.improved(*current, options_.baseline, model())) wait_ = 0;
    return;
  }
  if (wait_ >= options_.patience && epoch > 0) {
    stopped_epoch_ = epoch;
    model().stop_training = true;
  }
}

void EarlyStopping::on_train_end(const Logs&) {
  if (stopped_epoch_ > 0 && options_.verbose > 0)
    std::printf("Epoch %d: early stopping\n", stopped_epoch_ + 1);
  // A training that will be resumed goes on from its last weights.
  if (best_weights_.empty() || model().interrupted()) return;
  if (options_.verbose > 0) {
    std::printf("Restoring model weights from the end of the best epoch: %d.\n", best_epoch_ + 1);
  }
  model().set_weights(best_weights_);
}

std::vector<NamedTensor> EarlyStopping::state() const {
  std::vector<NamedTensor> state = {
      {"counters", Tensor::from<int64_t>({wait_, stopped_epoch_, best_epoch_})}};
  if (best_) state.push_back({"best", Tensor::from<double>({*best_})});
  for (size_t i = 0; i < best_weights_.size(); ++i) {
    state.push_back({"best_weights/" + std::to_string(i), best_weights_[i]});
  }
  return state;
}

void EarlyStopping::set_state(const std::vector<NamedTensor>& state) {
  best_weights_.clear();
  for (const NamedTensor& tensor : state) {
    if (tensor.name == "counters") {
      const std::vector<int64_t> counters = detail::callback_numbers(tensor, "EarlyStopping", 3);
      wait_ = static_cast<int>(counters[0]);
      stopped_epoch_ = static_cast<int>(counters[1]);
      best_epoch_ = static_cast<int>(counters[2]);
    } else if (tensor.name == "best") {
      best_ = tensor.value.item<double>();
    } else {
      best_weights_.push_back(tensor.value);
    }
  }
}

}  // namespace lamina
