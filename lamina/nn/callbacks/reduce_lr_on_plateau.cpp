// ReduceLROnPlateau.
#include "lamina/nn/callbacks/reduce_lr_on_plateau.h"

#include <algorithm>
#include <cstdio>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/nn/model.h"

namespace lamina {

ReduceLROnPlateau::ReduceLROnPlateau(ReduceLROnPlateauOptions options)
    : options_(std::move(options)), monitor_(options_.monitor, options_.mode, options_.min_delta) {
  if (!(options_.factor < 1)) {
    throw InvalidArgument("ReduceLROnPlateau: factor must be below 1, received " +
                          python_number(options_.factor));
  }
}

void ReduceLROnPlateau::on_train_begin(const Logs&) {
  wait_ = cooldown_left_ = 0;
  best_.reset();
}

void ReduceLROnPlateau::add_logs(int, Logs& logs) { logs.set("learning_rate", model().learning_rate()); }

void ReduceLROnPlateau::on_epoch_end(int epoch, const Logs& logs) {
  const std::optional<double> current = logs.find_number(options_.monitor, "ReduceLROnPlateau");
  if (!current) {
    warn("ReduceLROnPlateau watches '" + options_.monitor +
         "', which this training does not log; it logs: " + logs.names());
    return;
  }
  if (cooldown_left_ > 0) {
    --cooldown_left_;
    wait_ = 0;
  }
  if (monitor_.improved(*current, best_, model())) {
    best_ = *current;
    wait_ = 0;
  } else if (cooldown_left_ == 0 && ++wait_ >= options_.patience) {
    reduce(epoch);
  }
}

void ReduceLROnPlateau::reduce(int epoch) {
  const double before = model().learning_rate();
  if (!(before > static_cast<double>(static_cast<float>(options_.min_lr)))) return;
  const double rate = std::max(before * options_.factor, options_.min_lr);
  model().set_learning_rate(rate);
  if (options_.verbose > 0) {
    std::printf("\nEpoch %d: ReduceLROnPlateau reducing learning rate to %s.\n", epoch + 1,
                python_number(rate).c_str());
  }
  cooldown_left_ = options_.cooldown;
  wait_ = 0;
}

std::vector<NamedTensor> ReduceLROnPlateau::state() const {
  std::vector<NamedTensor> state = {{"counters", Tensor::from<int64_t>({wait_, cooldown_left_})}};
  if (best_) state.push_back({"best", Tensor::from<double>({*best_})});
  return state;
}

void ReduceLROnPlateau::set_state(const std::vector<NamedTensor>& state) {
  best_.reset();
  for (const NamedTensor& tensor : state) {
    if (tensor.name == "counters") {
      const std::vector<int64_t> counters = detail::callback_numbers(tensor, "ReduceLROnPlateau", 2);
      wait_ = static_cast<int>(counters[0]);
      cooldown_left_ = static_cast<int>(counters[1]);
    } else if (tensor.name == "best") {
      best_ = tensor.value.item<double>();
    }
  }
}

}  // namespace lamina
