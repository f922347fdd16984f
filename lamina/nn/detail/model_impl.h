// What a Model holds. Internal header.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/detail/trainer.h"
#include "lamina/nn/model.h"

namespace lamina::detail {

/// Where a training stands, and what a snapshot of it needs beside the trainer's state.
struct Position {
  int epoch = 0;     ///< the next step's epoch,
  int64_t step = 0;  ///< and its place in that
  uint64_t seed = 0;
  int64_t samples = 0;
  int64_t batch_size = 0;
  bool shuffle = true;
  std::shared_ptr<History> history;
  std::vector<AnyCallback> callbacks;       ///< of the fit in progress, the history first
  std::vector<NamedTensor> callback_state;  ///< what they remembered when it ended
};

/// What callbacks remember, named "callbacks/CLASS/INDEX/NAME".
std::vector<NamedTensor> callback_state(const std::vector<AnyCallback>& callbacks);

/// `callbacks` with a ProgressBar in front, unless `verbose` is 0 or there is one among them.
std::vector<AnyCallback> with_progress_bar(const std::vector<AnyCallback>& callbacks, int verbose);

struct ModelImpl {
  std::string name;
  uint64_t seed = 0;
  std::vector<std::shared_ptr<Layer>> layers;  ///< with the InputLayer, if there is one
  std::map<std::string, int> names_given;      ///< how often each automatic name was

  bool built = false;
  int next_stream = 0;  ///< of weights' initial values
  Shape input_shape, output_shape;

  std::optional<CompileOptions> options;
  std::unique_ptr<Trainer> trainer;
  int fits = 0;  ///< calls of fit so far, so that each shuffles differently
  Position position;

  /// Adds a layer under a name that is free; throws InvalidArgument otherwise.
  void append(std::shared_ptr<Layer> layer);
  void build(const Shape& input);
  void require_built() const;
  /// Throws InvalidArgument while fit runs: a callback may ask the model, but not rebuild it under the loop.
  void require_idle(const char* action) const;
  /// The trainer, made anew where layers or options changed.
  Trainer& ensure_trainer();

  /// Data as the model takes it: on the host, computed, of a shape that fits, building the model if need be.
  /// Samples without the channel axis of extent 1 get it, as in Keras. Throws InvalidArgument otherwise.
  Tensor checked_input(const Tensor& x);
  /// Throws InvalidArgument unless y has as many samples as x, at least one.
  void check_targets(const Tensor& x, const Tensor& y) const;
  /// checked_input, check_targets, and the trainer ready for both.
  Tensor prepare(const Tensor& x, const Tensor& y);

  /// One pass over the samples from `begin` on for loss and metrics, which are left in the trainer's
  /// test_logs.
  void run_test(const Tensor& x, const Tensor& y, int64_t begin, int batch_size,
                const std::vector<AnyCallback>& callbacks);
};

/// compile_config as Keras writes it, and options from it.
Json compile_config(const ModelImpl& model);
CompileOptions compile_options_from(const Json& config);

}  // namespace lamina::detail
