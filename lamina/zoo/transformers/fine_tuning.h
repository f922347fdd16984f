// What fine-tuning of imported checkpoints has in common, whatever the task.
#pragma once

#include <cstdint>

#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina {

/// Options of compile_for_fine_tuning.
struct FineTuningOptions {
  double learning_rate = 5e-5;  ///< the highest; narrow matrices alone (add_adapter) take ten times as much
  double warmup = 0.1;          ///< share of the steps in which it rises in a line from 0, 0 to less than 1
  double weight_decay = 0.01;   ///< of matrices and tables, not of biases and of what normalises
  double max_norm = 1;          ///< of all gradients together; larger ones are scaled down
};

/// Compiles the model with AdamW (betas 0.9 and 0.999, epsilon 1e-8), whose rate rises in a line and falls in
/// a line to 0 at the end of `steps` steps, as Transformers' Trainer does it by default. The loss is
/// language_loss, which counts what is labelled.
/// @param steps  of all epochs together. Throws InvalidArgument for less than 1, and for options that cannot
/// be.
void compile_for_fine_tuning(PretrainedModel& model, int64_t steps, const FineTuningOptions& options = {});

}  // namespace lamina
