// The face of Model: everything but the training loop (fit.cpp), snapshots and the summary.
#include "lamina/nn/model.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/nn/detail/batches.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/detail/storage.h"
#include "lamina/nn/layers/input_layer.h"

namespace lamina {

Model::Model(std::unique_ptr<detail::ModelImpl> impl) : impl_(std::move(impl)) {}
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

const std::string& Model::name() const { return impl_->name; }
std::span<const std::shared_ptr<Layer>> Model::layers() const {
  const std::span<const std::shared_ptr<Layer>> all = impl_->layers;
  const bool has_input = !all.empty() && dynamic_cast<const InputLayer*>(all[0].get());
  return all.subspan(has_input ? 1 : 0);
}

uint64_t Model::seed() const { return impl_->seed; }

Layer& Model::layer(const std::string& name) const {
  std::vector<std::string> known;
  for (const auto& layer : impl_->layers) {
    if (layer->name() == name) return *layer;
    known.push_back(layer->name());
  }
  throw InvalidArgument("model '" + impl_->name + "' has no layer '" + name + "'" + suggest(name, known));
}

void Model::build(const Shape& input) { impl_->build(input); }
bool Model::built() const { return impl_->built; }

const Shape& Model::input_shape() const {
  impl_->require_built();
  return impl_->input_shape;
}

const Shape& Model::output_shape() const {
  impl_->require_built();
  return impl_->output_shape;
}

std::vector<WeightPtr> Model::weights() const {
  std::vector<WeightPtr> all;
  for (const auto& layer : impl_->layers)
    all.insert(all.end(), layer->weights().begin(), layer->weights().end());
  return all;
}

std::vector<WeightPtr> Model::weights(bool trainable) const {
  std::vector<WeightPtr> some;
  for (const auto& layer : impl_->layers) {
    for (const WeightPtr& weight : layer->weights()) {
      if ((layer->trainable() && weight->trainable) == trainable) some.push_back(weight);
    }
  }
  return some;
}

int64_t Model::count_params() const {
  int64_t total = 0;
  for (const auto& layer : impl_->layers) total += layer->count_params();
  return total;
}

std::vector<Tensor> Model::get_weights() const {
  std::vector<Tensor> values;
  for (const WeightPtr& weight : weights()) values.push_back(weight->read());
  return values;
}

void Model::set_weights(const std::vector<Tensor>& values) {
  const std::vector<WeightPtr> all = weights();
  if (values.size() != all.size()) {
    throw InvalidArgument("model '" + impl_->name + "' has " + std::to_string(all.size()) +
                          " weights, received " + std::to_string(values.size()));
  }
  for (size_t i = 0; i < all.size(); ++i) {
    if (!values[i].defined() || values[i].shape() != all[i]->type.shape) all[i]->assign(values[i]);  // throws
  }
  for (size_t i = 0; i < all.size(); ++i) all[i]->assign(values[i]);
  weights_changed();
}

void Model::weights_changed() {
  if (impl_->trainer) impl_->trainer->weights_changed();
}

void Model::compile(CompileOptions options) {
  impl_->require_idle("compile");
  if (!options.optimizer.given()) options.optimizer = "rmsprop";
  const std::shared_ptr<const Optimizer> optimizer = options.optimizer.get();
  options.optimizer = optimizer;
  // Unknown names are told now; "accuracy" and "crossentropy" wait for the shapes.
  if (!goes_by_shape(options.loss)) options.loss.get();
  for (size_t i = 0; i < options.metrics.size(); ++i) {
    const Choice<Metric>& metric = options.metrics[i];
    if (!metric.given()) throw InvalidArgument("compile: metric number " + std::to_string(i) + " is empty");
    if (!goes_by_shape(metric)) metric.get();
  }
  impl_->options = std::move(options);
  impl_->trainer.reset();
}

bool Model::compiled() const { return impl_->options.has_value(); }

const CompileOptions& Model::compile_options() const {
  if (!impl_->options) throw InvalidArgument("model '" + impl_->name + "' is not compiled");
  return *impl_->options;
}

Logs Model::evaluate(const Tensor& x, const Tensor& y, const EvaluateOptions& options) {
  if (options.batch_size < 1) {
    throw InvalidArgument("evaluate: batch_size must be positive, received " +
                          std::to_string(options.batch_size));
  }
  const Tensor data = impl_->prepare(x, y);
  const int64_t samples = data.shape()[0];
  RunInfo run;
  run.steps = (samples + options.batch_size - 1) / options.batch_size;
  run.samples = samples;
  run.batch_size = options.batch_size;
  run.verbose = options.verbose;
  const std::vector<AnyCallback> callbacks = detail::with_progress_bar(options.callbacks, options.verbose);
  for (const AnyCallback& callback : callbacks) callback->attach(*this, run);
  impl_->run_test(data, y, 0, options.batch_size, callbacks);
  Logs result;
  const detail::LiveLogs& live = impl_->trainer->test_logs();
  for (size_t i = 0; i < live.size(); ++i) result.set(live.name(i), live.value(i));
  return result;
}

Tensor Model::predict(const Tensor& x, const PredictOptions& options) {
  if (options.batch_size < 1) {
    throw InvalidArgument("predict: batch_size must be positive, received " +
                          std::to_string(options.batch_size));
  }
  const Tensor data = impl_->checked_input(x);
  detail::Trainer& trainer = impl_->ensure_trainer();
  const int64_t samples = data.shape()[0];
  Shape shape = data.shape();  // extents that the model leaves open are known now
  for (const auto& layer : impl_->layers) shape = layer->compute_output_shape(shape);
  const TensorType type{DType::kFloat32, shape};
  auto buffer = std::make_shared<Buffer>(data.device(), type.bytes());
  const size_t row_bytes = samples == 0 ? 0 : type.bytes() / static_cast<size_t>(samples);

  RunInfo run;
  run.steps = (samples + options.batch_size - 1) / options.batch_size;
  run.samples = samples;
  run.batch_size = options.batch_size;
  for (const AnyCallback& callback : options.callbacks) callback->attach(*this, run);
  for (const AnyCallback& callback : options.callbacks) callback->on_predict_begin(Logs());
  detail::Batches batches(data, options.batch_size);
  int64_t step = 0;
  for (int64_t first = 0; first < samples; first += options.batch_size, ++step) {
    for (const AnyCallback& callback : options.callbacks) callback->on_predict_batch_begin(step, Logs());
    const int64_t count = std::min<int64_t>(options.batch_size, samples - first);
    const Tensor& y = trainer.predict(count == samples ? data : batches.range(first, count));
    const size_t bytes = static_cast<size_t>(count) * row_bytes;
    if (y.type().bytes() != bytes) {
      throw InvalidArgument("model '" + impl_->name + "': a layer's compute_output_shape leads to " +
                            type.shape.str() + ", but a batch of " + std::to_string(count) + " gave " +
                            y.shape().str());
    }
    std::memcpy(static_cast<char*>(buffer->data()) + static_cast<size_t>(first) * row_bytes, y.data<float>(),
                bytes);
    for (const AnyCallback& callback : options.callbacks) callback->on_predict_batch_end(step, Logs());
  }
  for (const AnyCallback& callback : options.callbacks) callback->on_predict_end(Logs());
  return Tensor::wrap(std::move(buffer), type);
}

Tensor Model::operator()(const Tensor& x) {
  const Tensor data = impl_->checked_input(x);
  return detail::own(impl_->ensure_trainer().predict(data));
}

Logs Model::train_on_batch(const Tensor& x, const Tensor& y) {
  const Tensor data = impl_->prepare(x, y);
  detail::Trainer& trainer = *impl_->trainer;
  trainer.weights_changed();
  trainer.train_logs().clear();
  trainer.train(data, y);
  Logs logs;
  const detail::LiveLogs& live = trainer.train_logs();
  for (size_t i = 0; i < live.size(); ++i) logs.set(live.name(i), live.value(i));
  return logs;
}

void Model::summary(const SummaryOptions& options) const {
  const std::string text = summary_text(options);
  std::fwrite(text.data(), 1, text.size(), stdout);
}

std::vector<WeightPtr> Model::optimizer_variables() const {
  if (!impl_->options || !impl_->built) return {};
  return impl_->ensure_trainer().optimizer_state();
}

bool Model::optimizer_built() const { return impl_->trainer && impl_->trainer->optimizer_built(); }
void Model::build_optimizer() {
  compile_options();
  impl_->ensure_trainer().build_optimizer();
}

double Model::learning_rate() const {
  compile_options();
  return impl_->ensure_trainer().optimizer_state().at(1)->value.item<double>();
}

void Model::set_learning_rate(double value) {
  compile_options();
  impl_->ensure_trainer().optimizer_state().at(1)->assign(Tensor(static_cast<float>(value)));
}

bool Model::interrupted() const { return impl_->position.history && impl_->position.history->interrupted; }

std::vector<std::string> Model::metric_names() const {
  if (!impl_->options || !impl_->built) return {};
  return impl_->ensure_trainer().metric_names();
}

std::optional<bool> Model::higher_is_better(const std::string& log) const {
  if (!impl_->options || !impl_->built) return std::nullopt;
  const std::string prefix = "val_";
  return impl_->ensure_trainer().higher_is_better(log.rfind(prefix, 0) == 0 ? log.substr(prefix.size())
                                                                            : log);
}

Step::Statistics Model::train_statistics() const {
  return impl_->trainer ? impl_->trainer->statistics() : Step::Statistics{};
}

std::string Model::train_graph(const Tensor& x, const Tensor& y) {
  const Tensor data = impl_->prepare(x, y);
  return impl_->trainer->train_graph(data, y);
}

}  // namespace lamina
