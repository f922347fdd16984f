// Options of compile, fit, evaluate, predict and summary: aggregates, so that they read like keyword
// arguments.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lamina/core/tensors.h"
#include "lamina/nn/batch_source.h"
#include "lamina/nn/callbacks/callback.h"
#include "lamina/nn/losses/loss.h"
#include "lamina/nn/metrics/choices.h"
#include "lamina/nn/optimizers/optimizer.h"
#include "lamina/nn/per_output.h"
#include "lamina/nn/snapshot.h"

namespace lamina {

/// Arguments of Model::compile, with Keras's defaults.
struct CompileOptions {
  Choice<Optimizer> optimizer = "rmsprop";  ///< an optimizer or its name
  /// A loss, its name, or a function of (y_true, y_pred); for several outputs one for each. Needed by fit and
  /// evaluate, unless layers add losses.
  PerOutput<Choice<Loss>> loss = {};
  MetricChoices metrics = {};           ///< metrics, names or functions; "accuracy" goes by loss and shapes
  MetricChoices weighted_metrics = {};  ///< those that sample weights and class weights count for
  PerOutput<double> loss_weights = {};  ///< by which the losses of the outputs are multiplied; absent: 1
  /// Whether the optimizer of a model of the policy "mixed_float16" becomes a LossScaleOptimizer, so that
  /// small gradients do not vanish.
  bool auto_scale_loss = true;
};

/// Samples with their targets.
struct Samples {
  Tensor x = {};
  Tensor y = {};

  operator Batch() const;
};

/// What fit does when the loss is NaN or infinite. It always records where in History::bad_loss. On a device
/// that works by itself fit does not wait for the loss of each step: there it is seen at the first step after
/// which a callback looks at the logs, or at the end of the epoch.
enum class OnNan {
  kReport,  ///< goes on; says so once in the log unless verbose is 0
  kStop,    ///< ends training after the step, as if stop_training had been set
};

/// Arguments of Model::fit, with Keras's defaults.
struct FitOptions {
  int epochs = 1;       ///< number of the last epoch; not a count when initial_epoch > 0
  int batch_size = 32;  ///< samples of a step; the last of an epoch takes what is left. Not for a BatchSource
  bool shuffle = true;  ///< a new order each epoch, from seed and epoch alone. Not for a BatchSource
  /// Share of the samples, from the end and before shuffling, kept for validation. Not for a BatchSource
  double validation_split = 0;
  Batch validation_data = {};                    ///< takes precedence over validation_split
  BatchSource* validation_source = nullptr;      ///< takes precedence over both
  std::optional<int64_t> steps_per_epoch = {};   ///< absent: until the source ends
  std::optional<int64_t> validation_steps = {};  ///< absent: until the source ends
  int validation_batch_size = 0;                 ///< 0: batch_size
  int validation_freq = 1;                       ///< validate every so many epochs
  std::vector<AnyCallback> callbacks = {};
  int verbose = 1;  ///< 0 silent, 1 progress bar, 2 one line an epoch
  int initial_epoch = 0;
  Tensors sample_weight = {};  ///< (samples,) or (samples, time), for all outputs or one for each
  /// Weight of the samples of each class, for one output whose targets are class indices, 0 and 1, or
  /// one-hot.
  std::map<int64_t, double> class_weight = {};
  std::optional<uint64_t> seed = {};  ///< of shuffling and dropout; absent: the model's own
  OnNan on_nan = OnNan::kReport;
  /// Logs the norm of all gradients together, before clipping, as "gradient_norm" (of a named optimizer of a
  /// train_step as "NAME_gradient_norm"): the mean over the steps of an epoch. Costs a pass over them in
  /// each.
  bool log_gradient_norm = false;
  const TrainingSnapshot* resume = nullptr;  ///< go on from there; its data and options must be those of then
  const std::atomic<bool>* stop_flag = nullptr;  ///< looked at after each step; true ends the training there
};

/// Arguments of Model::evaluate.
struct EvaluateOptions {
  int batch_size = 32;
  std::vector<AnyCallback> callbacks = {};
  int verbose = 1;
  Tensors sample_weight = {};
  std::optional<int64_t> steps = {};  ///< absent: until the source ends
};

/// Arguments of Model::predict.
struct PredictOptions {
  int batch_size = 32;
  std::vector<AnyCallback> callbacks = {};
  std::optional<int64_t> steps = {};  ///< absent: until the source ends
};

/// Arguments of Model::train_on_batch and test_on_batch.
struct OnBatchOptions {
  Tensors sample_weight = {};
  std::map<int64_t, double> class_weight = {};
};

/// How Model::summary draws.
struct SummaryOptions {
  /// Columns of the terminal, 40 at least; 0: 88, or 108 with the column "Connected to", and 12 more for
  /// show_trainable, but not more than the terminal's width - 4.
  int line_length = 0;
  bool ascii = false;           ///< plain ASCII in place of box-drawing characters
  bool show_trainable = false;  ///< one more column: whether the layer is trainable now; - without weights
  bool expand_nested = false;   ///< shows the layers of models inside, too, indented under them
};

}  // namespace lamina
