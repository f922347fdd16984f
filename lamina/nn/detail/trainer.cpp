// The pure functions of training, testing and predicting, and the state they run on.
#include "lamina/nn/detail/trainer.h"

#include <algorithm>
#include <list>
#include <set>
#include <utility>

#include "lamina/base/detail/lent_vector.h"
#include "lamina/base/error.h"
#include "lamina/core/grad.h"
#include "lamina/core/needs_values.h"
#include "lamina/core/trace.h"
#include "lamina/nn/detail/batches.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/detail/pass.h"
#include "lamina/nn/detail/storage.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"

namespace lamina::detail {
namespace {

// The handle that this thread trains, tests or asks. Steps are traced while they are called, on that handle.
thread_local const Model* current = nullptr;

struct Current {
  explicit Current(const Model& model) : outer(std::exchange(current, &model)) {}
  ~Current() { current = outer; }
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;
  const Model* outer;
};

// State on its way into a step and back, whatever happens in between.
class Loan {
 public:
  explicit Loan(Lent& lent) : state_(lent.state), owners_(lent.owners) {}
  ~Loan() {
    for (size_t i = 0; i < owners_.size(); ++i) *owners_[i] = std::move(state_[i]);
    owners_.clear();
    state_.clear();
  }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;

  void lend(Tensor& owner) {
    owners_.push_back(&owner);
    state_.push_back(std::move(owner));
  }
  void lend(const std::vector<WeightPtr>& weights) {
    for (const WeightPtr& weight : weights) lend(weight->value);
  }
  void lend(std::vector<Tensor>& tensors) {
    for (Tensor& tensor : tensors) lend(tensor);
  }

 private:
  std::vector<Tensor>& state_;
  std::vector<Tensor*>& owners_;
};

// Tensors of `like` replaced by those from `next` on.
Tensors take(const Tensors& like, std::span<const Tensor> args, size_t& next) {
  std::vector<Tensor> values(args.begin() + static_cast<std::ptrdiff_t>(next),
                             args.begin() + static_cast<std::ptrdiff_t>(next + like.size()));
  next += like.size();
  return like.with_values(std::move(values));
}

Batch take(const Batch& like, std::span<const Tensor> args, size_t next) {
  Batch batch;
  batch.x = take(like.x, args, next);
  batch.y = take(like.y, args, next);
  batch.sample_weight = take(like.sample_weight, args, next);
  return batch;
}

// Names the batch among the arguments of a step, for whoever prints its graph.
void name_batch(const Model& model, const Batch& batch) {
  const auto name = [](const Tensors& tensors, const std::string& what,
                       const std::vector<std::string>& each) {
    for (size_t i = 0; i < tensors.size(); ++i) {
      const bool known = each.size() == tensors.size() && (each.size() > 1 || what.empty());
      TracedFunction::name(tensors.values()[i], known ? what + (what.empty() ? "" : " of ") + each[i]
                                                : tensors.size() == 1 ? what
                                                                      : what + std::to_string(i));
    }
  };
  const bool inputs = model.input_names().size() == batch.x.size();
  name(batch.x, inputs ? "" : "x", model.input_names());
  name(batch.y, "y", model.output_names());
  name(batch.sample_weight, "sample_weight", model.output_names());
}

void name_logs(const LogLayout& layout, std::span<const Tensor> state) {
  size_t next = 0;
  for (const LogLayout::Entry& entry : layout.entries) {
    const size_t count = LogLayout::variables(entry).size();
    for (size_t i = 0; i < count; ++i)
      TracedFunction::name(state[next++], "log " + entry.name + (count > 1 ? "/" + std::to_string(i) : ""));
  }
}

// Whether two lists of tensors are of one kind for a step: names, ranks, dtypes, and whether the last axis
// has one element ("accuracy" goes by that). Allocates nothing.
bool alike(const Tensors& a, const Tensors& b) {
  if (a.size() != b.size() || a.names() != b.names()) return false;
  const auto column = [](const Shape& shape) { return shape.rank() > 1 && shape[-1] == 1; };
  for (size_t i = 0; i < a.size(); ++i) {
    const TensorType &x = a.values()[i].type(), &y = b.values()[i].type();
    if (x.dtype != y.dtype || x.shape.rank() != y.shape.rank() || column(x.shape) != column(y.shape))
      return false;
  }
  return true;
}

TensorSpecs specs_of(const Tensors& tensors) {
  TensorSpecs specs;
  for (const Tensor& tensor : tensors) specs.push_back({tensor.shape(), tensor.dtype()});
  for (TensorSpec& spec : specs) spec.shape.set(0, -1);
  return specs;
}

// Whether the tensors have these specs, whatever the batch; allocates nothing.
bool are(const Tensors& tensors, const TensorSpecs& specs) {
  if (tensors.size() != specs.size()) return false;
  for (size_t i = 0; i < specs.size(); ++i) {
    const TensorType& type = tensors.values()[i].type();
    if (type.dtype != specs[i].dtype || type.shape.rank() != specs[i].shape.rank()) return false;
    for (int axis = 1; axis < type.shape.rank(); ++axis) {
      if (type.shape[axis] != specs[i].shape[axis]) return false;
    }
  }
  return true;
}

Batch placeholders(const Batch& like, const Device& device) {
  const auto stand_ins = [&](const Tensors& tensors) {
    std::vector<Tensor> values;
    for (const Tensor& tensor : tensors) values.push_back(placeholder(tensor.type(), device));
    return tensors.with_values(std::move(values));
  };
  return {stand_ins(like.x), stand_ins(like.y), stand_ins(like.sample_weight)};
}

}  // namespace

Trainer::Trainer(const Model& model, const CompileOptions* options,
                 std::shared_ptr<const std::map<const void*, bool>> trainable, uint64_t seed)
    : weights_(model.weights()),
      trainable_layers_(std::move(trainable)),
      device_(device_of(weights_)),
      placement_(device_) {
  const DeviceScope scope(device_);
  for (const WeightPtr& weight : ModelImpl::trainable_weights(model, trainable_layers_.get()))
    trainable_.push_back(weight);
  for (const WeightPtr& weight : weights_) (weight->stateful ? stateful_ : plain_).push_back(weight);
  predict_.emplace([this](const std::vector<Tensor>& args) { return predict_function(*current, args); },
                   stateful_.size(), "predict", memory_, plain_.size());
  this->seed(seed);
  if (!options) return;
  options_ = *options;
  optimizer_ = options->optimizer.get();
  optimizer_state_ = optimizer_variables(*optimizer_, {});
}

void Trainer::seed(uint64_t seed) {
  const DeviceScope scope(device_);
  key_ = own(Tensor::from<int64_t>({static_cast<int64_t>(seed), 0}));
}

void Trainer::build_optimizer() {
  if (optimizer_built_ || !optimizer_) return;
  const DeviceScope scope(device_);
  const std::vector<WeightPtr> all = optimizer_variables(*optimizer_, trainable_);
  // What there is already (iteration, learning rate) may have been set.
  optimizer_state_.insert(optimizer_state_.end(),
                          all.begin() + static_cast<std::ptrdiff_t>(optimizer_state_.size()), all.end());
  optimizer_built_ = true;
}

void Trainer::take_averages() {
  if (!newest_) return;
  for (const NamedOptimizer& used : newest_->optimizers) {
    std::vector<Tensor> state;
    for (const WeightPtr& variable : used.state) state.push_back(variable->value);
    const std::shared_ptr<const Optimizer> bound = used.optimizer->for_targets(StepTrace::described(used.targets));
    const std::vector<Tensor> averages = (bound ? *bound : *used.optimizer).averages(state, used.targets.size());
    for (size_t i = 0; i < averages.size(); ++i) {
      if (averages[i].defined()) used.targets[i]->value = own(averages[i]);
    }
  }
}

CallContext Trainer::context(bool training) const {
  CallContext result(training);
  result.set_trainable_layers(trainable_layers_.get());
  return result;
}

TensorSpecs Trainer::output_specs(const Model& model, const Batch& batch) const {
  const DeviceScope scope(device_);
  return model.compute_output_specs(specs_of(batch.x));
}

Trainer::Kind& Trainer::kind_of(const Model& model, const Batch& batch) {
  if (!options_) {
    throw InvalidArgument("the model is not compiled" + ModelImpl::of(model).why_not_compiled() +
                          (ModelImpl::of(model).unused ? "; " : ": ") +
                          "call compile({.optimizer = ..., .loss = ...}) before training or evaluating it");
  }
  for (Kind& kind : kinds_) {
    if (kind.log_gradient_norm == log_gradient_norm_ && alike(kind.like.x, batch.x) &&
        alike(kind.like.y, batch.y) && alike(kind.like.sample_weight, batch.sample_weight))
      return kind;
  }
  Kind kind;
  kind.like = placeholders(batch, device_);
  kind.log_gradient_norm = log_gradient_norm_;
  if (options_->loss.given() || !options_->metrics.empty() || !options_->weighted_metrics.empty()) {
    kind.objective = std::make_unique<Objective>(*options_, model.output_names(), specs_of(batch.y),
                                                 output_specs(model, batch));
  } else {
    kind.objective = std::make_unique<Objective>(CompileOptions(), std::vector<std::string>(), TensorSpecs(),
                                                 TensorSpecs());
  }
  kinds_.push_back(std::move(kind));
  return kinds_.back();
}

// Traces the step once, on stand-ins, to learn what it logs and which optimizers it uses.
void Trainer::learn(const Model& model, Kind& kind, const Batch& batch, bool training) {
  std::optional<LogLayout>& layout = training ? kind.train_layout : kind.test_layout;
  if (layout) return;
  const DeviceScope scope(device_);
  const Batch stand_ins = placeholders(batch, device_);
  CallContext pass = context(training);
  for (const WeightPtr& weight : weights_) pass.bind(*weight, weight->value);
  const Pass running(pass, &model, model.name());
  StepTrace trace(model, *kind.objective, trainable_, pass, stand_ins);
  TrainStep step(trace);
  const WatchedHandle handle(model);
  if (training) {
    trace.log_gradient_norm = kind.log_gradient_norm;
    const_cast<Model&>(model).train_step(step);
    handle.require();
    trace.finish();
    adopt_optimizers(kind, std::move(trace.optimizers));
  } else {
    const_cast<Model&>(model).test_step(step);
    handle.require();
  }
  layout = std::move(trace.layout);
}

void Trainer::adopt_optimizers(Kind& kind, std::vector<NamedOptimizer> found) {
  for (NamedOptimizer& optimizer : found) {
    if (optimizer.name.empty()) {
      if (!optimizer_built_ && optimizer.targets != trainable_) {
        const std::vector<WeightPtr> all = optimizer_variables(*optimizer_, optimizer.targets);
        optimizer_state_.insert(optimizer_state_.end(),
                                all.begin() + static_cast<std::ptrdiff_t>(optimizer_state_.size()),
                                all.end());
        optimizer_built_ = true;
      }
      build_optimizer();
      optimizer.state = optimizer_state_;
    } else {
      const auto known = std::find_if(others_.begin(), others_.end(), [&](const NamedOptimizer& other) {
        return other.name == optimizer.name;
      });
      if (known != others_.end()) {
        optimizer.state = known->state;
      } else {
        optimizer.state = optimizer_variables(*optimizer.optimizer, optimizer.targets);
        others_.push_back(optimizer);
      }
    }
    kind.optimizers.push_back(std::move(optimizer));
  }
}

void Trainer::prepare(const Model& model, const Batch& batch, bool training) {
  Kind& kind = kind_of(model, batch);
  if (!are(batch.y, kind.checked_targets)) {
    const TensorSpecs targets = specs_of(batch.y);
    if (kind.objective->has_loss()) kind.objective->check_shapes(targets, output_specs(model, batch));
    kind.checked_targets = targets;
  }
  learn(model, kind, batch, training);
}

LiveLogs Trainer::make_logs(const Model& model, const Batch& batch, bool training) {
  prepare(model, batch, training);
  Kind& kind = kind_of(model, batch);
  const DeviceScope scope(device_);
  return LiveLogs(training ? *kind.train_layout : *kind.test_layout);
}

void Trainer::check_targets(const Model& model, const Batch& batch) {
  const Objective& objective = *kind_of(model, batch).objective;
  if (objective.has_loss()) objective.check_targets(batch.y.values(), output_specs(model, batch));
}

std::vector<Tensor> Trainer::train_function(const Model& model, const Kind& kind,
                                            const std::vector<Tensor>& args) const {
  const std::span<const Tensor> all(args);
  size_t next = weights_.size();
  size_t optimizer_count = 0, log_count = 0;
  for (const NamedOptimizer& optimizer : kind.optimizers) optimizer_count += optimizer.state.size();
  for (const LogLayout::Entry& entry : kind.train_layout->entries)
    log_count += LogLayout::variables(entry).size();
  const auto optimizers = all.subspan(next, optimizer_count);
  const auto logs = all.subspan(next + optimizer_count, log_count);
  next += optimizer_count + log_count;
  const Tensor& key = args[next];
  const Batch batch = take(kind.like, all, next + 1);
  size_t slot = 0;
  for (const NamedOptimizer& optimizer : kind.optimizers) {
    for (const WeightPtr& variable : optimizer.state)
      TracedFunction::name(optimizers[slot++],
                           (optimizer.name.empty() ? "" : optimizer.name + ": ") + variable->path);
  }
  name_logs(*kind.train_layout, logs);
  TracedFunction::name(key, "random key");
  name_batch(model, batch);

  CallContext pass = context(true);
  pass.set_key(key);
  for (size_t i = 0; i < weights_.size(); ++i) pass.bind(*weights_[i], args[i]);
  const Pass running(pass, &model, model.name());
  StepTrace trace(model, *kind.objective, trainable_, pass, batch);
  trace.log_state = logs;
  trace.known = &kind.optimizers;
  trace.optimizer_state = optimizers;
  trace.log_gradient_norm = kind.log_gradient_norm;
  TrainStep step(trace);
  const WatchedHandle handle(model);
  const_cast<Model&>(model).train_step(step);
  handle.require();
  trace.finish();
  if (!(trace.layout == *kind.train_layout)) {
    throw InvalidArgument("model '" + model.name() +
                          "': train_step logs other names than the first time it was " +
                          "traced; log the same ones whatever the batch");
  }

  std::vector<Tensor> results;
  for (const WeightPtr& weight : weights_) results.push_back(pass.value(weight));
  results.insert(results.end(), trace.new_optimizer_state.begin(), trace.new_optimizer_state.end());
  results.insert(results.end(), trace.new_log_state.begin(), trace.new_log_state.end());
  results.push_back(key + Tensor::from<int64_t>({0, 1}));
  return results;
}

std::vector<Tensor> Trainer::test_function(const Model& model, const Kind& kind,
                                           const std::vector<Tensor>& args) const {
  const std::span<const Tensor> all(args);
  size_t log_count = 0;
  for (const LogLayout::Entry& entry : kind.test_layout->entries)
    log_count += LogLayout::variables(entry).size();
  const auto logs = all.subspan(stateful_.size(), log_count);
  const auto plain = all.subspan(stateful_.size() + log_count, plain_.size());
  const Tensor& key = args[stateful_.size() + log_count + plain_.size()];
  const Batch batch = take(kind.like, all, stateful_.size() + log_count + plain_.size() + 1);
  name_logs(*kind.test_layout, logs);
  TracedFunction::name(key, "random key");
  name_batch(model, batch);

  CallContext pass = context(false);
  pass.set_key(key);
  for (size_t i = 0; i < stateful_.size(); ++i) pass.bind(*stateful_[i], args[i]);
  for (size_t i = 0; i < plain_.size(); ++i) pass.bind(*plain_[i], plain[i]);
  const Pass running(pass, &model, model.name());
  StepTrace trace(model, *kind.objective, trainable_, pass, batch);
  trace.log_state = logs;
  TrainStep step(trace);
  const WatchedHandle handle(model);
  const_cast<Model&>(model).test_step(step);
  handle.require();
  std::vector<Tensor> results;
  for (const WeightPtr& weight : stateful_) results.push_back(pass.value(weight));
  results.insert(results.end(), trace.new_log_state.begin(), trace.new_log_state.end());
  return results;
}

std::vector<Tensor> Trainer::predict_function(const Model& model, const std::vector<Tensor>& args) const {
  CallContext pass = context(false);
  for (size_t i = 0; i < stateful_.size(); ++i) pass.bind(*stateful_[i], args[i]);
  for (size_t i = 0; i < plain_.size(); ++i) pass.bind(*plain_[i], args[stateful_.size() + i]);
  const std::vector<Tensor> inputs(args.begin() + static_cast<std::ptrdiff_t>(weights_.size()), args.end());
  name_batch(model, {Tensors(inputs), {}, {}});
  const Pass running(pass, &model, model.name());
  const std::vector<Tensor> outputs = model.Layer::outputs(LayerCall{inputs, inputs.size() > 1, {}}, pass);
  std::vector<Tensor> results;
  for (const WeightPtr& weight : stateful_) results.push_back(pass.value(weight));
  results.insert(results.end(), outputs.begin(), outputs.end());
  return results;
}

Step& Trainer::train_step(const Model& model, Kind& kind, const Batch& batch) {
  newest_ = &kind;
  if (kind.train) return *kind.train;
  learn(model, kind, batch, true);
  size_t state = weights_.size() + 1;
  for (const NamedOptimizer& optimizer : kind.optimizers) state += optimizer.state.size();
  for (const LogLayout::Entry& entry : kind.train_layout->entries)
    state += LogLayout::variables(entry).size();
  return kind.train.emplace(
      [this, &kind](const std::vector<Tensor>& args) { return train_function(*current, kind, args); }, state,
      "train step", memory_);
}

Step& Trainer::test_step(const Model& model, Kind& kind, const Batch& batch) {
  if (kind.test) return *kind.test;
  learn(model, kind, batch, false);
  size_t state = stateful_.size();
  for (const LogLayout::Entry& entry : kind.test_layout->entries) state += LogLayout::variables(entry).size();
  return kind.test.emplace(
      [this, &kind](const std::vector<Tensor>& args) { return test_function(*current, kind, args); }, state,
      "test step", memory_);
}

void Trainer::place(const Batch& batch, std::vector<Tensor>& to) {
  placement_.begin();
  placement_.add(to, batch.x);
  placement_.add(to, batch.y);
  placement_.add(to, batch.sample_weight);
}

void Trainer::train(const Model& model, const Batch& batch, LiveLogs& logs) {
  const Current handle(model);
  Kind& kind = kind_of(model, batch);
  Step& step = train_step(model, kind, batch);
  arguments_.clear();
  place(batch, arguments_);
  {
    Loan loan(lent_);
    loan.lend(weights_);
    for (NamedOptimizer& optimizer : kind.optimizers) loan.lend(optimizer.state);
    loan.lend(logs.state);
    loan.lend(key_);
    step(lent_.state, arguments_, nothing_);
  }
  logs.changed();
  arguments_.clear();
}

void Trainer::test(const Model& model, const Batch& batch, LiveLogs& logs) {
  const Current handle(model);
  Kind& kind = kind_of(model, batch);
  Step& step = test_step(model, kind, batch);
  arguments_.clear();
  for (const WeightPtr& weight : plain_) arguments_.push_back(weight->value);
  arguments_.push_back(key_);
  place(batch, arguments_);
  {
    Loan loan(lent_);
    loan.lend(stateful_);
    loan.lend(logs.state);
    step(lent_.state, arguments_, nothing_);
  }
  logs.changed();
  arguments_.clear();
}

void Trainer::predict(const Model& model, const std::vector<Tensor>& x, std::vector<Tensor>& outputs) {
  const Current handle(model);
  LentVector<const Tensor*, Trainer> arguments;
  for (const WeightPtr& weight : plain_) arguments->push_back(&weight->value);
  std::list<Tensor> copies;  // several threads may ask at once, each with its own
  for (const Tensor& tensor : x)
    arguments->push_back(tensor.device() == device_ ? &tensor : &copies.emplace_back(tensor.to(device_)));
  if (!by_values_) {
    try {
      Lent lent;
      Loan loan(lent);
      loan.lend(stateful_);
      (*predict_)(lent.state, *arguments, outputs);
      return;
    } catch (const NeedsValues&) {
      by_values_ = true;
    }
  }
  std::vector<Tensor> values;
  for (const WeightPtr& weight : stateful_) values.push_back(weight->value);
  for (const Tensor* argument : *arguments) values.push_back(*argument);
  std::vector<Tensor> results = predict_function(model, values);
  eval(results);
  for (size_t i = 0; i < stateful_.size(); ++i) stateful_[i]->value = results[i];
  outputs.assign(results.begin() + static_cast<std::ptrdiff_t>(stateful_.size()), results.end());
}

std::pair<Tensor, std::vector<Tensor>> Trainer::value_and_grad(const Model& model, const Batch& batch,
                                                               bool training) {
  Kind& kind = kind_of(model, batch);
  const DeviceScope scope(device_);
  std::vector<Tensor> placed;
  place(batch, placed);
  const Batch here = take(batch, placed, 0);
  CallContext pass = context(training);
  pass.set_key(key_);
  std::vector<Tensor> now;
  for (const WeightPtr& weight : weights_) pass.bind(*weight, weight->value);
  for (const WeightPtr& weight : trainable_) now.push_back(weight->value);
  const Pass running(pass, &model, model.name());
  StepTrace trace(model, *kind.objective, trainable_, pass, here);
  TrainStep step(trace);
  const Tensor loss = trace.total_loss(step.forward(), nullptr);
  std::vector<Tensor> results = gradients(loss, now);
  results.insert(results.begin(), loss);
  eval(results);
  return {results[0], {results.begin() + 1, results.end()}};
}

std::vector<std::string> Trainer::metric_names(const Model& model) const {
  if (!options_) return {};
  if (newest_ && newest_->train_layout) {
    std::vector<std::string> names;
    for (const LogLayout::Entry& entry : newest_->train_layout->entries) names.push_back(entry.name);
    return names;
  }
  return Objective::names(*options_, model.output_names());
}

std::optional<bool> Trainer::higher_is_better(const Model& model, const std::string& metric) const {
  if (metric == "loss" || metric.ends_with("_loss")) return false;
  for (const Kind& kind : kinds_) {
    for (const auto* layout : {&kind.train_layout, &kind.test_layout}) {
      if (!*layout) continue;
      for (const LogLayout::Entry& entry : (*layout)->entries) {
        if (entry.name == metric && entry.metric) return entry.metric->higher_is_better();
      }
    }
  }
  (void)model;
  return std::nullopt;
}

Step::Statistics Trainer::statistics() const {
  return newest_ && newest_->train ? newest_->train->statistics() : Step::Statistics{};
}

int Trainer::programs() const {
  int total = predict_ ? predict_->statistics().programs : 0;
  for (const Kind& kind : kinds_) {
    if (kind.train) total += kind.train->statistics().programs;
    if (kind.test) total += kind.test->statistics().programs;
  }
  return total;
}

void Trainer::with_train_step(
    const Model& model, const Batch& batch,
    const std::function<void(Step&, std::span<const Tensor>, std::span<const Tensor>)>& look) {
  const Current handle(model);
  Kind& kind = kind_of(model, batch);
  Step& step = train_step(model, kind, batch);
  const DeviceScope scope(device_);
  LiveLogs logs(*kind.train_layout);
  Lent lent;
  std::vector<Tensor> arguments;
  place(batch, arguments);
  Loan loan(lent);
  loan.lend(weights_);
  for (NamedOptimizer& optimizer : kind.optimizers) loan.lend(optimizer.state);
  loan.lend(logs.state);
  loan.lend(key_);
  look(step, lent.state, arguments);
}

std::string Trainer::train_graph(const Model& model, const Batch& batch) {
  std::string text;
  with_train_step(model, batch, [&](Step& step, auto state, auto data) { text = step.graph(state, data); });
  return text;
}

Step::Statistics Trainer::train_cost(const Model& model, const Batch& batch) {
  Step::Statistics cost;
  with_train_step(model, batch,
                  [&](Step& step, auto state, auto data) { cost = step.statistics(state, data); });
  return cost;
}

Step::Statistics Trainer::predict_cost(const Model& model, const Tensors& x) {
  const Current handle(model);
  std::vector<Tensor> arguments;
  for (const WeightPtr& weight : plain_) arguments.push_back(weight->value);
  for (const Tensor& tensor : x) arguments.push_back(tensor.to(device_));
  Lent lent;
  Loan loan(lent);
  loan.lend(stateful_);
  return predict_->statistics(lent.state, arguments);
}

}  // namespace lamina::detail
