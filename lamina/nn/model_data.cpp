// What a Model does with data outside of fit: evaluate, predict, single batches, and calls as a layer.
#include <algorithm>

#include "lamina/backend/stream.h"
#include "lamina/base/error.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/detail/pass.h"
#include "lamina/nn/detail/storage.h"
#include "lamina/nn/detail/tensor_source.h"
#include "lamina/nn/detail/weight_names.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/slice.h"

namespace lamina {

using detail::ModelImpl;

namespace {

void positive(const char* what, int batch_size) {
  if (batch_size >= 1) return;
  throw InvalidArgument(std::string(what) + ": batch_size must be positive, received " +
                        std::to_string(batch_size));
}

RunInfo run_info(const BatchSource& source, std::optional<int64_t> steps, int batch_size, int verbose) {
  RunInfo run;
  run.steps = steps ? *steps : source.steps().value_or(0);
  run.samples = source.samples().value_or(0);
  run.batch_size = batch_size;
  run.verbose = verbose;
  return run;
}

void require_end(const BatchSource& source, std::optional<int64_t> steps, const char* what) {
  if (steps || !source.endless()) return;
  throw InvalidArgument(std::string(what) + ": the source has no end: say how many .steps to take");
}

// The outputs of all batches along their first axis, as Keras joins them (keras/src/backend/tensorflow/
// trainer.py, potentially_ragged_concat), whether or not that has a row for each sample: scalars stand in a
// row, and what a single batch gives stays as it is. They are on the host, wherever the model is.
class Rows {
 public:
  explicit Rows(std::optional<int64_t> samples) : samples_(samples) {}

  /// The output for a batch of `rows` samples. Throws InvalidArgument for one that does not continue those
  /// before.
  void add(const Tensor& batch, int64_t rows) {
    if (!samples_ || batch.rank() == 0 || batch.shape()[0] != rows) {
      add_part(batch);
      return;
    }
    if (!whole_.defined()) {
      TensorType type = batch.type();
      type.shape.set(0, *samples_);
      whole_ = Tensor::wrap(std::make_shared<Buffer>(Device{}, type.bytes()), type);
    }
    require_like(whole_.shape(), batch.shape());
    const size_t bytes = batch.type().bytes();
    copy_to_host(static_cast<char*>(whole_.buffer()->data()) + filled_, *batch.buffer(), 0, bytes);
    filled_ += bytes;
  }

  Tensor finish() const {
    if (whole_.defined()) return whole_;
    if (parts_.size() == 1) return parts_[0];
    return (parts_[0].rank() == 0 ? stack(parts_, 0) : concatenate(parts_, 0)).eval();
  }

 private:
  void add_part(const Tensor& batch) {
    if (whole_.defined()) {  // earlier batches had a row for each sample
      const size_t row = whole_.type().bytes() / static_cast<size_t>(whole_.shape()[0]);
      const auto rows = static_cast<int64_t>(filled_ / std::max<size_t>(row, 1));
      parts_.push_back(slice(whole_, {0}, {rows}).eval());
      whole_ = Tensor();
    }
    samples_.reset();
    if (!parts_.empty()) require_like(parts_[0].shape(), batch.shape());
    parts_.push_back(batch.device() == Device{} ? detail::own(batch) : batch.to(Device{}));
  }

  static void require_like(const Shape& earlier, const Shape& now) {
    Shape expected = earlier, given = now;
    for (Shape* shape : {&expected, &given}) {
      if (shape->rank() > 0) shape->set(0, -1);
    }
    if (given == expected) return;
    throw InvalidArgument("predict: a batch gave an output of shape " + now.str() +
                          " where earlier ones gave " + expected.str() +
                          "; ask predict_on_batch for each batch by itself");
  }

  std::optional<int64_t> samples_;
  Tensor whole_;
  size_t filled_ = 0;
  std::vector<Tensor> parts_;
};

Tensor only_output(const Model& model, const Tensors& outputs, const char* instead) {
  if (outputs.size() == 1) return outputs[0];
  throw InvalidArgument("model '" + model.name() + "' has " + std::to_string(outputs.size()) +
                        " outputs: ask " + instead + " for them");
}

}  // namespace

Logs Model::evaluate(const Tensors& x, const Tensors& y, const EvaluateOptions& options) {
  positive("evaluate", options.batch_size);
  const detail::Alone alone(*this, "evaluate");
  const ModelImpl::Running running(impl());
  const Batch all = impl().arrange(*this, {x, y, options.sample_weight});
  impl().check_data(*this, all, "evaluate", false, options.batch_size);
  detail::TensorSource source(all.x, all.y, all.sample_weight, {.batch_size = options.batch_size},
                              "evaluate");
  return evaluate(source, options);
}

Logs Model::evaluate(BatchSource& source, const EvaluateOptions& options) {
  const detail::Alone alone(*this, "evaluate");
  const ModelImpl::Running running(impl());
  require_end(source, options.steps, "evaluate");
  if (!built()) {  // then the first batch builds it, as in fit
    Batch first;
    source.begin(0, 0, 0);
    if (source.next(first)) impl().arrange(*this, first);
  }
  detail::CallbackList callbacks(options.callbacks, options.verbose);
  callbacks.attach(*this, run_info(source, options.steps, options.batch_size, options.verbose));
  return impl().run_test(*this, source, options.steps, callbacks);
}

Tensors Model::predict_outputs(const Tensors& x, const PredictOptions& options) {
  positive("predict", options.batch_size);
  const detail::Asking asking(*this, "predict");
  const Tensors data = impl().arrange_inputs(*this, x);
  detail::TensorSource source(data, {}, {}, {.batch_size = options.batch_size}, "predict");
  if (source.samples() == 0) return impl().predict_nothing(*this, data);
  return predict_outputs(source, options);
}

Tensors Model::predict_outputs(BatchSource& source, const PredictOptions& options) {
  const detail::Asking asking(*this, "predict");
  require_end(source, options.steps, "predict");
  detail::CallbackList callbacks(options.callbacks, 0);
  callbacks.attach(*this, run_info(source, options.steps, options.batch_size, 0));
  callbacks.tell(&Callback::on_predict_begin, Logs());
  std::vector<Rows> rows;
  std::vector<Tensor> outputs;
  source.begin(0, 0, 0);
  Batch batch;
  for (int64_t step = 0; (!options.steps || step < *options.steps) && source.next(batch); ++step) {
    callbacks.tell(&Callback::on_predict_batch_begin, step, Logs());
    const Tensors x = impl().arrange_inputs(*this, batch.x);
    impl().ensure_trainer(*this).predict(*this, x.values(), outputs);
    if (rows.empty()) rows.assign(outputs.size(), Rows(options.steps ? std::nullopt : source.samples()));
    for (size_t i = 0; i < outputs.size(); ++i) rows[i].add(outputs[i], x[size_t{0}].shape()[0]);
    callbacks.tell(&Callback::on_predict_batch_end, step, Logs());
  }
  callbacks.tell(&Callback::on_predict_end, Logs());
  if (rows.empty()) throw InvalidArgument("model '" + name() + "': there are no samples to predict for");
  std::vector<Tensor> results;
  for (const Rows& output : rows) results.push_back(output.finish());
  return impl().name_outputs(std::move(results));
}

Tensor Model::predict(const Tensors& x, const PredictOptions& options) {
  return only_output(*this, predict_outputs(x, options), "predict_outputs()");
}

Tensor Model::predict(BatchSource& source, const PredictOptions& options) {
  return only_output(*this, predict_outputs(source, options), "predict_outputs()");
}

namespace {

// The outputs for one batch, where its numbers can be read.
std::vector<Tensor> ask(Model& model, ModelImpl& impl, const Tensors& x) {
  std::vector<Tensor> outputs;
  if (impl.takes_as_it_is(x)) {
    impl.ensure_trainer(model).predict(model, x.values(), outputs);
  } else {
    const Tensors data = impl.arrange_inputs(model, x);
    impl.ensure_trainer(model).predict(model, data.values(), outputs);
  }
  for (Tensor& output : outputs) {
    if (output.device() != Device{}) output = output.to(Device{});
  }
  return outputs;
}

}  // namespace

Tensor Model::predict_on_batch(const Tensors& x) {
  const detail::Asking asking(*this, "predict_on_batch");
  std::vector<Tensor> outputs = ask(*this, impl(), x);
  if (outputs.size() == 1) return std::move(outputs[0]);
  return only_output(*this, Tensors(std::move(outputs)), "predict_outputs()");
}

Tensors Model::outputs_on_batch(const Tensors& x) {
  const detail::Asking asking(*this, "outputs_on_batch");
  return impl().name_outputs(ask(*this, impl(), x));
}

Logs Model::train_on_batch(const Tensors& x, const Tensors& y, const OnBatchOptions& options) {
  const detail::Alone alone(*this, "train_on_batch");
  const ModelImpl::Running running(impl());
  const Batch batch = impl().arrange(
      *this, {x, y, detail::with_class_weight(y, options.sample_weight, options.class_weight)});
  impl().check_data(*this, batch, "train_on_batch", true);
  detail::Trainer& trainer = impl().ensure_trainer(*this);
  detail::LiveLogs logs = trainer.make_logs(*this, batch, true);
  trainer.train(*this, batch, logs);
  return logs.read();
}

Logs Model::test_on_batch(const Tensors& x, const Tensors& y, const OnBatchOptions& options) {
  const detail::Alone alone(*this, "test_on_batch");
  const ModelImpl::Running running(impl());
  const Batch batch = impl().arrange(
      *this, {x, y, detail::with_class_weight(y, options.sample_weight, options.class_weight)});
  impl().check_data(*this, batch, "test_on_batch", false);
  detail::Trainer& trainer = impl().ensure_trainer(*this);
  detail::LiveLogs logs = trainer.make_logs(*this, batch, false);
  trainer.test(*this, batch, logs);
  return logs.read();
}

std::string Model::train_graph(const Tensors& x, const Tensors& y) {
  const detail::Alone alone(*this, "train_graph");
  const ModelImpl::Running running(impl());
  const Batch batch = impl().arrange(*this, {x, y, {}});
  impl().check_data(*this, batch, "train_graph", true);
  return impl().ensure_trainer(*this).train_graph(*this, batch);
}

// ---- As a function of tensors ----

Tensor Model::operator()(const Tensor& x, std::optional<bool> training) const {
  if (is_symbolic(x) || training.value_or(false) || detail::Pass::current() || !impl().built ||
      !impl().graph || impl().ensure_trainer(*this).stateful())
    return Layer::operator()(x, training);
  const detail::Asking asking(*this, "a call");
  return only_output(*this, Tensors(impl().call(*this, {x})), "outputs()");
}

std::vector<Tensor> Model::call_with_weights(const std::vector<Tensor>& values, const Tensors& x,
                                             bool training) const {
  const std::vector<WeightPtr> all = weights();
  if (values.size() != all.size()) {
    throw InvalidArgument("model '" + name() + "' has " + std::to_string(all.size()) + " weights, received " +
                          std::to_string(values.size()));
  }
  CallContext context(training);
  for (size_t i = 0; i < all.size(); ++i) {
    if (values[i].shape() != all[i]->type.shape) {
      throw InvalidArgument("weight '" + all[i]->path + "': expected shape " + all[i]->type.shape.str() +
                            ", received " + values[i].shape().str());
    }
    context.bind(*all[i], values[i]);
  }
  return Layer::outputs(LayerCall{x.values(), x.size() > 1, {}}, context);
}

std::pair<Tensor, Tensors> Model::value_and_grad(const Tensors& x, const Tensors& y, bool training) {
  const detail::Alone alone(*this, "value_and_grad");
  const ModelImpl::Running running(impl());
  const Batch batch = impl().arrange(*this, {x, y, {}});
  impl().check_data(*this, batch, "value_and_grad", training);
  detail::Trainer& trainer = impl().ensure_trainer(*this);
  auto [loss, gradients] = trainer.value_and_grad(*this, batch, training);
  return {std::move(loss), detail::under_names_of(*this, trainer.trainable(), gradients)};
}

}  // namespace lamina
