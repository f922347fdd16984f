// Options of compile, fit, evaluate, predict and summary: aggregates, so that they read like keyword
// arguments.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/callbacks/callback.h"
#include "lamina/nn/losses/loss.h"
#include "lamina/nn/metrics/metric.h"
#include "lamina/nn/optimizers/optimizer.h"
#include "lamina/nn/snapshot.h"

namespace lamina {

/// Arguments of Model::compile, with Keras's defaults.
struct CompileOptions {
  Choice<Optimizer> optimizer = "rmsprop";   ///< an optimizer or its name
  Choice<Loss> loss = {};                    ///< a loss or its name; needed by fit and evaluate
  std::vector<Choice<Metric>> metrics = {};  ///< metrics or names; "accuracy" goes by loss and shapes
};

/// Samples with their targets.
struct Samples {
  Tensor x = {};
  Tensor y = {};
};

/// What fit does when the loss is NaN or infinite. It always records where in History::bad_loss.
enum class OnNan {
  kReport,  ///< goes on; prints one line to standard error unless verbose is 0
  kStop,    ///< ends training after the step, as if stop_training had been set
};

/// Arguments of Model::fit, with Keras's defaults.
struct FitOptions {
  int epochs = 1;       ///< number of the last epoch; not a count when initial_epoch > 0
  int batch_size = 32;  ///< samples of a step; the last of an epoch takes what is left
  bool shuffle = true;  ///< a new order each epoch, from seed and epoch alone
  /// Share of the samples, from the end and before shuffling, kept for validation.
  double validation_split = 0;
  Samples validation_data = {};   ///< takes precedence over validation_split
  int validation_batch_size = 0;  ///< 0: batch_size
  int validation_freq = 1;        ///< validate every so many epochs
  std::vector<AnyCallback> callbacks = {};
  int verbose = 1;  ///< 0 silent, 1 progress bar, 2 one line an epoch
  int initial_epoch = 0;
  std::optional<uint64_t> seed = {};  ///< of shuffling and dropout; absent: the model's own
  OnNan on_nan = OnNan::kReport;
  const TrainingSnapshot* resume = nullptr;  ///< go on from there; its data and options must be those of then
  const std::atomic<bool>* stop_flag = nullptr;  ///< looked at after each step; true ends the training there
};

/// Arguments of Model::evaluate.
struct EvaluateOptions {
  int batch_size = 32;
  std::vector<AnyCallback> callbacks = {};
  int verbose = 1;
};

/// Arguments of Model::predict.
struct PredictOptions {
  int batch_size = 32;
  std::vector<AnyCallback> callbacks = {};
};

/// How Model::summary draws.
struct SummaryOptions {
  int line_length = 0;  ///< columns; 0: 88, or the terminal's width - 4 where that is less
  bool ascii = false;   ///< plain ASCII in place of box-drawing characters
  bool show_trainable = false;
};

}  // namespace lamina
