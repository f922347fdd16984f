// Model: layers that are trained, evaluated, asked and saved together.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lamina/core/compile.h"
#include "lamina/nn/callbacks/history.h"
#include "lamina/nn/data_info.h"
#include "lamina/nn/layer.h"
#include "lamina/nn/lifetime.h"
#include "lamina/nn/model_options.h"
#include "lamina/nn/train_step.h"

namespace lamina {

namespace detail {
struct ModelImpl;
class WatchedHandle;
}  // namespace detail

/// Options of Model and Sequential.
struct ModelOptions {
  std::string name = {};  ///< absent: "sequential", "functional", or the class in snake case
  std::optional<uint64_t> seed =
      {};  ///< of initial weights, shuffling and dropout; absent: another each time
};

/// Options of Model::clone.
struct CloneOptions {
  /// Whether the copy gets the values of this model's weights; else new ones, as keras.models.clone_model.
  bool weights = true;
  std::optional<uint64_t> seed = {};  ///< of the copy; absent: another each time
};

/// Bytes that a model takes with batches of one size (Model::memory).
struct MemoryUse {
  int64_t batch_size = 0;
  int64_t weights = 0;    ///< all of them
  int64_t gradients = 0;  ///< of the trainable weights; they lie in `training`, which a plan may make smaller
  int64_t optimizer = 0;  ///< the optimizer's state; 0 where the model is not compiled
  /// Working memory of one step: activations, gradients, what kernels need; exact, from the plan of the
  /// step's program. 0 where the model is not compiled with a loss.
  int64_t training = 0;
  int64_t prediction = 0;  ///< working memory of a prediction: activations; exact
  int64_t batch = 0;       ///< one batch: inputs, and targets where the model is compiled

  /// Everything while it trains, or while it predicts: without the data set, the library and other batches
  /// that a Dataset keeps ready.
  int64_t while_training() const { return weights + optimizer + training + batch; }
  int64_t while_predicting() const { return weights + prediction + batch; }
};

/// A model in Keras's words, and a layer like any other: it can be called, nested in another model, and
/// shared. Like every layer it is a handle: copies are the same model.
///
/// Any number of threads may ask one model at once (predict, predict_on_batch, a call). What changes a model
/// (fit, evaluate, train_on_batch, set_weights, compile) wants it alone and throws InvalidArgument while
/// another thread uses it. A model that was moved from throws InvalidArgument.
///
/// Callbacks and steps may ask the model that they belong to, train it on a batch and set its weights. Where
/// one rebuilds it (compile, fit, add, pop), moves it, assigns to it or destroys it, what was going on throws
/// InvalidArgument; the model that was trained ends or lives on with its other handles.
///
/// Three ways to make one:
///   Sequential model({Input({28, 28, 1}), Flatten(), Dense(10)});     layers in a row
///   Model model({words}, {y});                                        a graph of layers between symbolic
///   tensors class Net : public Model { ... };                                 forward() or call() in C++,
///   with track()
class Model : public LayerOf<Model> {
 public:
  /// The graph between symbolic tensors, given by position or by name (Keras: keras.Model(inputs, outputs)).
  /// Weights that belong to no model yet get their first values from the model's seed. Throws InvalidArgument
  /// for a graph that is disconnected and for names that occur twice.
  Model(const Tensors& inputs, const Tensors& outputs, const ModelOptions& options = {});

  std::string class_name() const override;
  std::shared_ptr<Layer> share() const override;
  /// The layers in order: of a Sequential without the InputLayer, of a graph with it, as in Keras.
  std::span<const std::shared_ptr<Layer>> layers() const;
  /// The layer of that name; throws InvalidArgument, suggesting the nearest.
  Layer& layer(const std::string& name) const;
  /// The symbolic inputs and outputs (model.inputs, model.outputs), to make other models of. Throws
  /// InvalidArgument for a model without a graph: a subclass, or a Sequential that is not built.
  Tensors inputs() const;
  Tensors outputs() const;
  using Layer::outputs;
  /// The only symbolic input or output. Throws InvalidArgument when there are several.
  Tensor input() const;
  Tensor output() const;

  /// Creates all weights for inputs of that shape, batch axis included (-1). Happens by itself where the
  /// model begins with Input, and else at the first data.
  void build(const Shape& input);
  bool built() const;
  /// Shapes with batch axis (-1), of the first input and output; throw InvalidArgument before build.
  const Shape& input_shape() const;
  const Shape& output_shape() const;
  /// Names by which data and targets may be given: those of the inputs' and outputs' layers, or what the
  /// constructor was given.
  const std::vector<std::string>& input_names() const;
  const std::vector<std::string>& output_names() const;

  /// Of the model and of every layer in it, at any depth; layers that are set otherwise afterwards keep that.
  /// As in Keras, nothing of a model that is not trainable itself is trained by its own fit.
  void set_trainable(bool trainable) override;

  using Layer::weights;
  /// trainable: those that training changes; else the others.
  std::vector<WeightPtr> weights(bool trainable) const;
  /// Copies of all weights, and their replacement in the same order. Throws InvalidArgument naming the first
  /// weight whose shape differs.
  std::vector<Tensor> get_weights() const;
  void set_weights(const std::vector<Tensor>& values);
  /// The weight of that name: layers from the outside in, then the weight: "dense/kernel",
  /// "base/conv2d_1/kernel" of a model inside; Weight::path does as well where it is the only one. Throws
  /// InvalidArgument, suggesting the nearest.
  WeightPtr weight(const std::string& name) const;
  /// The names by which weight() finds weights(), in that order; with `trainable`, weights(trainable).
  std::vector<std::string> weight_names(std::optional<bool> trainable = {}) const;

  /// Another model of the same architecture that shares nothing with this one: what a C++ copy would be if
  /// models were not handles. Weights and DataInfo are copied, and which layers are trainable. Where this one
  /// is compiled, so is the copy, with the same options, as if compile were called now: its optimizer has no
  /// history. Layers are made anew from their configurations: throws InvalidArgument for a class of yours
  /// that register_layer does not know.
  Model clone(const CloneOptions& options = {}) const;

  /// What training and predicting take with batches of that size, before anything runs. It makes the
  /// optimizer's state and plans the programs, which fit then finds (seconds, for a very large network).
  /// Targets are taken to be as the loss wants them. Throws InvalidArgument for a batch size below 1, for a
  /// model that is not built, and where an extent of an input besides the batch is open: give samples then.
  MemoryUse memory(int64_t batch_size);
  /// The same for batches like that one; without `y`, of predictions alone.
  MemoryUse memory(const Tensors& x, const Tensors& y = {});

  /// Chooses optimizer, loss and metrics, and which layers are trainable from here on. Throws InvalidArgument
  /// for unknown names.
  void compile(CompileOptions options);
  bool compiled() const;
  const CompileOptions& compile_options() const;

  /// Trains. `x`: samples along the first axis, of the dtype at hand (uint8 images are cast in the compiled
  /// step, never as a whole); `y`: as many targets. For several inputs or outputs `{a, b}` or
  /// `{{"name", a}, ...}`. Throws InvalidArgument for data that do not fit the model.
  History fit(const Tensors& x, const Tensors& y, FitOptions options = {});
  /// Trains on batches from a source, a Dataset say, which may be a temporary:
  /// `model.fit(data.shuffle(1000).batch(32))`.
  History fit(BatchSource& source, FitOptions options = {});
  History fit(BatchSource&& source, FitOptions options = {}) { return fit(source, std::move(options)); }
  /// Loss and metrics on these samples: {"loss", ..., "accuracy", ...}.
  Logs evaluate(const Tensors& x, const Tensors& y, const EvaluateOptions& options = {});
  Logs evaluate(BatchSource& source, const EvaluateOptions& options = {});
  Logs evaluate(BatchSource&& source, const EvaluateOptions& options = {}) {
    return evaluate(source, options);
  }
  /// The output for all samples, computed batch by batch and joined along the first axis, as in Keras: an
  /// output without a row for each sample gives what one batch gives, one batch after the other. Throws
  /// InvalidArgument where the outputs of two batches do not fit together (predict_on_batch gives them one by
  /// one), and for a model of several outputs.
  Tensor predict(const Tensors& x, const PredictOptions& options = {});
  Tensor predict(BatchSource& source, const PredictOptions& options = {});
  Tensor predict(BatchSource&& source, const PredictOptions& options = {}) {
    return predict(source, options);
  }
  /// All outputs, under their names.
  Tensors predict_outputs(const Tensors& x, const PredictOptions& options = {});
  Tensors predict_outputs(BatchSource& source, const PredictOptions& options = {});
  Tensors predict_outputs(BatchSource&& source, const PredictOptions& options = {}) {
    return predict_outputs(source, options);
  }

  /// One training step on a batch, outside of fit; returns the logs of that batch alone
  /// (model.train_on_batch). test_on_batch gives the logs without training.
  Logs train_on_batch(const Tensors& x, const Tensors& y, const OnBatchOptions& options = {});
  Logs test_on_batch(const Tensors& x, const Tensors& y, const OnBatchOptions& options = {});
  /// The output for one batch, without the loop and without a history: the fastest way to ask for one sample.
  Tensor predict_on_batch(const Tensors& x);
  /// All outputs of one batch, under their names. The inputs are given to the model as they are: they need not have
  /// one first extent (a state beside the samples, a single number).
  Tensors outputs_on_batch(const Tensors& x);

  /// The model on tensors, like any layer. Values are computed by the prepared prediction; gradients flow
  /// through to inputs and weights alike. Within the call of another layer or a step the model becomes part
  /// of that. Symbolic tensors draw a graph.
  Tensor operator()(const Tensor& x, std::optional<bool> training = {}) const;
  using Layer::operator();
  /// The outputs as a function of the weights, which take the place of weights() in that order.
  std::vector<Tensor> call_with_weights(const std::vector<Tensor>& weights, const Tensors& x,
                                        bool training = false) const;
  /// The loss on a batch and its gradients by the weights that are trained, in their order and under their
  /// names, those of weight_names(true) since the last compile: `gradients["dense/kernel"]`. No step is
  /// taken.
  std::pair<Tensor, Tensors> value_and_grad(const Tensors& x, const Tensors& y, bool training = false);

  /// What one training step does: override it for training of your own (GANs, distillation, contrastive
  /// learning). It is traced into the compiled step. The default computes the loss of `step` and lets the
  /// optimizer reduce it.
  virtual void train_step(TrainStep& step);
  /// What one step of evaluate does. The default computes loss and metrics.
  virtual void test_step(TrainStep& step);

  /// Prints the table that Keras prints; summary_text gives it as text. A graph that is more than one row of
  /// layers has a column that says for each what it takes: layer[call][output].
  void summary(const SummaryOptions& options = {}) const;
  std::string summary_text(const SummaryOptions& options = {}) const;

  /// What the model knows of its data: names of classes and columns, scaling. It is saved with the model.
  const DataInfo& data_info() const;
  /// Throws InvalidArgument for names that are empty or occur twice.
  void set_data_info(DataInfo info);

  /// Writes the model in the format of the path's extension (".keras").
  void save(const std::string& path) const;

  /// Set by callbacks: training ends after the present step.
  bool stop_training = false;

  /// Whether the stop flag ended the last fit before its last step.
  bool interrupted() const;

  /// Where training stands, in full. Meaningful during fit (from a callback) and after it.
  TrainingSnapshot snapshot() const;
  /// Weights, optimizer, random key and position as they were; the model must have the same layers and be
  /// compiled the same way. Throws InvalidArgument naming the first tensor that is missing or does not fit.
  /// fit with `.resume` calls it.
  void restore(const TrainingSnapshot& snapshot);

  /// Optimizer state in Keras's order (iteration, learning_rate, slots); empty before compile. The slots
  /// exist once built: by the first training step or by build_optimizer.
  std::vector<WeightPtr> optimizer_variables() const;
  bool optimizer_built() const;
  void build_optimizer();
  double learning_rate() const;
  void set_learning_rate(double value);  ///< throws InvalidArgument when the optimizer follows a schedule

  /// Names of loss and metrics in logs: {"loss", "accuracy"}; empty before compile.
  std::vector<std::string> metric_names() const;
  /// Whether more is better for a log ("val_accuracy"); nothing when it is unknown.
  std::optional<bool> higher_is_better(const std::string& log) const;

  /// Keras's config.json: module, class_name, config, registered_name, build_config, compile_config.
  Json serialize() const override;
  std::string module() const override;
  /// From what serialize() and Keras write; weights are freshly initialised. `compile`: whether
  /// compile_config counts. Throws InvalidArgument for unknown classes (all in one message) and arguments
  /// that cannot be.
  static Model from_json(const Json& json, std::optional<uint64_t> seed = {}, bool compile = true);
  /// The seed of initial weights and, by default, of shuffling and dropout.
  uint64_t seed() const;

  /// What the compiled training step cost and how it is laid out.
  Step::Statistics train_statistics() const;
  /// Programs built so far for training, testing and predicting together.
  int programs_built() const;
  /// The optimised graph of the training step for such a batch, as text.
  std::string train_graph(const Tensors& x, const Tensors& y);

  // As a layer; graphs and prepared steps call them.
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;
  std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const override;
  DType input_dtype(DType given) const override { return given; }
  bool supports_masking() const override { return true; }
  std::vector<Tensor> compute_mask(const LayerCall& call, const std::vector<Tensor>& masks) const override;
  bool checks_by_running() const override { return true; }
  bool has_weights() const override { return true; }

 protected:
  /// For subclasses, which give call() or forward() and track() their layers. They take one input unless they
  /// override forward.
  explicit Model(const ModelOptions& options = {});
  explicit Model(std::shared_ptr<detail::ModelImpl> impl, const ModelOptions& options);
  void create_weights_for(const TensorSpecs& inputs) override;

  detail::ModelImpl& impl() const;

 private:
  friend struct detail::ModelImpl;
  friend class detail::WatchedHandle;

  std::shared_ptr<detail::ModelImpl> impl_;
  /// The object of the user's class that this handle stands for, where it came from a file.
  std::shared_ptr<Model> real_;
  detail::Lifetime lifetime_;
};

/// Layers in a row (Keras: keras.Sequential).
///
///   Sequential model({Input({28, 28, 1}), Conv2D(32, {3, 3}, {.activation = "relu"}), Flatten(),
///   Dense(10)});
class Sequential : public LayerOf<Sequential, Model> {
 public:
  Sequential(std::initializer_list<AnyLayer> layers = {}, const ModelOptions& options = {});
  Sequential(const std::vector<AnyLayer>& layers, const ModelOptions& options = {});

  /// Appends a layer. Throws InvalidArgument for a name that is taken, a second Input, or a layer that does
  /// not fit; the model is then as it was.
  void add(AnyLayer layer);
  /// Removes the last layer.
  void pop();

 private:
  void build_if_possible();
  void require_own(const char* action) const;
  void draw(const TensorSpec& input);
};

/// Options of load_model.
struct LoadOptions {
  bool compile = true;  ///< whether it is compiled as it was saved, if all that this needs is known here
};

/// A file format of models, by extension. Rooms above register theirs before main.
struct ModelFormat {
  std::string extension;  ///< ".keras"
  void (*save)(const Model& model, const std::string& path) = nullptr;
  Model (*load)(const std::string& path, const LoadOptions& options) = nullptr;
};
bool register_model_format(ModelFormat format);
/// The format of the path's extension; throws InvalidArgument, listing those known, when there is none.
const ModelFormat& find_model_format(const std::string& path);

/// The model in the file, in the format of its extension. Throws FileError for a file that is missing or
/// damaged and InvalidArgument for an unknown extension.
Model load_model(const std::string& path, const LoadOptions& options = {});

}  // namespace lamina
