// What a Model holds. Internal header.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/detail/callback_list.h"
#include "lamina/nn/detail/layer_graph.h"
#include "lamina/nn/detail/layer_names.h"
#include "lamina/nn/detail/published.h"
#include "lamina/nn/detail/shared_use.h"
#include "lamina/nn/detail/trainer.h"
#include "lamina/nn/detail/usage.h"
#include "lamina/nn/model.h"

namespace lamina::detail {

/// Where a training stands, and what a snapshot of it needs beside the trainer's state.
struct Position {
  int epoch = 0;          ///< the next step's epoch,
  int64_t step = 0;       ///< and its place in that
  int pass = 0;           ///< the pass through the source that it belongs to,
  int64_t pass_step = 0;  ///< and its place in that: another one where steps_per_epoch cuts passes
  uint64_t seed = 0;
  Json identity = Json::object();  ///< of the source
  std::shared_ptr<History> history;
  CallbackList callbacks;                   ///< of the fit in progress, the history first
  std::vector<NamedTensor> callback_state;  ///< what they remembered when it ended
  LiveLogs logs;                            ///< of the epoch in progress
};

struct ModelImpl {
  enum class Kind { kSequential, kGraph, kSubclass };
  Kind kind = Kind::kSubclass;
  uint64_t seed = 0;
  int next_stream = 0;  ///< of weights' initial values

  std::vector<std::shared_ptr<Layer>>
      layers;  ///< of a Sequential in order, of a graph by depth; with InputLayers
  std::shared_ptr<const LayerGraph> graph;  ///< of a built Sequential, too
  std::vector<std::string> input_names, output_names;
  bool named_inputs = false, named_outputs = false;  ///< whether the constructor was given names
  bool built = false;
  bool steps_only = false;      ///< a subclass of built models that is trained but not called
  bool implicit_input = false;  ///< a Sequential that the first data built: its layers say what they take

  DataInfo data_info;
  std::optional<CompileOptions> options;
  /// What a file says of training that cannot be done here: kept to be written back, until compile.
  struct Unused {
    Json compile_config;
    std::vector<Tensor> optimizer_state;
    std::string reason;  ///< "unknown loss 'x'; unknown metric 'y'"
  };
  std::optional<Unused> unused;
  /// ": its file could not be used for training (...)", or nothing: for messages about a model that is not
  /// compiled.
  std::string why_not_compiled() const;
  std::shared_ptr<const std::map<const void*, bool>> trainable_layers;  ///< at compile
  Published<Trainer> trainer;
  int fits = 0;  ///< calls of fit so far, so that each shuffles differently
  Position position;
  Usage usage;
  int running = 0;                          ///< loops and steps that go on, each alone, one inside the other
  std::atomic<uint64_t> alone_at_claim{0};  ///< the last state of sharing at which no model shared a layer
  std::recursive_mutex making;       ///< over building and making the trainer, which predictions may do
  std::optional<Function> function;  ///< of weights and inputs, for calls through which gradients flow

  static std::shared_ptr<ModelImpl> make(Kind kind, const ModelOptions& options);

  // ---- Topology ----
  /// Adds layers to a Sequential; throws InvalidArgument for a second Input.
  void append(const Model& model, const std::vector<std::shared_ptr<Layer>>& more);
  /// Draws the graph of a Sequential for inputs of that shape.
  void draw_sequential(const Model& model, const Shape& input, DType dtype);
  /// Gives weights that belong to no model yet their first values.
  void adopt_weights(const Model& model);
  void require_built(const Model& model) const;
  /// While it lives, a loop or a step goes on.
  struct Running {
    explicit Running(ModelImpl& model) : impl(model) { ++impl.running; }
    ~Running() { --impl.running; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ModelImpl& impl;
  };
  /// Throws InvalidArgument while fit, evaluate or a step runs: a callback may ask the model, but not rebuild
  /// it under the loop. The caller is Alone.
  void require_idle(const Model& model, const char* action) const;

  // ---- Data ----
  /// Tensors in the order of the model's inputs (or as they are, for a subclass), computed, of the input's
  /// rank, building the model if need be. Throws InvalidArgument, naming the input, for what does not fit.
  Tensors arrange_inputs(Model& model, const Tensors& x);
  /// Whether arrange_inputs would give `x` back as it is: one computed tensor of the shape that the input
  /// says.
  bool takes_as_it_is(const Tensors& x) const;
  /// The same for targets and sample weights, without looking at shapes.
  Tensors arrange_targets(const Model& model, const Tensors& y, const char* what) const;
  Batch arrange(Model& model, const Batch& batch);

  /// Whether samples, targets and weights are as many, at least one; whether loss and metrics can compare
  /// them; and whether the loss can mean every target. Throws InvalidArgument, with `what` in front,
  /// otherwise.
  /// `batch_size`: of the steps that will see the data; 0 for all at once.
  void check_data(Model& model, const Batch& batch, const char* what, bool training, int64_t batch_size = 0);
  /// Outputs for no samples at all.
  Tensors predict_nothing(const Model& model, const Tensors& x) const;
  /// Outputs under their names; without them, for a subclass.
  Tensors name_outputs(std::vector<Tensor> outputs) const;

  /// The trainer, made anew where layers or options changed.
  Trainer& ensure_trainer(const Model& model);

  /// One pass over a source for loss and metrics.
  Logs run_test(Model& model, BatchSource& source, std::optional<int64_t> steps,
                const CallbackList& callbacks);

  /// Weights of layers that are trainable by `flags`, or now where those say nothing.
  static std::vector<WeightPtr> trainable_weights(const Layer& root,
                                                  const std::map<const void*, bool>* flags);
  /// The model's graph as a function of its weights, in their order, and its inputs.
  std::vector<Tensor> call(const Model& model, const std::vector<Tensor>& x);
  static ModelImpl& of(const Model& model) { return model.impl(); }
  static std::shared_ptr<ModelImpl> shared(const Model& model) { return model.impl_; }
};

/// A value as an input of a graph takes it: of the input's dtype, with or without a last axis of extent 1.
Tensor as_input(const Tensor& symbolic, const Tensor& value);

/// compile_config as Keras writes it.
Json compile_config(const Model& model);
/// Options from it, for a model of that many outputs (0: not known). `problems` gets what cannot be used.
CompileOptions compile_options_from(const Json& config, size_t outputs, std::vector<std::string>& problems);
/// While it lives, this thread writes models without compile_config.
class ArchitectureAlone {
 public:
  ArchitectureAlone();
  ~ArchitectureAlone();
  ArchitectureAlone(const ArchitectureAlone&) = delete;
  ArchitectureAlone& operator=(const ArchitectureAlone&) = delete;

 private:
  bool outer_;
};

/// compile_config of a model that is compiled, or that would be if all were known here; an empty object of
/// others.
Json any_compile_config(const Model& model);

/// A model of a graph whose outputs have names and keep the order in which they are given: Keras orders a dictionary of them by
/// name.
Model model_with_outputs(const Tensors& inputs, const std::vector<std::pair<std::string, Tensor>>& outputs,
                         const ModelOptions& options);

/// {"layers", "input_layers", "output_layers"} of a graph as Keras writes it; and "output_order" where outputs with names have
/// another order than that of the names, which Keras would give them.
Json graph_config(const ModelImpl& model);
/// The model of such a configuration, all layers made anew. Throws InvalidArgument for layers that are not known, for calls
/// that lead nowhere and for an order of other names than those of the outputs.
Model graph_from_config(const Json& config, const ModelOptions& options);
/// Unknown classes of a configuration, models inside included, all in one message; throws InvalidArgument for
/// any.
void require_known_layers(const Json& layers, const std::string& model);
/// A layer, operation or model of a configuration.
std::shared_ptr<Layer> layer_from_json(const Json& json);

}  // namespace lamina::detail
