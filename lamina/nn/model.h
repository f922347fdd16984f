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
#include "lamina/nn/layer.h"
#include "lamina/nn/model_options.h"

namespace lamina {

namespace detail {
struct ModelImpl;
}

/// A model in Keras's words. Movable, not copyable. Several models may train in several threads; one model
/// belongs to one thread at a time.
class Model {
 public:
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  virtual ~Model();

  const std::string& name() const;
  /// The layers in order, without the InputLayer, as in Keras.
  std::span<const std::shared_ptr<Layer>> layers() const;
  /// The layer of that name; throws InvalidArgument, suggesting the nearest.
  Layer& layer(const std::string& name) const;

  /// Creates all weights for inputs of that shape, batch axis included (-1). Happens by itself where the
  /// model begins with Input, and else at the first data.
  void build(const Shape& input);
  bool built() const;
  /// Shapes with batch axis (-1); throw InvalidArgument before build.
  const Shape& input_shape() const;
  const Shape& output_shape() const;

  /// Weights layer by layer in Keras's order (model.weights).
  std::vector<WeightPtr> weights() const;
  /// trainable: those that training changes; else the others.
  std::vector<WeightPtr> weights(bool trainable) const;
  int64_t count_params() const;
  /// Copies of all weights, and their replacement in the same order. Throws InvalidArgument naming the first
  /// weight whose shape differs.
  std::vector<Tensor> get_weights() const;
  void set_weights(const std::vector<Tensor>& values);
  /// Says that weights were changed from outside (Weight::assign), so that prepared predictions start anew.
  void weights_changed();

  /// Chooses optimizer, loss and metrics. Throws InvalidArgument for unknown names.
  void compile(CompileOptions options);
  bool compiled() const;
  const CompileOptions& compile_options() const;

  /// Trains. `x`: samples along the first axis, of the dtype at hand (uint8 images are cast in the compiled
  /// step, never as a whole); `y`: as many targets. Throws InvalidArgument for data that do not fit the
  /// model.
  History fit(const Tensor& x, const Tensor& y, FitOptions options = {});
  /// Loss and metrics on these samples: {"loss", ..., "accuracy", ...}.
  Logs evaluate(const Tensor& x, const Tensor& y, const EvaluateOptions& options = {});
  /// Outputs for all samples, computed batch by batch.
  Tensor predict(const Tensor& x, const PredictOptions& options = {});
  /// Outputs for one batch, without the loop: the fastest way to ask for one sample.
  Tensor operator()(const Tensor& x);

  /// One training step on a batch, outside of fit; returns the logs of that batch alone
  /// (model.train_on_batch).
  Logs train_on_batch(const Tensor& x, const Tensor& y);

  /// Prints the table that Keras prints; summary_text gives it as text.
  void summary(const SummaryOptions& options = {}) const;
  std::string summary_text(const SummaryOptions& options = {}) const;

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
  void set_learning_rate(double value);

  /// Names of loss and metrics in logs: {"loss", "accuracy"}; empty before compile.
  std::vector<std::string> metric_names() const;
  /// Whether more is better for a log ("val_accuracy"); nothing when it is unknown.
  std::optional<bool> higher_is_better(const std::string& log) const;

  /// Keras's config.json: module, class_name, config, registered_name, build_config, compile_config.
  virtual Json serialize() const;
  /// The seed of initial weights and, by default, of shuffling and dropout.
  uint64_t seed() const;

  /// What the compiled training step cost and how it is laid out.
  Step::Statistics train_statistics() const;
  /// The optimised graph of the training step for such a batch, as text.
  std::string train_graph(const Tensor& x, const Tensor& y);

 protected:
  explicit Model(std::unique_ptr<detail::ModelImpl> impl);
  detail::ModelImpl& impl() { return *impl_; }
  const detail::ModelImpl& impl() const { return *impl_; }

 private:
  std::unique_ptr<detail::ModelImpl> impl_;
};

/// Options of Sequential.
struct SequentialOptions {
  std::string name = "sequential";
  std::optional<uint64_t> seed = {};  ///< of initial weights; absent: another each time
};

/// Layers in a row (Keras: keras.Sequential).
///
///   Sequential model({Input({28, 28, 1}), Conv2D(32, {3, 3}, {.activation = "relu"}), Flatten(),
///   Dense(10)});
class Sequential : public Model {
 public:
  Sequential(std::initializer_list<AnyLayer> layers = {}, SequentialOptions options = {});
  Sequential(const std::vector<AnyLayer>& layers, SequentialOptions options = {});

  /// Appends a layer. Throws InvalidArgument for a name that is taken, a second Input, or a layer that does
  /// not fit.
  void add(AnyLayer layer);
  /// Removes the last layer.
  void pop();

  /// From what serialize() and Keras write (config.json), compiled if it says so; weights are freshly
  /// initialised. Throws InvalidArgument for unknown classes (all in one message) and arguments that cannot
  /// be.
  static Sequential from_json(const Json& json, std::optional<uint64_t> seed = {});

 private:
  void build_if_possible();
};

/// A file format of models, by extension. Rooms above register theirs before main.
struct ModelFormat {
  std::string extension;  ///< ".keras"
  void (*save)(const Model& model, const std::string& path) = nullptr;
  Sequential (*load)(const std::string& path) = nullptr;
};
bool register_model_format(ModelFormat format);
/// The format of the path's extension; throws InvalidArgument, listing those known, when there is none.
const ModelFormat& find_model_format(const std::string& path);

/// The model in the file, in the format of its extension. Throws FileError for a file that is missing or
/// damaged and InvalidArgument for an unknown extension.
Sequential load_model(const std::string& path);

}  // namespace lamina
