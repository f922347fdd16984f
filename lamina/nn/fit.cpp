// The training loop: epochs and steps around the compiled step, callbacks, validation, stopping and resuming.
#include <algorithm>
#include <cmath>

#include "lamina/base/detail/checked_int.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/nn/detail/batches.h"
#include "lamina/nn/detail/epochs.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/detail/tensor_source.h"
#include "lamina/nn/finite.h"
#include "lamina/nn/validation_split.h"

namespace lamina {

using detail::EpochIterator;
using detail::ModelImpl;
using detail::Position;
using detail::TensorSource;

namespace {

void check(const FitOptions& options) {
  const auto positive = [](const char* what, int64_t value) {
    if (value < 1)
      throw InvalidArgument(std::string("fit: ") + what + " must be positive, received " +
                            std::to_string(value));
  };
  positive("batch_size", options.batch_size);
  positive("validation_freq", options.validation_freq);
  positive("steps_per_epoch", options.steps_per_epoch.value_or(1));
  positive("validation_steps", options.validation_steps.value_or(1));
  const auto not_negative = [](const char* what, int value) {
    if (value < 0)
      throw InvalidArgument(std::string("fit: ") + what + " must not be negative, received " +
                            std::to_string(value));
  };
  not_negative("epochs", options.epochs);
  not_negative("initial_epoch", options.initial_epoch);
  not_negative("validation_batch_size", options.validation_batch_size);
  if (!options.validation_data.y.empty() && options.validation_data.x.empty())
    throw InvalidArgument("fit: validation_data has targets y but no samples x");
  if (!(options.validation_split >= 0 && options.validation_split < 1)) {
    throw InvalidArgument("fit: validation_split must be at least 0 and below 1, received " +
                          std::to_string(options.validation_split));
  }
}

// `steps`: of an epoch; `pass_steps`: of a pass through the source. Absent where nobody knows.
void check_resume(const TrainingSnapshot& snapshot, const Json& identity, std::optional<int64_t> steps,
                  std::optional<int64_t> pass_steps) {
  for (const auto& [what, now] : identity.as_object()) {
    const Json* then = snapshot.info.find(what);
    if (then && *then == now) continue;
    if (now.is_bool()) {
      throw InvalidArgument("fit: cannot resume: the snapshot was taken with another value of " + what);
    }
    throw InvalidArgument("fit: cannot resume: the snapshot was taken with " + what + " = " +
                          (then ? then->dump() : std::string("nothing")) + ", now it is " + now.dump());
  }
  snapshot.require_place();
  const auto within = [&](const char* what, const std::optional<int64_t>& most) {
    const Json* value = snapshot.info.find(what);
    if (most && value && value->as_int() > *most) {
      throw InvalidArgument(std::string("fit: cannot resume: the snapshot's ") + what + " is " +
                            std::to_string(value->as_int()) + "; 0.." + std::to_string(*most) +
                            " was expected");
    }
  };
  within("step", steps);
  within("pass_step", pass_steps);
}

// One training, from its first step to its last.
class Fit {
 public:
  Fit(Model& model, BatchSource& source, BatchSource* validation, const FitOptions& options, bool arranged)
      : model_(model),
        impl_(ModelImpl::of(model)),
        position_(impl_.position),
        source_(source),
        validation_(validation),
        options_(options),
        epochs_(model, source, options.steps_per_epoch, arranged) {}

  History run();

 private:
  std::optional<int64_t> steps() const {
    return options_.steps_per_epoch ? options_.steps_per_epoch : source_.steps();
  }
  void find_resume();
  void take_position();
  void meet_first_batch();
  void begin_callbacks();
  void run_epoch(int epoch);
  bool watch_loss(int epoch, int64_t step);
  void end_epoch(int epoch);

  Model& model_;
  ModelImpl& impl_;
  Position& position_;
  BatchSource& source_;
  BatchSource* validation_;
  const FitOptions& options_;
  EpochIterator epochs_;
  Logs epoch_logs_;
  std::optional<Logs> batch_logs_;
  const TrainingSnapshot* resume_ = nullptr;
  std::shared_ptr<const TrainingSnapshot> resumed_;  // what a callback gave
};

// What the options say comes first, then the first callback that knows.
void Fit::find_resume() {
  resume_ = options_.resume;
  for (const AnyCallback& callback : options_.callbacks) {
    if (resume_) return;
    resumed_ = callback->resume_from();
    resume_ = resumed_.get();
  }
}

void Fit::take_position() {
  detail::Trainer& trainer = impl_.ensure_trainer(model_);
  if (resume_) {
    check_resume(*resume_, source_.identity(), steps(), source_.steps());
    return;
  }
  const uint64_t seed = options_.seed
                            ? *options_.seed
                            : detail::derived_seed(impl_.seed, 2 + static_cast<uint64_t>(impl_.fits));
  if (options_.seed) trainer.seed(detail::derived_seed(*options_.seed, 1));
  position_.seed = detail::derived_seed(seed, 0);
  position_.epoch = position_.pass = options_.initial_epoch;
  position_.step = position_.pass_step = 0;
  ++impl_.fits;
}

// The first batch says what is to be known of data: it is fetched before anything else happens.
void Fit::meet_first_batch() {
  if (resume_) {
    position_.seed = static_cast<uint64_t>(resume_->info.at("seed").as_int());
    position_.epoch = resume_->epoch();
    position_.step = resume_->step();
    const Json* pass = resume_->info.find("pass");
    const Json* pass_step = resume_->info.find("pass_step");
    position_.pass = pass ? detail::checked_int(pass->as_int(), "the snapshot's pass") : position_.epoch;
    position_.pass_step = pass_step ? pass_step->as_int() : position_.step;
  }
  epochs_.begin(position_);
  const bool at_end = !epochs_.peek() && position_.pass_step > 0;  // resumes after the last step of an epoch
  if (at_end) {
    Position start;
    start.seed = position_.seed;
    start.pass = position_.pass;
    epochs_.restart(start);
  }
  const Batch* first = epochs_.peek();
  if (!first) throw InvalidArgument("fit: there are no samples: the source ended before its first batch");
  position_.logs = impl_.ensure_trainer(model_).make_logs(model_, *first, true);
  if (at_end) epochs_.restart(position_);
}

void Fit::begin_callbacks() {
  position_.identity = source_.identity();
  position_.history = std::make_shared<History>();
  position_.callback_state.clear();
  position_.callbacks = detail::CallbackList(options_.callbacks, options_.verbose);
  position_.callbacks.push_front(AnyCallback(position_.history));
  RunInfo run;
  run.epochs = options_.epochs;
  run.initial_epoch = position_.epoch;
  run.initial_step = position_.step;
  run.steps = steps().value_or(0);
  run.samples = source_.samples().value_or(0);
  run.batch_size = options_.batch_size;
  run.validation = validation_ != nullptr;
  run.verbose = options_.verbose;
  position_.callbacks.attach(model_, run);
}

History Fit::run() {
  // Steps outside this training, and the next one, log what they always do.
  struct Norms {
    detail::Trainer& trainer;
    ~Norms() { trainer.log_gradient_norm(false); }
  } const norms{impl_.ensure_trainer(model_)};
  norms.trainer.log_gradient_norm(options_.log_gradient_norm);
  find_resume();
  take_position();
  meet_first_batch();
  if (resume_) model_.restore(*resume_);
  // Callbacks may live on the caller's stack: they are forgotten however this function ends.
  struct Forget {
    detail::CallbackList& callbacks;
    ~Forget() { callbacks.clear(); }
  } const forget{position_.callbacks};
  begin_callbacks();
  const detail::CallbackList& callbacks = position_.callbacks;
  History& history = *position_.history;
  batch_logs_.emplace(position_.logs);

  model_.stop_training = false;
  callbacks.tell(&Callback::on_train_begin, Logs());
  if (resume_) callbacks.set_state(*resume_);
  while (position_.epoch < options_.epochs && !model_.stop_training && !history.interrupted) {
    const int epoch = position_.epoch;
    if (position_.step == 0) position_.logs.clear();
    callbacks.tell(&Callback::on_epoch_begin, epoch, Logs());
    run_epoch(epoch);
    const bool whole = steps() ? position_.step >= *steps() : !epochs_.peek();
    if (history.interrupted && !whole) break;
    end_epoch(epoch);
    // Nothing is left to resume when training would have ended here anyway.
    if (model_.stop_training || position_.epoch >= options_.epochs) history.interrupted = false;
  }
  // What was interrupted goes on with the weights as they are.
  if (!history.interrupted) impl_.ensure_trainer(model_).take_averages();
  callbacks.tell(&Callback::on_train_end, epoch_logs_);
  position_.callback_state = callbacks.state();
  return history;
}

void Fit::run_epoch(int epoch) {
  const detail::CallbackList& callbacks = position_.callbacks;
  detail::Trainer& trainer = impl_.ensure_trainer(model_);
  epochs_.begin(position_);
  for (;;) {
    const int64_t step = position_.step;
    if (options_.steps_per_epoch ? step >= *options_.steps_per_epoch : !epochs_.peek()) return;
    callbacks.tell(&Callback::on_batch_begin, step, Logs());
    const Batch* batch = epochs_.next(position_);
    if (!batch) return;
    trainer.prepare(model_, *batch, true);
    trainer.train(model_, *batch, position_.logs);
    const bool watched = watch_loss(epoch, step);
    callbacks.tell(&Callback::on_batch_end, step, *batch_logs_);
    if (!watched) watch_loss(epoch, step);  // somebody may have looked
    if (model_.stop_training) return;
    if (options_.stop_flag && options_.stop_flag->load()) {
      position_.history->interrupted = true;
      return;
    }
  }
}

// Looks where that makes nobody wait: on a device, when somebody looked at this step, and at the end of the
// epoch. Returns whether it could.
bool Fit::watch_loss(int epoch, int64_t step) {
  History& history = *position_.history;
  if (history.bad_loss) return true;
  if (!position_.logs.at_hand()) return false;
  if (std::isfinite(position_.logs.loss())) return true;
  history.bad_loss = History::BadLoss{epoch, step};
  if (options_.on_nan == OnNan::kStop) model_.stop_training = true;
  if (options_.verbose > 0) warn(describe(*history.bad_loss));
  return true;
}

void Fit::end_epoch(int epoch) {
  epoch_logs_ = position_.logs.read();
  watch_loss(epoch, position_.step - 1);
  if (validation_ && (epoch + 1) % options_.validation_freq == 0) {
    const Logs test = impl_.run_test(model_, *validation_, options_.validation_steps, position_.callbacks);
    for (size_t i = 0; i < test.size(); ++i) epoch_logs_.set("val_" + test.name(i), test.value(i), test.row(i));
  }
  position_.epoch = epoch + 1;
  position_.step = 0;
  if (!options_.steps_per_epoch) {
    position_.pass = epoch + 1;
    position_.pass_step = 0;
  }
  position_.callbacks.add_logs(epoch, epoch_logs_);
  position_.callbacks.tell(&Callback::on_epoch_end, epoch, epoch_logs_);
}

void require_end(const BatchSource* validation, const FitOptions& options) {
  if (validation && validation->endless() && !options.validation_steps)
    throw InvalidArgument("fit: the validation source has no end: say how many .validation_steps to take");
}

// Layers whose trainable was changed since compile: the change waits for the next one.
void warn_of_changes(const Model& model, const ModelImpl& impl) {
  if (!impl.trainable_layers) return;
  for (const auto& layer : impl.layers) {
    const auto then = impl.trainable_layers->find(layer->identity());
    if (then == impl.trainable_layers->end() || then->second == layer->trainable()) continue;
    warn("model '" + model.name() + "': trainable of layer '" + layer->name() +
         "' was changed after compile; it takes effect at the next compile");
  }
}

}  // namespace

History Model::fit(const Tensors& x, const Tensors& y, FitOptions options) {
  check(options);
  const detail::Alone alone(*this, "fit");
  ModelImpl& model = impl();
  model.require_idle(*this, "fit");
  const ModelImpl::Running running(model);
  const Batch data =
      model.arrange(*this, {x, y, detail::with_class_weight(y, options.sample_weight, options.class_weight)});
  model.check_data(*this, data, "fit", true, options.batch_size);
  const int64_t samples = data.x[0].shape()[0];
  int64_t training = samples;
  std::optional<TensorSource> validation;
  const int64_t validation_batch =
      options.validation_batch_size ? options.validation_batch_size : options.batch_size;
  if (options.validation_source) {
  } else if (!options.validation_data.x.empty()) {
    const Batch& given = options.validation_data;
    const Batch kept = model.arrange(*this, {given.x, given.y, given.sample_weight});
    model.check_data(*this, kept, "fit: validation_data", false, options.batch_size);
    validation.emplace(kept.x, kept.y, kept.sample_weight,
                       detail::TensorSourceOptions{.batch_size = validation_batch}, "fit: validation_data");
  } else if (options.validation_split > 0) {
    training = training_samples(samples, options.validation_split);
    if (training < 1 || training == samples) {
      throw InvalidArgument("fit: validation_split = " + std::to_string(options.validation_split) + " of " +
                            std::to_string(samples) +
                            " samples leaves none for training or none for validation");
    }
    validation.emplace(data.x, data.y, data.sample_weight,
                       detail::TensorSourceOptions{.batch_size = validation_batch, .first = training}, "fit");
  }
  TensorSource source(data.x, data.y, data.sample_weight,
                      {.batch_size = options.batch_size, .shuffle = options.shuffle, .last = training},
                      "fit");
  warn_of_changes(*this, model);
  BatchSource* test = options.validation_source ? options.validation_source
                      : validation              ? &*validation
                                                : nullptr;
  require_end(test, options);
  return Fit(*this, source, test, options, true).run();
}

History Model::fit(BatchSource& source, FitOptions options) {
  check(options);
  const detail::Alone alone(*this, "fit");
  ModelImpl& model = impl();
  model.require_idle(*this, "fit");
  const ModelImpl::Running running(model);
  if (!options.sample_weight.empty() || options.validation_split > 0 || !options.class_weight.empty()) {
    throw InvalidArgument(
        "fit: a source gives its own sample weights and has no end to split off: sample_weight, class_weight "
        "and "
        "validation_split are for tensors");
  }
  if (source.endless() && !options.steps_per_epoch) {
    throw InvalidArgument("fit: the source has no end: say how many .steps_per_epoch make an epoch");
  }
  std::optional<TensorSource> validation;
  // The model may be unbuilt: then the first batch builds it.
  if (!model.built) {
    Batch first;
    source.begin(options.initial_epoch, 0, 0);
    if (source.next(first)) model.arrange(*this, first);
  }
  if (!options.validation_source && !options.validation_data.x.empty()) {
    const Batch& given = options.validation_data;
    const Batch kept = model.arrange(*this, {given.x, given.y, given.sample_weight});
    model.check_data(*this, kept, "fit: validation_data", false, options.batch_size);
    validation.emplace(kept.x, kept.y, kept.sample_weight,
                       detail::TensorSourceOptions{.batch_size = options.validation_batch_size
                                                                     ? options.validation_batch_size
                                                                     : options.batch_size},
                       "fit: validation_data");
  }
  warn_of_changes(*this, model);
  BatchSource* test = options.validation_source ? options.validation_source
                      : validation              ? &*validation
                                                : nullptr;
  require_end(test, options);
  return Fit(*this, source, test, options, false).run();
}

}  // namespace lamina
