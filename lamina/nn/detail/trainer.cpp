// The pure functions of training, testing and predicting, and the state they run on.
#include "lamina/nn/detail/trainer.h"

#include <algorithm>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/nn/detail/batches.h"
#include "lamina/nn/detail/storage.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"

namespace lamina::detail {

void LiveLogs::reset(std::vector<std::shared_ptr<const Metric>> metrics, std::vector<std::string> names) {
  metrics_ = std::move(metrics);
  names_ = std::move(names);
  state = {own_zeros({DType::kFloat32, {}}), own_zeros({DType::kFloat32, {}})};
  offsets_.clear();
  for (const auto& metric : metrics_) {
    offsets_.push_back(state.size());
    for (const Metric::Variable& variable : metric->variables()) state.push_back(own_zeros(variable.type));
  }
  offsets_.push_back(state.size());
}

void LiveLogs::clear() {
  for (Tensor& accumulator : state) detail::clear(accumulator);
}

double LiveLogs::value(size_t index) const {
  if (index == 0) {
    const float total = state[0].item<float>(), count = state[1].item<float>();
    return count == 0 ? 0 : total / count;
  }
  const size_t first = offsets_[index - 1];
  return metrics_[index - 1]->result(std::span(state).subspan(first, offsets_[index] - first));
}

Trainer::Trainer(std::vector<std::shared_ptr<Layer>> layers, const CompileOptions* options, uint64_t seed)
    : layers_(std::move(layers)), key_(own_zeros({DType::kInt64, {2}})) {
  for (const auto& layer : layers_) {
    for (const WeightPtr& weight : layer->weights()) {
      auto& group = layer->trainable() && weight->trainable ? trainable_ : frozen_;
      if (std::find(group.begin(), group.end(), weight) == group.end()) group.push_back(weight);
    }
  }
  this->seed(seed);
  if (!options) return;
  chosen_loss_ = options->loss;
  chosen_metrics_ = options->metrics;
  optimizer_ = options->optimizer.get();
  for (const Optimizer::Variable& variable : optimizer_->variables({})) {
    auto weight = std::make_shared<Weight>();
    weight->name = variable.name;
    weight->path = optimizer_->name() + "/" + variable.name;
    weight->type = variable.initial.type();
    weight->trainable = false;
    weight->value = own(variable.initial);
    optimizer_state_.push_back(weight);
  }
}

void Trainer::seed(uint64_t seed) {
  auto* words = static_cast<int64_t*>(key_.buffer()->data());
  words[0] = static_cast<int64_t>(seed);
  words[1] = 0;
}

void Trainer::build_optimizer() {
  if (optimizer_built_ || !optimizer_) return;
  std::vector<Optimizer::Target> targets;
  for (const WeightPtr& weight : trainable_) targets.push_back({weight->path, weight->type});
  const std::vector<Optimizer::Variable> variables = optimizer_->variables(targets);
  for (size_t i = optimizer_state_.size(); i < variables.size(); ++i) {
    auto weight = std::make_shared<Weight>();
    weight->name = variables[i].name;
    weight->path = optimizer_->name() + "/" + variables[i].name;
    weight->type = variables[i].initial.type();
    weight->trainable = false;
    weight->value = own(variables[i].initial);
    optimizer_state_.push_back(weight);
  }
  optimizer_built_ = true;
}

void Trainer::prepare(const Tensor& y, const Shape& output) {
  if (!optimizer_) {
    throw InvalidArgument(
        "the model is not compiled: call compile({.optimizer = ..., .loss = ...}) before training "
        "or evaluating it");
  }
  if (!chosen_loss_.given()) {
    throw InvalidArgument(
        "the model was compiled without a loss: give compile a .loss to train or evaluate it");
  }
  Shape targets = y.shape();
  targets.set(0, -1);
  if (loss_ && y_shape_ == targets && output_shape_ == output) return;
  loss_ = resolve_loss(chosen_loss_, targets, output);
  metrics_.clear();
  for (const Choice<Metric>& metric : chosen_metrics_)
    metrics_.push_back(resolve_metric(metric, targets, output));
  train_logs_.reset(metrics_, metric_names());
  test_logs_.reset(metrics_, metric_names());
  train_.reset();
  test_.reset();
  y_shape_ = Shape();  // not prepared, should the next line throw
  check_shapes(y, output);
  y_shape_ = targets;
  output_shape_ = output;
}

void Trainer::check_shapes(const Tensor& y, const Shape& output) const {
  // Operations check their arguments when they are recorded; these are never run.
  Shape targets = y.shape(), predictions = output;
  targets.set(0, 1);
  predictions.set(0, 1);
  for (int axis = 1; axis < predictions.rank(); ++axis) {
    if (predictions[axis] < 0) predictions.set(axis, axis < targets.rank() ? targets[axis] : 1);
  }
  const Tensor y_true = zeros(targets, y.dtype()), y_pred = zeros(predictions, DType::kFloat32);
  (*loss_)(y_true, y_pred);
  for (const auto& metric : metrics_) {
    std::vector<Tensor> state;
    for (const Metric::Variable& variable : metric->variables())
      state.push_back(zeros(variable.type.shape, variable.type.dtype));
    metric->update(state, y_true, y_pred);
  }
}

Step& Trainer::test_step() {
  if (test_) return *test_;
  test_args_.assign(trainable_.size() + frozen_.size() + 2, {});  // x and y at the end
  return test_.emplace([this](const std::vector<Tensor>& args) { return test_function(args); },
                       test_logs_.state.size(), "test step", memory_);
}

Step& Trainer::train_step() {
  if (train_) return *train_;
  build_optimizer();
  state_.clear();
  for_each_state([&](Tensor&) { state_.emplace_back(); });
  return train_.emplace([this](const std::vector<Tensor>& args) { return train_function(args); },
                        state_.size(), "train step", memory_);
}

template <class Visit>
void Trainer::for_each_state(Visit&& visit) {
  for (const auto* group : {&trainable_, &frozen_, &optimizer_state_}) {
    for (const WeightPtr& weight : *group) visit(weight->value);
  }
  for (Tensor& accumulator : train_logs_.state) visit(accumulator);
  visit(key_);
}

Tensor Trainer::forward(Tensor x, CallContext& context) const {
  if (x.dtype() != DType::kFloat32) x = cast(x, DType::kFloat32);
  for (const auto& layer : layers_) x = layer->call(x, context);
  return x;
}

std::vector<Tensor> Trainer::updated_metrics(std::span<const Tensor> state, const Tensor& loss,
                                             const Tensor& y_true, const Tensor& y_pred) const {
  // The loss of an epoch is the mean of the batches' losses weighted by their sizes.
  const auto samples = static_cast<double>(y_pred.shape()[0]);
  std::vector<Tensor> updated = {state[0] + loss * samples, state[1] + samples};
  size_t first = 2;
  for (const auto& metric : metrics_) {
    const size_t count = metric->variables().size();
    for (Tensor& tensor : metric->update(state.subspan(first, count), y_true, y_pred)) {
      updated.push_back(std::move(tensor));
    }
    first += count;
  }
  return updated;
}

std::vector<Tensor> Trainer::train_function(const std::vector<Tensor>& args) const {
  const std::span<const Tensor> all(args);
  const auto trainable = all.first(trainable_.size());
  const auto frozen = all.subspan(trainable_.size(), frozen_.size());
  const auto optimizer = all.subspan(trainable_.size() + frozen_.size(), optimizer_state_.size());
  const auto metrics =
      all.subspan(trainable_.size() + frozen_.size() + optimizer_state_.size(), train_logs_.state.size());
  const Tensor& key = args[args.size() - 3];
  const Tensor& x = args[args.size() - 2];
  const Tensor& y = args[args.size() - 1];

  CallContext context(true);
  context.set_key(key);
  for (size_t i = 0; i < trainable.size(); ++i) context.bind(*trainable_[i], trainable[i]);
  for (size_t i = 0; i < frozen.size(); ++i) context.bind(*frozen_[i], frozen[i]);
  const Tensor y_pred = forward(x, context);
  const Tensor loss = (*loss_)(y, y_pred);
  const std::vector<Tensor> grads = gradients(loss, {trainable.begin(), trainable.end()});
  Optimizer::Update update = optimizer_->update(trainable, grads, optimizer);

  std::vector<Tensor> results = std::move(update.weights);
  for (const WeightPtr& weight : frozen_) results.push_back(context.value(*weight));
  results.insert(results.end(), update.state.begin(), update.state.end());
  const std::vector<Tensor> accumulated = updated_metrics(metrics, loss, y, y_pred);
  results.insert(results.end(), accumulated.begin(), accumulated.end());
  results.push_back(key + Tensor::from<int64_t>({0, 1}));
  return results;
}

std::vector<Tensor> Trainer::test_function(const std::vector<Tensor>& args) const {
  const std::span<const Tensor> all(args);
  const auto metrics = all.first(test_logs_.state.size());
  const auto weights = all.subspan(metrics.size());
  const Tensor& x = args[args.size() - 2];
  const Tensor& y = args[args.size() - 1];
  CallContext context(false);
  for (size_t i = 0; i < trainable_.size(); ++i) context.bind(*trainable_[i], weights[i]);
  for (size_t i = 0; i < frozen_.size(); ++i) context.bind(*frozen_[i], weights[trainable_.size() + i]);
  const Tensor y_pred = forward(x, context);
  return updated_metrics(metrics, (*loss_)(y, y_pred), y, y_pred);
}

void Trainer::train(const Tensor& x, const Tensor& y) {
  if (predict_) predict_.reset();
  const std::array<Tensor, 2> batch = {x, y};
  Step& step = train_step();
  // Moved there and, also after an error, back.
  struct Borrowed {
    Trainer& trainer;
    explicit Borrowed(Trainer& of) : trainer(of) { swap(); }
    ~Borrowed() { swap(); }
    void swap() {
      size_t i = 0;
      trainer.for_each_state([&](Tensor& tensor) { std::swap(tensor, trainer.state_[i++]); });
    }
  } const borrowed(*this);
  step(state_, batch);
}

void Trainer::test(const Tensor& x, const Tensor& y) {
  Step& step = test_step();
  size_t i = 0;
  for (const auto* group : {&trainable_, &frozen_}) {
    for (const WeightPtr& weight : *group) test_args_[i++] = weight->value;
  }
  test_args_[i++] = x;
  test_args_[i] = y;
  struct LetGo {
    std::vector<Tensor>& tensors;
    ~LetGo() { std::fill(tensors.begin(), tensors.end(), Tensor()); }
  } const let_go{test_args_};
  step(test_logs_.state, test_args_);
}

const Tensor& Trainer::predict(const Tensor& x) {
  // The weights are constants of this program, so that it may prepare them once.
  if (!predict_) {
    predict_.emplace(
        [this](const std::vector<Tensor>& args) {
          CallContext context(false);
          return std::vector<Tensor>{forward(args[0], context)};
        },
        0, "predict", memory_);
  }
  (*predict_)({}, std::span(&x, 1), predictions_);
  return predictions_[0];
}

std::vector<std::string> Trainer::metric_names() const {
  if (!optimizer_) return {};
  std::vector<std::string> names = {"loss"};
  for (size_t i = 0; i < chosen_metrics_.size(); ++i) {
    std::string name = chosen_metrics_[i].name();
    if (name.empty()) name = chosen_metrics_[i].get()->name();
    names.push_back(std::move(name));
  }
  return names;
}

std::optional<bool> Trainer::higher_is_better(const std::string& metric) const {
  if (metric == "loss") return false;
  const std::vector<std::string> names = metric_names();
  for (size_t i = 1; i < names.size(); ++i) {
    if (names[i] == metric && i <= metrics_.size()) return metrics_[i - 1]->higher_is_better();
  }
  return std::nullopt;
}

Step::Statistics Trainer::statistics() const { return train_ ? train_->statistics() : Step::Statistics{}; }

std::string Trainer::train_graph(const Tensor& x, const Tensor& y) {
  const std::array<Tensor, 2> batch = {x, y};
  Step& step = train_step();
  std::vector<Tensor> state;
  for_each_state([&](const Tensor& tensor) { state.push_back(tensor); });
  return step.graph(state, batch);
}

}  // namespace lamina::detail
