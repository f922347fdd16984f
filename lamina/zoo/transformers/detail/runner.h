// Runner: a model's compute() as a compiled step. Internal header.
#pragma once

#include <vector>

#include "lamina/core/compile.h"
#include "lamina/nn/detail/stored_weights.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina::detail {

/// Shared by all threads that ask one model.
class Runner {
 public:
  Runner(const PretrainedModel& model, const StepWeights::Stored& stored);
  /// @param inputs  in the order of takes(), computed; an undefined one is left out
  std::vector<Tensor> operator()(const PretrainedModel& model, const std::vector<Tensor>& inputs);

 private:
  StepWeights weights_;
  Step step_;
};

}  // namespace lamina::detail
