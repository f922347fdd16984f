// What compiled steps of a pretrained model share: the model that asks. Internal header.
#pragma once

#include <utility>

#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina::detail {

/// Steps are functions of a model, but are kept with its state, which must not hold the model: while this
/// lives, `model` is the one that asks in this thread.
class AskingModel {
 public:
  explicit AskingModel(const PretrainedModel& model) : before_(std::exchange(now, &model)) {}
  ~AskingModel() { now = before_; }
  AskingModel(const AskingModel&) = delete;
  AskingModel& operator=(const AskingModel&) = delete;

  static const PretrainedModel& model() { return *now; }

 private:
  static thread_local const PretrainedModel* now;
  const PretrainedModel* before_;
};

}  // namespace lamina::detail
