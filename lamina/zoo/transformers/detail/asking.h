// What compiled steps of a pretrained model share: the model that asks, and its weights. Internal header.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "lamina/nn/call_context.h"
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

/// f(context, the tensors behind the weights) with the weights bound to those of `given` from `first` on.
auto with_weights(const std::vector<WeightPtr>& weights, const std::vector<Tensor>& given, size_t first,
                  auto&& f) {
  CallContext context(false);
  for (size_t i = 0; i < weights.size(); ++i) context.bind(*weights[i], given[first + i]);
  return f(context, std::span(given).subspan(first + weights.size()));
}

}  // namespace lamina::detail
