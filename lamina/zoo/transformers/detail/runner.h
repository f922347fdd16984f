// Runner: a model's compute() as a compiled step. Internal header.
#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "lamina/core/compile.h"
#include "lamina/nn/detail/stored_weights.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina::detail {

/// Shared by all threads that ask one model.
class Runner {
 public:
  /// @param watched  what is given beside the outputs: names of CallContext::watch
  Runner(const PretrainedModel& model, const StepWeights::Stored& stored, std::vector<std::string> watched);
  /// @param inputs  in the order of takes(), computed; an undefined one is left out
  std::vector<std::pair<std::string, Tensor>> operator()(const PretrainedModel& model,
                                                         const std::vector<Tensor>& inputs);

 private:
  StepWeights weights_;
  std::vector<std::string> watched_;
  std::mutex naming_;
  std::vector<std::string> reported_;  // names, as a trace has them: the same in all
  Step step_;
};

}  // namespace lamina::detail
