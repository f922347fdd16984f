// TrainStep: what one step of training or testing is made of.
#pragma once

#include <string>
#include <vector>

#include "lamina/nn/call_context.h"
#include "lamina/nn/model_options.h"

namespace lamina {

class Layer;
class Model;

namespace detail {
class StepTrace;
}

/// Given to Model::train_step and test_step while the step is traced: tensors are those of the trace, weights
/// stand for their values at the start of the step, and what is logged, minimised and assigned becomes part
/// of the compiled step.
///
///   void train_step(TrainStep& step) override {
///     const Tensor y_pred = step.call(*student_, step.x()[0]);
///     const Tensor loss = mean(square(y_pred - step.call(teacher_, step.x()[0])));
///     step.minimize(loss);
///     step.log("loss", loss);
///   }
class TrainStep {
 public:
  explicit TrainStep(detail::StepTrace& trace) : trace_(trace) {}
  TrainStep(const TrainStep&) = delete;
  TrainStep& operator=(const TrainStep&) = delete;

  /// The batch. Inputs are in the model's order; a subclass of Model gets them as they were given.
  const Tensors& x() const;
  const Tensors& y() const;
  const Tensors& sample_weight() const;
  /// Samples of the batch.
  int64_t batch_size() const;
  /// Whether this pass trains.
  bool training() const;
  /// What layers see; value() of a weight shows what minimize has done so far.
  CallContext& context();

  /// The model's outputs for the batch.
  std::vector<Tensor> forward();
  /// A layer, or a model inside this one, on a tensor of the trace. One that this model did not track takes
  /// part with its weights of the time, as a teacher does; minimize refuses to change them.
  Tensor call(const Layer& layer, const Tensor& x);

  /// The loss that compile chose for these outputs, with regularizers, losses that layers added, and sample
  /// weights. Logs it as "loss", and the losses of single outputs where there are several.
  Tensor compute_loss(const std::vector<Tensor>& y_pred);
  /// Updates and logs the metrics that compile chose.
  void update_metrics(const std::vector<Tensor>& y_pred);

  /// One update of `weights` (absent: all that are trainable) by the model's optimizer, down the gradient of
  /// the scalar `loss`. Call it once for each key; another optimizer, under a name of its own, keeps slots of
  /// its own. Throws InvalidArgument for weights that the model does not have.
  void minimize(const Tensor& loss);
  void minimize(const Tensor& loss, const std::vector<WeightPtr>& weights);
  void minimize(const Tensor& loss, const std::vector<WeightPtr>& weights, const std::string& name,
                const Choice<Optimizer>& optimizer);
  /// The gradients of the scalar `loss` by the weights that are trained, under the names that
  /// Model::weight_names(true) gives them: `gradients["dense/kernel"]`. To look at, or to change before
  /// apply_gradients.
  Tensors gradients(const Tensor& loss) const;
  /// The same for gradients at hand: of the weights that are trained, in the order of gradients(), or of
  /// `weights`.
  void apply_gradients(const Tensors& gradients);
  void apply_gradients(const std::vector<Tensor>& gradients, const std::vector<WeightPtr>& weights);

  /// Logs the mean of a scalar over the batches of an epoch, weighted by their sizes.
  void log(const std::string& name, const Tensor& value);
  /// The same, weighted by `count`, a scalar: how many tokens of the batch count, say.
  void log(const std::string& name, const Tensor& value, const Tensor& count);

 private:
  detail::StepTrace& trace_;
};

}  // namespace lamina
