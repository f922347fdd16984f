// Going through a source in epochs.
#include "lamina/nn/detail/epochs.h"

#include "lamina/base/log.h"

namespace lamina::detail {

void EpochIterator::begin(const Position& position) {
  const bool goes_on = begun_ && steps_ && position.pass == pass_ && position.pass_step == pass_step_;
  if (goes_on || ahead_) return;
  pass_ = position.pass;
  pass_step_ = position.pass_step;
  source_.begin(pass_, position.seed, pass_step_);
  begun_ = true;
}

void EpochIterator::restart(const Position& position) {
  begun_ = ahead_ = false;
  begin(position);
}

bool EpochIterator::fetch() {
  if (ahead_) return true;
  if (!source_.next(given_)) return false;
  if (!arranged_) {
    arranged_batch_ = ModelImpl::of(model_).arrange(model_, given_);
    ModelImpl::of(model_).check_data(model_, arranged_batch_, "fit", true);
  }
  ahead_ = true;
  return true;
}

const Batch* EpochIterator::peek() { return fetch() ? (arranged_ ? &given_ : &arranged_batch_) : nullptr; }

const Batch* EpochIterator::next(Position& position) {
  if (steps_ && position.step >= *steps_) return nullptr;
  if (!fetch()) {
    // The pass is over; the next epoch begins another.
    if (steps_ && position.step < *steps_) {
      if (position.step == 0 && pass_step_ > 0) {
        position.pass = pass_ + 1;
        position.pass_step = 0;
        begin(position);
        if (fetch()) return next(position);
      }
      warn("the source ran out of data: the epoch ends after " + std::to_string(position.step) + " of " +
           std::to_string(*steps_) + " steps; let it repeat, or ask for fewer steps_per_epoch");
    }
    position.pass = pass_ + 1;
    position.pass_step = 0;
    return nullptr;
  }
  ahead_ = false;
  position.pass_step = ++pass_step_;
  ++position.step;
  return arranged_ ? &given_ : &arranged_batch_;
}

}  // namespace lamina::detail
